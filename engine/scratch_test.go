package engine

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// Only scratch directories of runs below the known root are removed, also where a
// journal names another root; one that is gone is no error.
func TestRemoverRefusesWhatIsNoScratchDirectory(t *testing.T) {
	root, other := t.TempDir(), t.TempDir()
	link := filepath.Join(other, "link")
	if err := os.Symlink(root, link); err != nil {
		t.Skip(err)
	}
	for dir, want := range map[string]bool{
		filepath.Join(root, "run-a"): true, filepath.Join(link, "run-b"): true,
		filepath.Join(root, "precious"): false, filepath.Join(other, "run-c"): false, filepath.Join(root, "run-d", "run-e"): false,
	} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		remove := Removers(root)[scratchKind]
		err := remove(context.Background(), dir, map[string]string{"under": filepath.Dir(dir)})
		if _, left := os.Lstat(dir); (err == nil) != want || (left != nil) != want {
			t.Errorf("%s: %v, want removed: %v", dir, err, want)
		}
		if err := remove(context.Background(), filepath.Join(dir, "gone"), nil); err != nil {
			t.Errorf("what is gone: %v", err)
		}
	}
}

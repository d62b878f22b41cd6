package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"isolab/schema/testenv"
)

// tiny mounts a file system of 64 KiB and 8 inodes.
func tiny(t *testing.T) string {
	t.Helper()
	testenv.Need(t, testenv.Linux, testenv.Root)
	dir := t.TempDir()
	if err := syscall.Mount("isolab-test", dir, "tmpfs", 0, "size=64k,nr_inodes=8,mode=700"); err != nil {
		t.Fatalf("mount tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

func TestFullDiskNothingIsMadeWithoutADurableIntent(t *testing.T) {
	dir, s := tiny(t), store(t.TempDir())
	j := openJournal(t, dir, Options{})
	made, failures := 0, 0
	for i := 0; failures < 5 && i < 5000; i++ {
		name := fmt.Sprintf("object-%d", i)
		err := j.Run("r").Intend("object", name, map[string]string{"path": "/somewhere/or/other"})
		if err == nil {
			must(t, s.make(name, func(string) {}))
			made++
			continue
		}
		failures++
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("intent on a full disk: %v", err)
		}
	}
	if failures == 0 || made < 100 {
		t.Fatalf("%d made, %d failures: the disk was not filled", made, failures)
	}
	t.Logf("%d made before the disk was full", made)
	listed := listedIn(t, filepath.Join(dir, j.Session()+journalExt))
	for _, name := range s.list(t) {
		if !listed[name] {
			t.Errorf("%s exists and is not in the journal", name)
		}
	}
	if report := j.Cleanup(context.Background(), "r", s.removers()); !report.Clean() || len(s.list(t)) != 0 {
		t.Errorf("cleanup on a full disk: %v, left %d", report.Err(), len(s.list(t)))
	}
	if report := j.Close(context.Background(), nil); !report.Clean() || len(names(t, dir)) != 0 {
		t.Errorf("close on a full disk: %v, files %v", report.Err(), names(t, dir))
	}
}

func listedIn(t *testing.T, path string) map[string]bool {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	says, err := parse(data)
	must(t, err)
	listed := map[string]bool{}
	for _, e := range says.open {
		listed[e.Name] = true
	}
	return listed
}

// TestNoInodesLeft: the session cannot begin, leaves no half of itself, and can
// begin as soon as there is room.
func TestNoInodesLeft(t *testing.T) {
	for free := range 2 {
		dir := tiny(t)
		j := openJournal(t, dir, Options{})
		for i := range 7 - free { // the root directory has the eighth
			must(t, os.WriteFile(filepath.Join(dir, fmt.Sprint("filler-", i)), nil, 0o600))
		}
		if err := j.Run("r").Intend("object", "x", nil); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%d inodes free: %v", free, err)
		}
		if files := names(t, dir); len(files) != 7-free {
			t.Errorf("%d inodes free: files %v", free, files)
		}
		must(t, os.Remove(filepath.Join(dir, "filler-0")), os.Remove(filepath.Join(dir, "filler-1")))
		if err := j.Run("r").Intend("object", "x", nil); err != nil {
			t.Errorf("with two inodes: %v", err)
		}
		must(t, j.Run("r").Done("object", "x"))
	}
}

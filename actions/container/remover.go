package container

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"isolab/actions"
	"isolab/actions/runtime"
)

// Removers remove what this family journals, in any process and by name alone:
// container, volume and dir. open gives the runtime of a name, as it stands in
// the journal's entry.
func Removers(open func(ctx context.Context, name string) (runtime.Runtime, error)) map[string]actions.Remover {
	container := func(ctx context.Context, name string, attrs map[string]string) error {
		rt, err := open(ctx, attrs["runtime"])
		if err != nil {
			return fmt.Errorf("remove container %s: %w", name, err)
		}
		return rt.Remove(ctx, name)
	}
	return map[string]actions.Remover{
		"container": container,
		"volume": func(ctx context.Context, _ string, attrs map[string]string) error {
			return container(ctx, attrs["container"], attrs)
		},
		"dir": removeDir,
	}
}

// removeDir removes a directory below the run's own, which the entry names, and
// nothing else, whatever a damaged journal says.
func removeDir(_ context.Context, dir string, attrs map[string]string) error {
	under, err := filepath.Rel(attrs["under"], dir)
	if err != nil || attrs["under"] == "" || under == "." || !filepath.IsLocal(under) || !filepath.IsAbs(dir) {
		return fmt.Errorf("remove directory %s: it is not below the run's own %q", dir, attrs["under"])
	}
	if !strings.HasPrefix(filepath.Base(dir), "scratch-") {
		return fmt.Errorf("remove directory %s: its name is not one that a run makes", dir)
	}
	return os.RemoveAll(dir)
}

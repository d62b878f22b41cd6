package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"isolab/actions"
)

// scratchKind is the journal's word for a run's scratch directory.
const scratchKind = "scratch"

// makeScratch makes a run's scratch directory, which only its user may enter. The
// intent is its run's first, so it is removed last, with whatever is in it.
func makeScratch(ledger actions.Ledger, dir string) error {
	if err := ledger.Intend(scratchKind, dir, nil); err != nil {
		return fmt.Errorf("journal the scratch directory: %w", err)
	}
	var err error
	for range 10 { // another isolab that ends may be removing the empty root
		if err = os.MkdirAll(dir, 0o700); !errors.Is(err, os.ErrNotExist) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("make the scratch directory: %w", err)
	}
	return nil
}

// Removers remove what the engine itself makes: the scratch directories of runs,
// below root. A directory that is not one of those is refused, whatever a journal says.
func Removers(root string) map[string]actions.Remover {
	return map[string]actions.Remover{scratchKind: func(_ context.Context, dir string, _ map[string]string) error {
		if _, err := os.Lstat(dir); errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if !same(filepath.Dir(dir), root) || !strings.HasPrefix(filepath.Base(dir), "run-") {
			return fmt.Errorf("remove %s: it is not the scratch directory of a run below %s", dir, root)
		}
		return os.RemoveAll(dir)
	}}
}

// same reports whether two paths lead to one directory: it may have been reached
// over a link when the journal was written.
func same(a, b string) bool {
	one, errOne := os.Stat(a)
	other, errOther := os.Stat(b)
	return errOne == nil && errOther == nil && os.SameFile(one, other)
}

package receipt

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// depth is how far below a directory files are listed: a run has a directory of
// its own there, and what an image was unpacked to is no leftover file by file.
const depth = 2

// FilesIn is a source of the files and directories in the program's own
// directories. One that is missing is an empty one.
func FilesIn(dirs ...string) Source {
	return Source{Files, func(ctx context.Context) ([]Item, error) {
		var items []Item
		var all error
		for _, dir := range dirs {
			all = errors.Join(all, listFiles(ctx, dir, depth, &items))
		}
		return items, all
	}}
}

func listFiles(ctx context.Context, dir string, levels int, items *[]Item) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		*items = append(*items, Item{Name: path})
		if entry.IsDir() && levels > 1 && ctx.Err() == nil {
			err = errors.Join(err, listFiles(ctx, path, levels-1, items))
		}
	}
	return errors.Join(err, ctx.Err())
}

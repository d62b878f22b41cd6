package receipt

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// cgroups lists every cgroup directory of every mounted hierarchy, v1 and v2.
func (m machine) cgroups(ctx context.Context) ([]Item, error) {
	tops, err := m.hierarchies()
	var items []Item
	for _, top := range tops {
		err = errors.Join(err, walk(ctx, top, func(dir string) { items = append(items, Item{Name: dir}) }))
	}
	return items, err
}

// hierarchies lists the mount points of the cgroup trees, each tree once: the same
// one may be mounted in several places, and then has one device number.
func (m machine) hierarchies() ([]string, error) {
	infos, err := m.mountinfo()
	seen := map[[2]int]bool{}
	var tops []string
	for _, info := range infos {
		device := [2]int{info.Major, info.Minor}
		if (info.FSType != "cgroup" && info.FSType != "cgroup2") || seen[device] {
			continue
		}
		seen[device] = true
		tops = append(tops, m.path(info.Mountpoint))
	}
	return tops, err
}

// walk visits the directories below dir, and not dir. A directory has two links
// and one more for each directory in it, which spares reading those without:
// a cgroup holds dozens of files.
func walk(ctx context.Context, dir string, visit func(dir string)) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENODEV) {
		return ctx.Err() // removed meanwhile
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		path := filepath.Join(dir, entry.Name())
		visit(path)
		if ctx.Err() == nil && mayHaveChildren(entry) {
			err = errors.Join(err, walk(ctx, path, visit))
		}
	}
	return errors.Join(err, ctx.Err())
}

func mayHaveChildren(dir os.DirEntry) bool {
	info, err := dir.Info()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || stat.Nlink != 2
}

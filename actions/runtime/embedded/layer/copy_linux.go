package layer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Merge copies an unpacked layer over what is in a directory already, as
// overlayfs would show the two: what the layer hides is deleted. It is for
// kernels and file systems that cannot mount overlayfs.
func Merge(from, to string) error {
	return walk(from, to, copier{merge: true})
}

// Shift copies an unpacked layer with every owner's number raised, for a user
// namespace whose root is the number shift outside. Whiteouts stay whiteouts.
func Shift(from, to string, shift int) error {
	return walk(from, to, copier{shift: shift})
}

type copier struct {
	merge bool
	shift int
}

// walk copies entry by entry. Neither side is followed outside: links in the
// layer are copied as links, and to is written below directories only. The layer
// itself may be named by a link.
func walk(from, to string, c copier) error {
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		return err
	}
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if err := c.entry(path, target); err != nil {
			return fmt.Errorf("copy %s: %w", path, err)
		}
		return nil
	})
}

func (c copier) entry(from, to string) error {
	var stat unix.Stat_t
	if err := unix.Lstat(from, &stat); err != nil {
		return err
	}
	kind := stat.Mode & unix.S_IFMT
	if err := c.clear(from, to, kind); err != nil {
		return err
	}
	if kind == unix.S_IFCHR && c.merge {
		return nil // a whiteout: what it hides has been cleared
	}
	if err := makeEntry(from, to, stat); err != nil {
		return err
	}
	return c.attributes(from, to, stat)
}

// clear takes away what the layer replaces or hides.
func (c copier) clear(from, to string, kind uint32) error {
	existing, err := os.Lstat(to)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if existing.IsDir() && kind == unix.S_IFDIR && !(c.merge && isOpaque(from)) {
		return nil
	}
	return os.RemoveAll(to)
}

func isOpaque(dir string) bool {
	value := make([]byte, 1)
	n, err := unix.Lgetxattr(dir, OpaqueAttribute(), value)
	return err == nil && n == 1 && value[0] == 'y'
}

func makeEntry(from, to string, stat unix.Stat_t) error {
	switch stat.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		if err := os.Mkdir(to, 0o700); !errors.Is(err, os.ErrExist) {
			return err
		}
		return nil
	case unix.S_IFLNK:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	case unix.S_IFREG:
		return copyFile(from, to)
	}
	return unix.Mknod(to, stat.Mode, int(stat.Rdev))
}

func (c copier) attributes(from, to string, stat unix.Stat_t) error {
	if err := unix.Lchown(to, int(stat.Uid)+c.shift, int(stat.Gid)+c.shift); err != nil {
		return err
	}
	kind := stat.Mode & unix.S_IFMT
	if kind == unix.S_IFLNK {
		return nil
	}
	if kind == unix.S_IFDIR && !c.merge && isOpaque(from) {
		if err := unix.Lsetxattr(to, OpaqueAttribute(), []byte("y"), 0); err != nil {
			return err
		}
	}
	return unix.Chmod(to, stat.Mode&0o7777)
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}

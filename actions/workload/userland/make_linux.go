package userland

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

func runMkdir(c *applet.Call) int {
	flags := c.Flags()
	parents := flags.BoolP("parents", "p", false, "make parents too, and accept what exists")
	mode := flags.StringP("mode", "m", "", "octal mode of the new directory")
	if code, ok := c.ParseOperands(flags, 1, -1); !ok {
		return code
	}
	bits, err := octal(*mode, 0o777)
	if err != nil {
		return c.Usagef("%v", err)
	}
	return each(c, c.Args, func(name string) error {
		make := os.Mkdir
		if *parents {
			make = os.MkdirAll
		}
		if err := make(name, 0o777); err != nil || *mode == "" {
			return err
		}
		return unix.Chmod(name, bits) // past the umask
	})
}

// octal reads mode bits up to 07777; an empty text is the fallback.
func octal(text string, fallback uint32) (uint32, error) {
	if text == "" {
		return fallback, nil
	}
	bits, err := strconv.ParseUint(text, 8, 16)
	if err != nil || bits > 0o7777 {
		return 0, fmt.Errorf("%q is not an octal mode", text)
	}
	return uint32(bits), nil
}

func runRmdir(c *applet.Call) int {
	if code, ok := c.ParseOperands(c.Flags(), 1, -1); !ok {
		return code
	}
	return each(c, c.Args, func(name string) error { return at(name, unix.Rmdir(name)) })
}

// at names the path of a bare errno.
func at(path string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: "at", Path: path, Err: err}
}

func runRm(c *applet.Call) int {
	flags := c.Flags()
	recursive := flags.BoolP("recursive", "r", false, "directories too, with what is in them")
	also := flags.BoolP("Recursive", "R", false, "the same")
	force := flags.BoolP("force", "f", false, "do not mind what is not there")
	if code, ok := c.Parse(flags); !ok {
		return code
	}
	if len(c.Args) == 0 && !*force {
		return c.Usagef("too few arguments")
	}
	return each(c, c.Args, func(name string) error {
		info, err := os.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist) && *force:
			return nil
		case err != nil:
			return err
		case *recursive || *also:
			return os.RemoveAll(name)
		case info.IsDir():
			return at(name, unix.EISDIR)
		}
		return os.Remove(name)
	})
}

func runLn(c *applet.Call) int {
	flags := c.Flags()
	symbolic := flags.BoolP("symbolic", "s", false, "a symbolic link")
	force := flags.BoolP("force", "f", false, "replace what has the name")
	if code, ok := c.ParseOperands(flags, 2, 2); !ok {
		return code
	}
	target, name := c.Args[0], c.Args[1]
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		name = filepath.Join(name, filepath.Base(target))
	}
	if *force {
		_ = os.Remove(name)
	}
	link := os.Link
	if *symbolic {
		link = os.Symlink
	}
	if err := link(target, name); err != nil {
		return c.Fail(err)
	}
	return applet.OK
}

func runMknod(c *applet.Call) int {
	flags := c.Flags()
	mode := flags.StringP("mode", "m", "", "octal mode")
	if code, ok := c.ParseOperands(flags, 2, 4); !ok {
		return code
	}
	bits, err := octal(*mode, 0o666)
	kinds := map[string]uint32{"b": unix.S_IFBLK, "c": unix.S_IFCHR, "u": unix.S_IFCHR, "p": unix.S_IFIFO}
	kind, known := kinds[c.Args[1]]
	if err != nil || !known || (kind == unix.S_IFIFO) != (len(c.Args) == 2) || len(c.Args) == 3 {
		return c.Usagef("expected NAME p, or NAME b|c MAJOR MINOR")
	}
	device := uint64(0)
	if len(c.Args) == 4 {
		major, err1 := strconv.ParseUint(c.Args[2], 0, 32)
		minor, err2 := strconv.ParseUint(c.Args[3], 0, 32)
		if err1 != nil || err2 != nil {
			return c.Usagef("%s %s is not a device number", c.Args[2], c.Args[3])
		}
		device = unix.Mkdev(uint32(major), uint32(minor))
	}
	if err := unix.Mknod(c.Args[0], kind|bits, int(device)); err != nil {
		return c.Fail(at(c.Args[0], err))
	}
	return applet.OK
}

func runTruncate(c *applet.Call) int {
	flags := c.Flags()
	size := applet.SizeFlag(0)
	flags.VarP(&size, "size", "s", "the new size")
	if code, ok := c.ParseOperands(flags, 1, -1); !ok {
		return code
	}
	if !flags.Changed("size") {
		return c.Usagef("--size is missing")
	}
	return each(c, c.Args, func(name string) error {
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666)
		if err != nil {
			return err
		}
		return errors.Join(file.Truncate(int64(size)), file.Close())
	})
}

func runSync(c *applet.Call) int {
	if code, ok := c.ParseOperands(c.Flags(), 0, 0); !ok {
		return code
	}
	unix.Sync()
	return applet.OK
}

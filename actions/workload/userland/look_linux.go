package userland

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

func runReadlink(c *applet.Call) int {
	flags := c.Flags()
	follow := flags.BoolP("canonicalize", "f", false, "follow every link on the way")
	if code, ok := c.ParseOperands(flags, 1, -1); !ok {
		return code
	}
	return each(c, c.Args, func(name string) error {
		read := os.Readlink
		if *follow {
			read = filepath.EvalSymlinks
		}
		target, err := read(name)
		if err != nil {
			return err
		}
		c.Printf("%s\n", target)
		return nil
	})
}

func runBasename(c *applet.Call) int {
	if code, ok := c.ParseOperands(c.Flags(), 1, 2); !ok {
		return code
	}
	name := filepath.Base(c.Args[0])
	if len(c.Args) == 2 && name != c.Args[1] {
		name = strings.TrimSuffix(name, c.Args[1])
	}
	c.Printf("%s\n", name)
	return applet.OK
}

func runDirname(c *applet.Call) int {
	if code, ok := c.ParseOperands(c.Flags(), 1, 1); !ok {
		return code
	}
	c.Printf("%s\n", filepath.Dir(c.Args[0]))
	return applet.OK
}

func runStat(c *applet.Call) int {
	flags := c.Flags()
	follow := flags.BoolP("dereference", "L", false, "what a link points to")
	format := flags.StringP("format", "c", "", "%a %A %b %B %d %f %F %g %G %h %i %n %s %t %T %u %U %X %Y %Z")
	if code, ok := c.ParseOperands(flags, 1, -1); !ok {
		return code
	}
	if *format == "" {
		*format = "  File: %n\n  Size: %s  Blocks: %b  %F\nDevice: %d  Inode: %i  Links: %h\n" +
			"Access: (%a/%A)  Uid: (%u/%U)  Gid: (%g/%G)\nModify: %y"
	}
	return each(c, c.Args, func(name string) error {
		var stat unix.Stat_t
		look := unix.Lstat
		if *follow {
			look = unix.Stat
		}
		if err := look(name, &stat); err != nil {
			return at(name, err)
		}
		c.Printf("%s\n", statText(*format, name, &stat))
		return nil
	})
}

// statText fills a format of stat(1).
func statText(format, name string, stat *unix.Stat_t) string {
	var out strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out.WriteByte(format[i])
			continue
		}
		i++
		out.WriteString(statField(format[i], name, stat))
	}
	return out.String()
}

func statField(letter byte, name string, stat *unix.Stat_t) string {
	fields := map[byte]any{
		'a': strconv.FormatUint(uint64(stat.Mode&0o7777), 8), 'A': modeText(stat.Mode), 'b': stat.Blocks, 'B': 512,
		'd': stat.Dev, 'f': strconv.FormatUint(uint64(stat.Mode), 16), 'F': kindText(stat), 'g': stat.Gid, 'G': groupName(stat.Gid),
		'h': stat.Nlink, 'i': stat.Ino, 'n': name, 's': stat.Size, 't': unix.Major(uint64(stat.Rdev)), 'T': unix.Minor(uint64(stat.Rdev)),
		'u': stat.Uid, 'U': userName(stat.Uid), 'X': stat.Atim.Sec, 'Y': stat.Mtim.Sec, 'Z': stat.Ctim.Sec,
		'y': time.Unix(stat.Mtim.Unix()).Format("2006-01-02 15:04:05.000000000 -0700"), '%': "%",
	}
	value, known := fields[letter]
	if !known {
		return "?"
	}
	return fmt.Sprint(value)
}

func kindText(stat *unix.Stat_t) string {
	switch stat.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFLNK:
		return "symbolic link"
	case unix.S_IFCHR:
		return "character special file"
	case unix.S_IFBLK:
		return "block special file"
	case unix.S_IFIFO:
		return "fifo"
	case unix.S_IFSOCK:
		return "socket"
	}
	if stat.Size == 0 {
		return "regular empty file"
	}
	return "regular file"
}

func runDf(c *applet.Call) int {
	flags := c.Flags()
	readable := flags.BoolP("human-readable", "h", false, "sizes with a unit (default: KiB)")
	inodes := flags.BoolP("inodes", "i", false, "inodes instead of bytes")
	flags.BoolP("kibibytes", "k", true, "sizes in KiB, as is usual")
	if code, ok := c.Parse(flags); !ok {
		return code
	}
	mounts, err := mountinfo.GetMounts(nil)
	if err != nil {
		return c.Fail(err)
	}
	table := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "Filesystem\tSize\tUsed\tAvailable\tUse%\tMounted on")
	show := func(m *mountinfo.Info) error { return dfRow(table, m, *readable, *inodes) }
	if len(c.Args) == 0 {
		for _, m := range mounts {
			_ = show(m) // one that cannot be asked is left out
		}
		return applet.OK
	}
	return each(c, c.Args, func(name string) error {
		m, err := holder(mounts, name)
		if err != nil {
			return err
		}
		return show(m)
	})
}

// holder is the mount that holds the path: the last one whose mount point is the
// longest prefix.
func holder(mounts []*mountinfo.Info, name string) (*mountinfo.Info, error) {
	path, err := filepath.EvalSymlinks(name)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return nil, err
	}
	best := (*mountinfo.Info)(nil)
	for _, m := range mounts {
		inside := path == m.Mountpoint || strings.HasPrefix(path, strings.TrimSuffix(m.Mountpoint, "/")+"/")
		if inside && (best == nil || len(m.Mountpoint) >= len(best.Mountpoint)) {
			best = m
		}
	}
	if best == nil {
		return nil, at(name, fs.ErrNotExist)
	}
	return best, nil
}

func dfRow(table *tabwriter.Writer, m *mountinfo.Info, readable, inodes bool) error {
	var stat unix.Statfs_t
	if err := unix.Statfs(m.Mountpoint, &stat); err != nil {
		return at(m.Mountpoint, err)
	}
	total, free, available, unitBytes := stat.Blocks, stat.Bfree, stat.Bavail, uint64(stat.Bsize)
	if inodes {
		total, free, available, unitBytes = stat.Files, stat.Ffree, stat.Ffree, 1
	}
	if total == 0 {
		return nil // pseudo file systems, which have no size
	}
	used := total - free
	show := func(n uint64) string {
		switch {
		case inodes:
			return strconv.FormatUint(n, 10)
		case readable:
			return human(n * unitBytes)
		}
		return strconv.FormatUint(n*unitBytes/1024, 10)
	}
	percent := "-"
	if used+available > 0 {
		percent = strconv.FormatUint((used*100+used+available-1)/(used+available), 10) + "%"
	}
	_, err := fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", m.Source, show(total), show(used), show(available), percent, m.Mountpoint)
	return err
}

func runDu(c *applet.Call) int {
	flags := c.Flags()
	flags.BoolP("summarize", "s", true, "only the sum of each operand, as always")
	readable := flags.BoolP("human-readable", "h", false, "with a unit (default: KiB)")
	if code, ok := c.Parse(flags); !ok {
		return code
	}
	if len(c.Args) == 0 {
		c.Args = []string{"."}
	}
	return each(c, c.Args, func(root string) error {
		total := uint64(0)
		err := tree(root, true, func(path string) error {
			var stat unix.Stat_t
			err := unix.Lstat(path, &stat)
			total += uint64(stat.Blocks) * 512
			return at(path, err)
		})
		text := strconv.FormatUint(total/1024, 10)
		if *readable {
			text = human(total)
		}
		c.Printf("%s\t%s\n", text, root)
		return err
	})
}

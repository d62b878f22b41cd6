package userland

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

// listing is how ls prints.
type listing struct {
	long, all, self, numeric, human, inode bool
	byTime, reverse, recursive             bool
}

func runLs(c *applet.Call) int {
	flags := c.Flags()
	var l listing
	flags.BoolVarP(&l.long, "long", "l", false, "mode, links, owner, size and time")
	flags.BoolVarP(&l.all, "all", "a", false, "names that begin with a dot too")
	flags.BoolVarP(&l.self, "directory", "d", false, "directories themselves")
	flags.BoolVarP(&l.numeric, "numeric-uid-gid", "n", false, "owners as numbers, with -l")
	flags.BoolVarP(&l.human, "human-readable", "h", false, "sizes with a unit, with -l")
	flags.BoolVarP(&l.inode, "inode", "i", false, "inode numbers")
	flags.BoolVarP(&l.byTime, "time", "t", false, "newest first")
	flags.BoolVarP(&l.reverse, "reverse", "r", false, "the other way round")
	flags.BoolVarP(&l.recursive, "recursive", "R", false, "subdirectories too")
	flags.BoolP("one", "1", true, "one name on a line, as always")
	if code, ok := c.Parse(flags); !ok {
		return code
	}
	l.long = l.long || l.numeric
	if len(c.Args) == 0 {
		c.Args = []string{"."}
	}
	out := bufio.NewWriter(c.Stdout)
	defer out.Flush()
	return l.print(c, out)
}

// print lists the files named first, then each directory with its name above it
// when there are several.
func (l listing) print(c *applet.Call, out io.Writer) int {
	var single []entry
	var directories []string
	code := each(c, c.Args, func(name string) error {
		e, err := newEntry(name, name)
		if err != nil {
			return err
		}
		target, statErr := os.Stat(name)
		if !l.self && statErr == nil && target.IsDir() && (e.info.IsDir() || !l.long) {
			directories = append(directories, name)
			return nil
		}
		single = append(single, e)
		return nil
	})
	l.table(out, single)
	for i, name := range directories {
		if len(c.Args) > 1 || l.recursive {
			if i > 0 || len(single) > 0 {
				fmt.Fprintln(out)
			}
			fmt.Fprintf(out, "%s:\n", name)
		}
		code = max(code, l.directory(c, out, name))
	}
	return code
}

func (l listing) directory(c *applet.Call, out io.Writer, name string) (code int) {
	children, err := os.ReadDir(name)
	if err != nil {
		return c.Fail(err)
	}
	var names, below []string
	if l.all {
		names = append(names, ".", "..")
	}
	for _, child := range children {
		if !l.all && strings.HasPrefix(child.Name(), ".") {
			continue
		}
		names = append(names, child.Name())
		if l.recursive && child.IsDir() {
			below = append(below, filepath.Join(name, child.Name()))
		}
	}
	var entries []entry
	code = each(c, names, func(child string) error {
		e, err := newEntry(filepath.Join(name, child), child)
		entries = append(entries, e)
		return err
	})
	l.table(out, entries)
	for _, directory := range below {
		fmt.Fprintf(out, "\n%s:\n", directory)
		code = max(code, l.directory(c, out, directory))
	}
	return code
}

// entry is one file with the name it is shown by.
type entry struct {
	path, name string
	info       os.FileInfo
	stat       unix.Stat_t
}

func newEntry(path, name string) (e entry, err error) {
	e = entry{path: path, name: name}
	if e.info, err = os.Lstat(path); err != nil {
		return e, err
	}
	return e, at(path, unix.Lstat(path, &e.stat))
}

func (l listing) table(out io.Writer, entries []entry) {
	entries = slices.DeleteFunc(entries, func(e entry) bool { return e.info == nil })
	if l.byTime {
		slices.SortStableFunc(entries, func(a, b entry) int { return b.info.ModTime().Compare(a.info.ModTime()) })
	}
	if l.reverse {
		slices.Reverse(entries)
	}
	var rows [][]string
	for _, e := range entries {
		rows = append(rows, l.row(e))
	}
	printAligned(out, rows)
}

// row is what is printed of one file, the name last.
func (l listing) row(e entry) (cells []string) {
	if l.inode {
		cells = append(cells, strconv.FormatUint(e.stat.Ino, 10))
	}
	if !l.long {
		return append(cells, e.name)
	}
	size := strconv.FormatInt(e.stat.Size, 10)
	if l.human {
		size = human(uint64(e.stat.Size))
	}
	if kind := e.stat.Mode & unix.S_IFMT; kind == unix.S_IFCHR || kind == unix.S_IFBLK {
		size = fmt.Sprintf("%d, %d", unix.Major(uint64(e.stat.Rdev)), unix.Minor(uint64(e.stat.Rdev)))
	}
	user, group := userName(e.stat.Uid), groupName(e.stat.Gid)
	if l.numeric {
		user, group = strconv.Itoa(int(e.stat.Uid)), strconv.Itoa(int(e.stat.Gid))
	}
	name := e.name
	if target, err := os.Readlink(e.path); err == nil {
		name += " -> " + target
	}
	return append(cells, modeText(e.stat.Mode), strconv.FormatUint(uint64(e.stat.Nlink), 10), user, group, size,
		clock(e.info.ModTime()), name)
}

// printAligned prints rows of the same number of cells, each column as wide as
// its longest cell, all but the last aligned to the right.
func printAligned(out io.Writer, rows [][]string) {
	var widths []int
	for _, row := range rows {
		widths = append(widths, make([]int, max(0, len(row)-len(widths)))...)
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			fmt.Fprintf(out, "%*s ", widths[i], cell)
		}
		fmt.Fprintln(out, row[len(row)-1])
	}
}

// clock is the time of a file: with the year when it is half a year away.
func clock(t time.Time) string {
	if age := time.Since(t); age > 182*24*time.Hour || age < -time.Hour {
		return t.Format("Jan _2  2006")
	}
	return t.Format("Jan _2 15:04")
}

// modeText spells st_mode as ls does: "drwxr-sr-t".
func modeText(mode uint32) string {
	kinds := map[uint32]byte{unix.S_IFDIR: 'd', unix.S_IFLNK: 'l', unix.S_IFCHR: 'c', unix.S_IFBLK: 'b',
		unix.S_IFIFO: 'p', unix.S_IFSOCK: 's', unix.S_IFREG: '-'}
	text := []byte{kinds[mode&unix.S_IFMT]}
	for bit := 8; bit >= 0; bit-- {
		letter := byte('-')
		if mode>>bit&1 == 1 {
			letter = "xwr"[bit%3]
		}
		text = append(text, letter)
	}
	for _, special := range []struct {
		bit     uint32
		at      int
		letters string
	}{{unix.S_ISUID, 3, "sS"}, {unix.S_ISGID, 6, "sS"}, {unix.S_ISVTX, 9, "tT"}} {
		switch {
		case mode&special.bit == 0:
		case text[special.at] == 'x':
			text[special.at] = special.letters[0]
		default:
			text[special.at] = special.letters[1]
		}
	}
	return string(text)
}

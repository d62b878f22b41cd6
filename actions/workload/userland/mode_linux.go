package userland

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

// runChmod takes its flags by hand, for a mode may begin with a dash ("-x").
func runChmod(c *applet.Call) int {
	recursive := false
	for len(c.Args) > 0 && (c.Args[0] == "-R" || c.Args[0] == "--recursive" || c.Args[0] == "--") {
		recursive = recursive || c.Args[0] != "--"
		c.Args = c.Args[1:]
	}
	if len(c.Args) == 1 && c.Args[0] == "--help" {
		_, _ = c.ParseOperands(c.Flags(), 0, 0)
		return applet.OK
	}
	if len(c.Args) < 2 {
		return c.Usagef("too few arguments")
	}
	mode := c.Args[0]
	if _, err := newMode(mode, 0, false); err != nil {
		return c.Usagef("%v", err)
	}
	return each(c, c.Args[1:], func(name string) error {
		return tree(name, recursive, func(path string) error { return chmod(path, mode) })
	})
}

func chmod(path, mode string) error {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return at(path, err)
	}
	bits, err := newMode(mode, stat.Mode&0o7777, stat.Mode&unix.S_IFMT == unix.S_IFDIR)
	if err != nil {
		return err
	}
	return at(path, unix.Chmod(path, bits))
}

// newMode applies a mode, octal or symbolic ("u+s,go-w"), to the old bits.
func newMode(mode string, old uint32, directory bool) (uint32, error) {
	if bits, err := strconv.ParseUint(mode, 8, 16); err == nil && bits <= 0o7777 {
		return uint32(bits), nil
	}
	for clause := range strings.SplitSeq(mode, ",") {
		var err error
		if old, err = applyClause(clause, old, directory); err != nil {
			return 0, fmt.Errorf("%q is not a mode", mode)
		}
	}
	return old, nil
}

// applyClause applies one part of a symbolic mode: who, operator, permissions.
func applyClause(clause string, old uint32, directory bool) (uint32, error) {
	operator := strings.IndexAny(clause, "+-=")
	if operator < 0 {
		return 0, strconv.ErrSyntax
	}
	who, err := whoBits(clause[:operator])
	if err != nil {
		return 0, err
	}
	bits, err := permissionBits(clause[operator+1:], old&0o111 != 0 || directory)
	if err != nil {
		return 0, err
	}
	switch clause[operator] {
	case '+':
		return old | who&bits, nil
	case '-':
		return old &^ (who & bits), nil
	}
	return old&^who | who&bits, nil
}

// whoBits are the bits of user, group, others or all that a clause may change.
func whoBits(who string) (mask uint32, err error) {
	if who == "" {
		who = "a"
	}
	for _, letter := range who {
		switch letter {
		case 'u':
			mask |= 0o4700
		case 'g':
			mask |= 0o2070
		case 'o':
			mask |= 0o1007
		case 'a':
			mask |= 0o7777
		default:
			return 0, strconv.ErrSyntax
		}
	}
	return mask, nil
}

// permissionBits spells letters out for everybody; X is x where there is one.
func permissionBits(letters string, executable bool) (bits uint32, err error) {
	known := map[rune]uint32{'r': 0o444, 'w': 0o222, 'x': 0o111, 's': 0o6000, 't': 0o1000, 'X': 0}
	if executable {
		known['X'] = 0o111
	}
	for _, letter := range letters {
		bit, ok := known[letter]
		if !ok {
			return 0, strconv.ErrSyntax
		}
		bits |= bit
	}
	return bits, nil
}

func runChown(c *applet.Call) int {
	flags := c.Flags()
	recursive := flags.BoolP("recursive", "R", false, "with everything below")
	link := flags.BoolP("no-dereference", "h", false, "the link itself")
	if code, ok := c.ParseOperands(flags, 2, -1); !ok {
		return code
	}
	uid, gid, err := owner(c.Args[0])
	if err != nil {
		return c.Failf("%v", err)
	}
	change := os.Chown
	if *link {
		change = os.Lchown
	}
	return each(c, c.Args[1:], func(name string) error {
		return tree(name, *recursive, func(path string) error { return change(path, uid, gid) })
	})
}

// owner reads USER, USER:GROUP or :GROUP, each a name or a number; -1 leaves one
// as it is.
func owner(text string) (uid, gid int, err error) {
	name, group, _ := strings.Cut(text, ":")
	if uid, err = lookUp(name, func() (string, error) {
		u, err := user.Lookup(name)
		if err != nil {
			return "", err
		}
		return u.Uid, nil
	}); err != nil {
		return 0, 0, fmt.Errorf("invalid user: %q", text)
	}
	if gid, err = lookUp(group, func() (string, error) {
		g, err := user.LookupGroup(group)
		if err != nil {
			return "", err
		}
		return g.Gid, nil
	}); err != nil {
		return 0, 0, fmt.Errorf("invalid group: %q", text)
	}
	return uid, gid, nil
}

func lookUp(text string, byName func() (string, error)) (int, error) {
	if text == "" {
		return -1, nil
	}
	if id, err := strconv.ParseUint(text, 10, 32); err == nil {
		return int(id), nil
	}
	id, err := byName()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(id)
}

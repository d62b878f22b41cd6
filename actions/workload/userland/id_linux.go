package userland

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

func runID(c *applet.Call) int {
	flags := c.Flags()
	user := flags.BoolP("user", "u", false, "only the user")
	group := flags.BoolP("group", "g", false, "only the group")
	groups := flags.BoolP("groups", "G", false, "only the groups")
	name := flags.BoolP("name", "n", false, "the name instead of the number")
	real := flags.BoolP("real", "r", false, "the real one instead of the effective one")
	if code, ok := c.ParseOperands(flags, 0, 0); !ok {
		return code
	}
	uid, gid := uint32(os.Geteuid()), uint32(os.Getegid())
	if *real {
		uid, gid = uint32(os.Getuid()), uint32(os.Getgid())
	}
	others, err := allGroups(gid)
	if err != nil {
		return c.Fail(err)
	}
	switch {
	case *user:
		c.Printf("%s\n", idText([]uint32{uid}, *name, userName))
	case *group:
		c.Printf("%s\n", idText([]uint32{gid}, *name, groupName))
	case *groups:
		c.Printf("%s\n", idText(others, *name, groupName))
	default:
		c.Printf("%s\n", fullID(uid, gid, others))
	}
	return applet.OK
}

// allGroups is the group with the supplementary ones, each once.
func allGroups(gid uint32) ([]uint32, error) {
	supplementary, err := unix.Getgroups()
	if err != nil {
		return nil, err
	}
	groups := []uint32{gid}
	for _, g := range supplementary {
		if !slices.Contains(groups, uint32(g)) {
			groups = append(groups, uint32(g))
		}
	}
	return groups, nil
}

func idText(ids []uint32, named bool, name func(uint32) string) string {
	var words []string
	for _, id := range ids {
		word := strconv.FormatUint(uint64(id), 10)
		if named {
			word = name(id)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// fullID is the line of id(1): the real ids, the effective ones where they
// differ, the groups.
func fullID(euid, egid uint32, groups []uint32) string {
	uid, gid := uint32(os.Getuid()), uint32(os.Getgid())
	text := fmt.Sprintf("uid=%s gid=%s", both(uid, userName), both(gid, groupName))
	if euid != uid {
		text += " euid=" + both(euid, userName)
	}
	if egid != gid {
		text += " egid=" + both(egid, groupName)
	}
	var words []string
	for _, g := range groups {
		words = append(words, both(g, groupName))
	}
	return text + " groups=" + strings.Join(words, ",")
}

// both is "0(root)", or the number alone when it has no name.
func both(id uint32, name func(uint32) string) string {
	number := strconv.FormatUint(uint64(id), 10)
	if n := name(id); n != number {
		return number + "(" + n + ")"
	}
	return number
}

func runWhoami(c *applet.Call) int {
	c.Printf("%s\n", userName(uint32(os.Geteuid())))
	return applet.OK
}

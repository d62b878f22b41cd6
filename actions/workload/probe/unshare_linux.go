package probe

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

// spaces are the kinds of namespace, namespaces(7), with the flag of unshare(2).
var spaces = []struct {
	name string
	flag uintptr
}{
	{"cgroup", unix.CLONE_NEWCGROUP}, {"ipc", unix.CLONE_NEWIPC}, {"mnt", unix.CLONE_NEWNS}, {"net", unix.CLONE_NEWNET},
	{"pid", unix.CLONE_NEWPID}, {"time", unix.CLONE_NEWTIME}, {"user", unix.CLONE_NEWUSER}, {"uts", unix.CLONE_NEWUTS},
}

// newNamespace is the attempt to make one.
type newNamespace struct{ flag uintptr }

//go:norace
func (n newNamespace) try() int {
	_, _, err := unix.RawSyscall(unix.SYS_UNSHARE, n.flag, 0, 0)
	return int(err)
}

// runUnshare tries each kind alone. The JSON is one object from kind to errno
// name, "ok" for success.
func runUnshare(c *applet.Call) int {
	flags := c.Flags()
	json := flags.Bool("json", false, "report as one JSON object: {\"user\":\"ok\",\"net\":\"EPERM\"}")
	if code, ok := c.Parse(flags); !ok {
		return code
	}
	if unknown := unknownSpace(c.Args); unknown != "" {
		return c.Usagef("unknown namespace %q; use %s", unknown, strings.Join(spaceNames(), ", "))
	}
	answers := map[string]string{}
	for _, s := range spaces {
		if len(c.Args) > 0 && !slices.Contains(c.Args, s.name) {
			continue
		}
		a, err := attempt(s.name, newNamespace{s.flag}.try)
		if err != nil {
			return c.Fail(err)
		}
		if answers[s.name] = a.Errno; !*json {
			a.print(c)
		}
	}
	if *json {
		c.JSON(answers)
	}
	return applet.OK
}

func spaceNames() (names []string) {
	for _, s := range spaces {
		names = append(names, s.name)
	}
	return names
}

func unknownSpace(args []string) string {
	for _, arg := range args {
		if !slices.Contains(spaceNames(), arg) {
			return arg
		}
	}
	return ""
}

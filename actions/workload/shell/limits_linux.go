package shell

import (
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/interp"

	"isolab/actions/workload/applet"
)

// umask prints or sets the mask; children inherit it.
func umask(hc interp.HandlerContext, args []string) int {
	if len(args) == 0 {
		now := unix.Umask(0)
		unix.Umask(now)
		fmt.Fprintf(hc.Stdout, "%04o\n", now)
		return 0
	}
	mask, err := strconv.ParseUint(args[0], 8, 16)
	if err != nil || mask > 0o777 {
		return complain(hc, applet.Failed, "umask: %q is not an octal mask", args[0])
	}
	unix.Umask(int(mask))
	return 0
}

// limit is a resource of setrlimit(2) with the unit that ulimit counts in.
type limit struct {
	letter, name string
	resource     int
	bytes        uint64
}

var limits = []limit{
	{"c", "core file size (blocks)", unix.RLIMIT_CORE, 512},
	{"d", "data segment (kbytes)", unix.RLIMIT_DATA, 1024},
	{"f", "file size (blocks)", unix.RLIMIT_FSIZE, 512},
	{"l", "locked memory (kbytes)", unix.RLIMIT_MEMLOCK, 1024},
	{"n", "open files", unix.RLIMIT_NOFILE, 1},
	{"s", "stack (kbytes)", unix.RLIMIT_STACK, 1024},
	{"t", "cpu time (seconds)", unix.RLIMIT_CPU, 1},
	{"u", "processes", unix.RLIMIT_NPROC, 1},
	{"v", "address space (kbytes)", unix.RLIMIT_AS, 1024},
}

// ulimit prints or sets limits of this process and of the children to come:
// "ulimit -n", "ulimit -Hn", "ulimit -u 20", "ulimit -a".
func ulimit(hc interp.HandlerContext, args []string) int {
	letters, value := "", ""
	for _, arg := range args {
		if len(arg) > 1 && arg[0] == '-' {
			letters += arg[1:]
		} else {
			value = arg
		}
	}
	hard, soft, chosen, all := false, false, "f", false
	for _, r := range letters {
		switch letter := string(r); {
		case letter == "H":
			hard = true
		case letter == "S":
			soft = true
		case letter == "a":
			all = true
		default:
			chosen = letter
		}
	}
	if all {
		for _, l := range limits {
			fmt.Fprintf(hc.Stdout, "-%s: %-26s %s\n", l.letter, l.name, l.read(hard))
		}
		return 0
	}
	i := slices.IndexFunc(limits, func(l limit) bool { return l.letter == chosen })
	if i < 0 {
		return complain(hc, applet.Misuse, "ulimit: unknown limit -%s", chosen)
	}
	if value == "" {
		fmt.Fprintln(hc.Stdout, limits[i].read(hard))
		return 0
	}
	if err := limits[i].write(value, hard || !soft, soft || !hard); err != nil {
		return complain(hc, applet.Failed, "ulimit: %s: %s", value, applet.Reason(err))
	}
	return 0
}

func (l limit) read(hard bool) string {
	var now unix.Rlimit
	if err := unix.Getrlimit(l.resource, &now); err != nil {
		return applet.Reason(err)
	}
	value := now.Cur
	if hard {
		value = now.Max
	}
	if value == unix.RLIM_INFINITY {
		return "unlimited"
	}
	return strconv.FormatUint(value/l.bytes, 10)
}

func (l limit) write(text string, hard, soft bool) error {
	value := uint64(unix.RLIM_INFINITY)
	if text != "unlimited" {
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			return unix.EINVAL
		}
		value = n * l.bytes
	}
	var now unix.Rlimit
	if err := unix.Getrlimit(l.resource, &now); err != nil {
		return err
	}
	if hard {
		now.Max = value
	}
	if soft {
		now.Cur = value
	}
	return unix.Setrlimit(l.resource, &now)
}

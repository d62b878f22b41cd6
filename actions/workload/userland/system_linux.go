package userland

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

func runHostname(c *applet.Call) int {
	if code, ok := c.ParseOperands(c.Flags(), 0, 1); !ok {
		return code
	}
	if len(c.Args) == 1 {
		if err := unix.Sethostname([]byte(c.Args[0])); err != nil {
			return c.Failf("sethostname: %s", applet.Reason(err))
		}
		return applet.OK
	}
	var names unix.Utsname
	if err := unix.Uname(&names); err != nil {
		return c.Fail(err)
	}
	c.Printf("%s\n", cString(names.Nodename[:]))
	return applet.OK
}

// cString is the text before the first zero byte.
func cString(field []byte) string {
	text, _, _ := bytes.Cut(field, []byte{0})
	return string(text)
}

func runUname(c *applet.Call) int {
	flags := c.Flags()
	letters := []string{"s", "n", "r", "v", "m"}
	names := []string{"kernel-name", "nodename", "kernel-release", "kernel-version", "machine"}
	var show [5]bool
	for i := range letters {
		flags.BoolVarP(&show[i], names[i], letters[i], false, "the "+names[i])
	}
	all := flags.BoolP("all", "a", false, "all of these")
	if code, ok := c.ParseOperands(flags, 0, 0); !ok {
		return code
	}
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return c.Fail(err)
	}
	show[0] = show[0] || show == [5]bool{}
	var fields []string
	for i, field := range [][]byte{u.Sysname[:], u.Nodename[:], u.Release[:], u.Version[:], u.Machine[:]} {
		if *all || show[i] {
			fields = append(fields, cString(field))
		}
	}
	c.Printf("%s\n", strings.Join(fields, " "))
	return applet.OK
}

// runNproc counts the CPUs of the affinity mask, sched_getaffinity(2): those
// that a cpuset leaves.
func runNproc(c *applet.Call) int {
	flags := c.Flags()
	all := flags.Bool("all", false, "all that the machine has online")
	if code, ok := c.ParseOperands(flags, 0, 0); !ok {
		return code
	}
	count := runtime.NumCPU()
	if *all {
		online, err := os.ReadFile("/sys/devices/system/cpu/online")
		if err != nil {
			return c.Fail(err)
		}
		count = countList(strings.TrimSpace(string(online)))
	}
	c.Printf("%d\n", count)
	return applet.OK
}

// countList counts the CPUs of a list such as "0-3,8".
func countList(list string) (count int) {
	for item := range strings.SplitSeq(list, ",") {
		from, to, ranged := strings.Cut(item, "-")
		if !ranged {
			to = from
		}
		first, _ := strconv.Atoi(from)
		last, _ := strconv.Atoi(to)
		count += last - first + 1
	}
	return count
}

func runUptime(c *applet.Call) int {
	if code, ok := c.ParseOperands(c.Flags(), 0, 0); !ok {
		return code
	}
	uptime, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return c.Fail(err)
	}
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return c.Fail(err)
	}
	seconds, _ := strconv.ParseFloat(firstOr(string(uptime), "0"), 64)
	up := time.Duration(seconds) * time.Second
	c.Printf(" %s up %s, load average: %s\n", time.Now().Format("15:04:05"), up, strings.Join(strings.Fields(string(load))[:3], ", "))
	return applet.OK
}

func runPwd(c *applet.Call) int {
	directory, err := unix.Getwd()
	if err != nil {
		return c.Fail(err)
	}
	c.Printf("%s\n", directory)
	return applet.OK
}

func runWhich(c *applet.Call) int {
	if code, ok := c.ParseOperands(c.Flags(), 1, -1); !ok {
		return code
	}
	code := applet.OK
	for _, name := range c.Args {
		path, err := exec.LookPath(name)
		if err != nil {
			code = applet.Failed
			continue
		}
		c.Printf("%s\n", path)
	}
	return code
}

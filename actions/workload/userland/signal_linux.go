package userland

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

// runKill takes its flags by hand, for a signal may be one ("-9", "-TERM"), and
// so may a process group be ("-- -1").
func runKill(c *applet.Call) int {
	signal, args := unix.SIGTERM, c.Args
	if len(args) == 1 && args[0] == "-l" {
		listSignals(c)
		return applet.OK
	}
	if len(args) == 1 && args[0] == "--help" {
		_, _ = c.Parse(c.Flags())
		return applet.OK
	}
	if len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "--" {
		name := args[0][1:]
		args = args[1:]
		if name == "s" || name == "n" {
			if len(args) == 0 {
				return c.Usagef("the signal is missing")
			}
			name, args = args[0], args[1:]
		}
		var err error
		if signal, err = ParseSignal(name); err != nil {
			return c.Usagef("%v", err)
		}
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return c.Usagef("the process is missing")
	}
	return each(c, args, func(operand string) error { return send(operand, signal) })
}

func send(operand string, signal syscall.Signal) error {
	pid, err := strconv.Atoi(operand)
	if err != nil {
		return fmt.Errorf("%q is not a process id", operand)
	}
	if err := unix.Kill(pid, signal); err != nil {
		return fmt.Errorf("(%d) - %w", pid, err)
	}
	return nil
}

// ParseSignal reads "9", "KILL", "SIGKILL" or "kill"; 0 is allowed.
func ParseSignal(name string) (syscall.Signal, error) {
	if n, err := strconv.ParseUint(name, 10, 7); err == nil && n <= 64 {
		return syscall.Signal(n), nil
	}
	name = strings.ToUpper(name)
	if s := unix.SignalNum("SIG" + strings.TrimPrefix(name, "SIG")); s != 0 {
		return s, nil
	}
	return 0, fmt.Errorf("%q is not a signal", name)
}

func listSignals(c *applet.Call) {
	for s := syscall.Signal(1); s < 32; s++ {
		c.Printf("%2d %s\n", int(s), strings.TrimPrefix(unix.SignalName(s), "SIG"))
	}
}

// runSleep keeps the kernel's default for every signal: as PID 1 it therefore
// does not end on SIGTERM, which is what a lesson shows with it.
func runSleep(c *applet.Call) int {
	if code, ok := c.ParseOperands(c.Flags(), 1, -1); !ok {
		return code
	}
	total := time.Duration(0)
	for _, arg := range c.Args {
		if arg == "infinity" {
			applet.Hold(0)
		}
		d, err := applet.ParseSpan(arg)
		if err != nil {
			return c.Usagef("%v", err)
		}
		total += d
	}
	time.Sleep(total)
	return applet.OK
}

func runEnv(c *applet.Call) int {
	flags := c.Flags()
	flags.SetInterspersed(false)
	empty := flags.BoolP("ignore-environment", "i", false, "start with an empty environment")
	unset := flags.StringArrayP("unset", "u", nil, "take this variable away")
	if code, ok := c.Parse(flags); !ok {
		return code
	}
	if *empty {
		os.Clearenv()
	}
	for _, name := range *unset {
		_ = os.Unsetenv(name)
	}
	for len(c.Args) > 0 && strings.Contains(c.Args[0], "=") {
		name, value, _ := strings.Cut(c.Args[0], "=")
		if err := os.Setenv(name, value); err != nil {
			return c.Fail(err)
		}
		c.Args = c.Args[1:]
	}
	if len(c.Args) > 0 {
		return become(c, c.Args)
	}
	for _, variable := range os.Environ() {
		c.Printf("%s\n", variable)
	}
	return applet.OK
}

func runNice(c *applet.Call) int {
	flags := c.Flags()
	flags.SetInterspersed(false)
	by := flags.IntP("adjustment", "n", 10, "how much nicer")
	if code, ok := c.ParseOperands(flags, 1, -1); !ok {
		return code
	}
	// getpriority(2) as the kernel gives it is 20 minus the nice value.
	now, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return c.Fail(err)
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, 20-now+*by); err != nil {
		c.Warnf("%s", applet.Reason(err)) // the command runs all the same
	}
	return become(c, c.Args)
}

// become replaces this process by the command.
func become(c *applet.Call, command []string) int {
	path, err := exec.LookPath(command[0])
	if err != nil {
		c.Warnf("%s: %s", command[0], "not found")
		return 127
	}
	err = syscall.Exec(path, command, os.Environ())
	c.Warnf("%s: %s", path, applet.Reason(err))
	if errors.Is(err, unix.ENOENT) {
		return 127
	}
	return 126
}

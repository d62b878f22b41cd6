package process

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/fork"
)

func runReap(c *applet.Call) int {
	flags := c.Flags()
	flags.SetInterspersed(false)
	verbose := flags.BoolP("verbose", "v", false, "say which processes are reaped")
	if code, ok := c.ParseOperands(flags, 1, -1); !ok {
		return code
	}
	// As any other than PID 1 we still want the orphans below us.
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	signals := make(chan os.Signal, 32)
	applet.CatchAll(signals)
	path, err := exec.LookPath(c.Args[0])
	if err != nil {
		return notFound(c, err)
	}
	child, err := syscall.ForkExec(path, c.Args, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	if err != nil {
		c.Warnf("start %s: %s", path, applet.Reason(err))
		return cannotRun
	}
	go forward(signals, child)
	return reapUntil(c, child, *verbose)
}

// Exit codes of shells and env(1) for a command that cannot be started.
const (
	cannotRun     = 126
	cannotBeFound = 127
)

func notFound(c *applet.Call, err error) int {
	var reason *exec.Error
	if errors.As(err, &reason) && errors.Is(err, exec.ErrNotFound) {
		c.Warnf("%s: not found", reason.Name)
		return cannotBeFound
	}
	c.Warnf("%v", err)
	return cannotRun
}

// forward passes every signal on but those that are about this process itself:
// its children's ends, the Go scheduler's SIGURG, and a closed pipe.
func forward(signals <-chan os.Signal, child int) {
	for s := range signals {
		number := s.(syscall.Signal)
		if number != unix.SIGCHLD && number != unix.SIGURG && number != unix.SIGPIPE {
			_ = unix.Kill(child, number)
		}
	}
}

// reapUntil reaps whatever ends below this process until it is the child, and
// returns the child's code.
func reapUntil(c *applet.Call, child int, verbose bool) int {
	for {
		result, err := fork.Wait(-1)
		if err != nil {
			return c.Failf("wait: %v", err)
		}
		if result.Pid == child {
			return exitCode(result)
		}
		if verbose {
			c.Warnf("reaped %d", result.Pid)
		}
	}
}

func exitCode(r fork.Result) int {
	if r.Signal != 0 {
		return applet.Signalled + int(r.Signal)
	}
	return r.Code
}

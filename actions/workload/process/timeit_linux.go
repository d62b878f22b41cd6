package process

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"isolab/actions/workload/applet"
	"isolab/schema/unit"
)

// usage is what timeit reports of the command, in seconds and bytes. MaxRSS is
// the largest resident set of it or of any child it waited for.
type usage struct {
	Real     float64 `json:"real"`
	User     float64 `json:"user"`
	System   float64 `json:"system"`
	MaxRSS   int64   `json:"max_rss"`
	ExitCode int     `json:"exit_code"`
}

func runTimeit(c *applet.Call) int {
	flags := c.Flags()
	flags.SetInterspersed(false)
	json := flags.Bool("json", false, "report as one line of JSON, on standard error too")
	if code, ok := c.ParseOperands(flags, 1, -1); !ok {
		return code
	}
	command := exec.Command(c.Args[0], c.Args[1:]...)
	command.Stdin, command.Stdout, command.Stderr = c.Stdin, c.Stdout, c.Stderr
	start := time.Now()
	err := command.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return notFound(c, err)
	}
	u := newUsage(command, time.Since(start))
	u.print(c, *json)
	return u.ExitCode
}

func newUsage(command *exec.Cmd, took time.Duration) usage {
	state := command.ProcessState
	u := usage{Real: took.Seconds(), User: state.UserTime().Seconds(), System: state.SystemTime().Seconds(), ExitCode: state.ExitCode()}
	if rusage, ok := state.SysUsage().(*syscall.Rusage); ok {
		u.MaxRSS = rusage.Maxrss * int64(unit.KiB)
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		u.ExitCode = applet.Signalled + int(status.Signal())
	}
	return u
}

// print reports on standard error, which leaves standard output to the command.
func (u usage) print(c *applet.Call, json bool) {
	if json {
		onError := *c
		onError.Stdout = c.Stderr
		onError.JSON(u)
		return
	}
	fmt.Fprintf(c.Stderr, "real %.3f s\nuser %.3f s\nsystem %.3f s\nmax rss %s\nexit code %d\n",
		u.Real, u.User, u.System, unit.Size(u.MaxRSS), u.ExitCode)
}

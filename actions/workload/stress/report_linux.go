package stress

import (
	"fmt"
	"os"

	"isolab/actions/workload/applet"
)

// Line numbers that the classic prints in its failures.
const (
	lineFork    = 371
	lineError   = 394
	lineSignal  = 415
	lineReaping = 417
	lineKill    = 421
	lineFailed  = 451
)

// report prints in the classic's form: "stress: info: [pid] …".
type report struct {
	call  *applet.Call
	level int // 0 nothing, 1 failures, 2 information, 3 everything
	pid   int
}

func newReport(c *applet.Call, o options) report {
	r := report{call: c, level: 2, pid: os.Getpid()}
	if o.verbose {
		r.level = 3
	}
	if o.quiet {
		r.level = 0
	}
	return r
}

func (r report) debug(format string, args ...any) {
	if r.level >= 3 {
		r.call.Printf("stress: dbug: [%d] %s\n", r.pid, fmt.Sprintf(format, args...))
	}
}

func (r report) info(format string, args ...any) {
	if r.level >= 2 {
		r.call.Printf("stress: info: [%d] %s\n", r.pid, fmt.Sprintf(format, args...))
	}
}

func (r report) warn(line int, format string, args ...any) {
	r.trouble("WARN", line, fmt.Sprintf(format, args...))
}

func (r report) fail(line int, format string, args ...any) {
	r.trouble("FAIL", line, fmt.Sprintf(format, args...))
}

func (r report) trouble(kind string, line int, text string) {
	if r.level >= 1 {
		fmt.Fprintf(r.call.Stderr, "stress: %s: [%d] (%d) %s\n", kind, r.pid, line, text)
	}
}

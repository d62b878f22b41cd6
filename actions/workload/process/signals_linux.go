package process

import (
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

// runIgnoreTerm sets the signals to SIG_IGN, so that SigIgn in
// /proc/<pid>/status shows them; only SIGKILL, from outside when it is PID 1,
// ends it early.
func runIgnoreTerm(c *applet.Call) int {
	flags := c.Flags()
	hold := applet.SpanFlag(0)
	flags.Var(&hold, "for", "end with 0 after this long (default: never)")
	if code, ok := c.ParseOperands(flags, 0, 0); !ok {
		return code
	}
	signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	c.Printf("pid %d ignores SIGTERM, SIGINT and SIGHUP\n", os.Getpid())
	applet.Hold(time.Duration(hold))
	return applet.OK
}

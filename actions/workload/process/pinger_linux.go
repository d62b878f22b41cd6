package process

import (
	"net/netip"
	"os"
	"syscall"
	"time"

	"isolab/actions/workload/applet"
)

func runPinger(c *applet.Call) int {
	flags := c.Flags()
	interval := applet.SpanFlag(time.Second)
	flags.VarP(&interval, "interval", "i", "time between two lines")
	count := flags.IntP("count", "c", 0, "end after this many lines (default: never)")
	if code, ok := c.ParseOperands(flags, 0, 1); !ok {
		return code
	}
	target, err := address(c.Args)
	if err != nil {
		return c.Usagef("%q is not an IPv4 address", c.Args[0])
	}
	if interval == 0 {
		return c.Usagef("--interval must be above zero")
	}
	// Handled always, so that as PID 1 the pinger also ends on docker stop.
	applet.OnSignals(func(s syscall.Signal) { os.Exit(applet.Signalled + int(s)) })
	ping(c, target, time.Duration(interval), *count)
	return applet.OK
}

// address is the one to ping: this machine unless told otherwise.
func address(args []string) (netip.Addr, error) {
	if len(args) == 0 || args[0] == "localhost" {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	addr, err := netip.ParseAddr(args[0])
	if err == nil && !addr.Is4() {
		return addr, syscall.EAFNOSUPPORT
	}
	return addr, err
}

// ping prints a line per interval, whether there is an answer, a network or the
// right to send at all: the lesson is about the process.
func ping(c *applet.Call, target netip.Addr, interval time.Duration, count int) {
	socket, err := openEcho()
	c.Printf("ping %s: pid %d\n", target, os.Getpid())
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for seq := 1; count == 0 || seq <= count; seq++ {
		var took time.Duration
		if socket != nil {
			took, err = socket.echo(target, uint16(seq), min(interval, time.Second))
		}
		if err != nil {
			c.Printf("ping: seq=%d time=- (%s)\n", seq, applet.Reason(err))
		} else {
			c.Printf("ping: seq=%d time=%.3f ms\n", seq, float64(took)/float64(time.Millisecond))
		}
		if seq != count {
			<-ticker.C
		}
	}
}

package process

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

// heat is what burn reports. CPUs is processor time over wall time: what the
// scheduler gave, not what was asked.
type heat struct {
	Threads    int     `json:"threads"`
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpu_seconds"`
	CPUs       float64 `json:"cpus"`
	Loops      int64   `json:"loops"`
}

func runBurn(c *applet.Call) int {
	flags := c.Flags()
	span := applet.SpanFlag(0)
	count := flags.Int("cpus", 1, "threads that compute")
	json := flags.Bool("json", false, "report as one line of JSON")
	flags.Var(&span, "time", "end after this long (default: until a signal)")
	if code, ok := c.ParseOperands(flags, 0, 0); !ok {
		return code
	}
	if *count < 1 || *count > 4096 {
		return c.Usagef("--cpus must be between 1 and 4096, not %d", *count)
	}
	applet.EndOnSignals()
	h := burn(*count, time.Duration(span))
	if *json {
		c.JSON(h)
		return applet.OK
	}
	c.Printf("burned %.2f s on %d threads: %.2f CPU seconds = %.3f cpu, %d loops\n",
		h.Seconds, h.Threads, h.CPUSeconds, h.CPUs, h.Loops)
	return applet.OK
}

// burn computes on n threads for the given time, or for ever when it is zero.
func burn(n int, span time.Duration) heat {
	runtime.GOMAXPROCS(n + 1) // one for the clock that ends it
	var stop atomic.Bool
	var loops atomic.Int64
	var group sync.WaitGroup
	start, before := time.Now(), cpuTime()
	for range n {
		group.Go(func() { loops.Add(roots(&stop)) })
	}
	applet.Hold(span)
	stop.Store(true)
	group.Wait()
	wall, used := time.Since(start).Seconds(), (cpuTime() - before).Seconds()
	return heat{Threads: n, Seconds: wall, CPUSeconds: used, CPUs: used / wall, Loops: loops.Load()}
}

// roots computes square roots on a thread of its own until stop is set, and
// returns how many thousands.
func roots(stop *atomic.Bool) (loops int64) {
	runtime.LockOSThread()
	for x := 1.5; !stop.Load(); loops++ {
		for range 1000 {
			x = math.Sqrt(x*x + 1)
		}
	}
	return loops
}

// cpuTime is the processor time of this process, getrusage(2).
func cpuTime() time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

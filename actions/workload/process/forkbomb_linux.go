package process

import (
	"errors"
	"os"
	"runtime"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/fork"
)

// bomb is a bounded number of children that only sleep.
type bomb struct {
	most     int // attempts
	refusals int // end after as many refusals in a row; 0: never
	hold     time.Duration
	json     bool
}

// blast is what came of it. Threads counts this process's own tasks, which
// pids.max counts as well.
type blast struct {
	Attempts int    `json:"attempts"`
	Spawned  int    `json:"spawned"`
	Refused  int    `json:"refused"`
	Threads  int    `json:"threads"`
	Reason   string `json:"reason,omitempty"`
}

func runForkbomb(c *applet.Call) int {
	b := bomb{}
	flags := c.Flags()
	flags.IntVar(&b.most, "max", 10000, "make no more children than this")
	flags.IntVar(&b.refusals, "refusals", 20, "end after this many refusals in a row")
	return b.parseAndRun(c, flags)
}

func runSpawn(c *applet.Call) int {
	b := bomb{}
	flags := c.Flags()
	flags.IntVar(&b.most, "count", 50, "children to try to make")
	return b.parseAndRun(c, flags)
}

func (b *bomb) parseAndRun(c *applet.Call, flags *pflag.FlagSet) int {
	hold := applet.SpanFlag(0)
	flags.Var(&hold, "hold", "keep the children this long before ending them")
	flags.BoolVar(&b.json, "json", false, "report as one line of JSON")
	if code, ok := c.ParseOperands(flags, 0, 0); !ok {
		return code
	}
	if b.most < 1 || b.refusals < 0 {
		return c.Usagef("the numbers must be above zero")
	}
	b.hold = time.Duration(hold)
	applet.EndOnSignals()
	return b.run(c)
}

func (b bomb) run(c *applet.Call) int {
	runtime.LockOSThread() // the children die with this thread
	applet.FewThreads()
	children, result, err := b.explode()
	defer fork.End(children)
	if err != nil {
		return c.Fail(err)
	}
	result.print(c, b.json)
	time.Sleep(b.hold)
	return applet.OK
}

// explode forks until the number is reached or the kernel keeps refusing. EAGAIN
// is a refusal by pids.max or RLIMIT_NPROC; any other error ends the attempt.
func (b bomb) explode() (children []int, result blast, err error) {
	children = make([]int, 0, b.most)
	result.Threads = threads()
	for inRow := 0; result.Attempts < b.most && (b.refusals == 0 || inRow < b.refusals); {
		result.Attempts++
		pid, err := fork.Start(fork.Pause)
		switch {
		case err == nil:
			children = append(children, pid)
			result.Spawned++
			inRow = 0
		case errors.Is(err, unix.EAGAIN):
			result.Refused++
			result.Reason = err.Error()
			inRow++
		default:
			return children, result, err
		}
	}
	return children, result, nil
}

func (r blast) print(c *applet.Call, json bool) {
	if json {
		c.JSON(r)
		return
	}
	c.Printf("this process itself: %d threads\n", r.Threads)
	c.Printf("spawned %d, refused %d", r.Spawned, r.Refused)
	if r.Refused > 0 {
		c.Printf(" (%s)", r.Reason)
	}
	c.Printf("\n")
}

// threads counts /proc/self/task.
func threads() int {
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return 0
	}
	return len(entries)
}

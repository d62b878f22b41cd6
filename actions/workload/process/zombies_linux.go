package process

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/fork"
)

// graveyard is what zombies reports. Parent is who the orphans were given to:
// PID 1, or the nearest subreaper (prctl(2), PR_SET_CHILD_SUBREAPER).
type graveyard struct {
	Orphans int `json:"orphans"`
	Zombies int `json:"zombies"`
	Parent  int `json:"parent"`
}

func runZombies(c *applet.Call) int {
	flags := c.Flags()
	hold := applet.SpanFlag(0)
	flags.Var(&hold, "for", "stay this long, then end with 0 (default: until a signal)")
	exit := flags.Bool("exit", false, "end at once after reporting")
	json := flags.Bool("json", false, "report as one line of JSON")
	if code, ok := c.ParseOperands(flags, 1, 1); !ok {
		return code
	}
	count, err := strconv.Atoi(c.Args[0])
	if err != nil || count < 1 || count > 10000 {
		return c.Usagef("%q is not a number of orphans between 1 and 10000", c.Args[0])
	}
	applet.EndOnSignals()
	report, err := bury(count)
	if err != nil {
		return c.Fail(err)
	}
	report.print(c, *json)
	if !*exit {
		applet.Hold(time.Duration(hold))
	}
	return applet.OK
}

func (g graveyard) print(c *applet.Call, json bool) {
	if json {
		c.JSON(g)
		return
	}
	c.Printf("orphans made: %d, zombies now: %d, given to pid %d\n", g.Orphans, g.Zombies, g.Parent)
}

// bury makes the orphans and waits until all of them have ended. We reap our own
// children; the orphans are for their new parent, and when we are that parent
// (PID 1) we do not do what an init should.
func bury(count int) (graveyard, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	g := graveyard{}
	pipe, err := newHandover()
	if err != nil {
		return g, err
	}
	defer pipe.close()
	var orphans []int
	for range count {
		middle, err := fork.Start(pipe.beget)
		if err != nil {
			return g, err
		}
		if result, err := fork.Wait(middle); err != nil || result.Code != 0 {
			return g, unix.EAGAIN // the grandchild was refused
		}
		orphan, parent, err := pipe.receive()
		if err != nil {
			return g, err
		}
		orphans, g.Parent = append(orphans, orphan), parent
	}
	waitFor(orphans, 2*time.Second, "Z", "")
	if g.Parent != os.Getpid() {
		waitFor(orphans, 500*time.Millisecond, "") // an init is told of each, but needs a moment
	}
	g.Orphans, g.Zombies = count, countZombies(orphans)
	return g, nil
}

// waitFor waits until each process is in one of the states, for so long at most in
// all.
func waitFor(pids []int, most time.Duration, states ...string) {
	deadline := time.Now().Add(most)
	for _, pid := range pids {
		for !slices.Contains(states, stateOf(pid)) && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
	}
}

func countZombies(pids []int) (zombies int) {
	for _, pid := range pids {
		if stateOf(pid) == "Z" {
			zombies++
		}
	}
	return zombies
}

// stateOf is the third field of /proc/<pid>/stat, proc_pid_stat(5), or "" when
// the process is gone.
func stateOf(pid int) string {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	return fields[0]
}

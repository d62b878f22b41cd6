package docker

import (
	"os"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
)

// How often the counters are read. The reading that counts is made at the event
// of the main process's end; these are for when that event comes too late. Until
// the main process is known its end has no event, so the steps are smaller.
const (
	tickStarting = 5 * time.Millisecond
	tickRunning  = 20 * time.Millisecond
	// giveUp bounds the search for the cgroup of a container that has started.
	giveUp = time.Second
)

// follower is the state of a watcher's loop.
type follower struct {
	*watcher
	host     *cgroup.Host
	finder   *finder
	counters []counter
	opened   map[*place]bool
	pidfd    int       // -1 until the main process is known
	main     int       // its process id
	told     time.Time // when the daemon told the pid
	seen     bool      // the cgroup had a process in it
	last     runtime.Accounting
}

// run follows the container until its main process has ended, its cgroup is gone
// or somebody stops it.
func (w *watcher) run() {
	defer close(w.done)
	hurry()
	host, err := cgroup.Open("/")
	if err != nil {
		return
	}
	f := &follower{watcher: w, host: host, finder: newFinder(w.id, places(host)),
		opened: map[*place]bool{}, pidfd: -1, last: unread()}
	defer f.close()
	for f.step() {
	}
}

// hurry lets this goroutine's thread go first when the machine is busy, where we
// may: between the end of a process and the removal of its cgroup there are only
// milliseconds. With 17 runnable threads on two CPUs the last reading came too
// late for one container of ten; at the lowest real-time priority (sched(7)) for
// none of sixty. The loop needs some 50 µs every 20 ms. The thread is not given
// back, so nothing else inherits its priority.
func hurry() {
	const first = -20 // nice value, setpriority(2): for where real time is refused
	goruntime.LockOSThread()
	realtime := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
	if unix.SchedSetAttr(0, &realtime, 0) != nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, first)
	}
}

func (f *follower) close() {
	f.finder.close()
	closeCounters(f.counters)
	if f.pidfd >= 0 {
		unix.Close(f.pidfd)
	}
}

// step waits for the next event or tick and reads; false ends the loop.
func (f *follower) step() bool {
	over := f.wait()
	select {
	case <-f.stop:
		return false
	case pid := <-f.pid:
		f.told = time.Now()
		if !f.identify(pid) {
			return false
		}
	default:
	}
	f.finder.read()
	f.locate(f.main)
	f.open()
	if over {
		f.finish()
		return false
	}
	return f.tick()
}

// wait blocks until something happens; true when the main process has ended: a
// pidfd is readable then, the process still a zombie and its cgroup still there
// (pidfd_open(2)).
func (f *follower) wait() (over bool) {
	tick := tickRunning
	if f.pidfd < 0 {
		tick = tickStarting
	}
	fds := []unix.PollFd{{Fd: int32(f.pidfd), Events: unix.POLLIN}, {Fd: int32(f.finder.fd), Events: unix.POLLIN}}
	_, _ = unix.Poll(fds, int(tick.Milliseconds()))
	return fds[0].Revents != 0
}

// identify takes the main process's id, from the daemon or from the cgroup. A
// process of that number that is not in the container's cgroup is another
// machine's: nothing can be read then, unless the cgroup was found here.
func (f *follower) identify(pid int) bool {
	if pid <= 0 || f.pidfd >= 0 {
		return true
	}
	pidfd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return true // ended already, or a kernel before 5.3: the ticks must do
	}
	if !hostSees(pid, f.id) {
		unix.Close(pidfd)
		return len(f.counters) > 0
	}
	f.pidfd, f.main = pidfd, pid
	return true
}

// locate takes from the main process's own cgroups what inotify has not told.
func (f *follower) locate(pid int) {
	if f.finder.found() || f.pidfd < 0 {
		return
	}
	group, err := f.host.OfPID(pid)
	if err != nil {
		return
	}
	for _, p := range f.finder.places {
		if dir := group.Path(p.controller); p.dir == "" && strings.Contains(dir, f.id) {
			p.dir = dir
		}
	}
}

// adopt looks for the main process in the cgroup itself, before the daemon tells:
// the one that is number 1 in a pid namespace of its own (NSpid,
// proc_pid_status(5)). It is there some time before it executes the command.
func (f *follower) adopt() {
	const most = 4 // the OCI runtime's helpers are there with it
	pids := f.processes()
	for _, pid := range pids[:min(len(pids), most)] {
		if firstOfNamespace(pid) {
			f.identify(pid)
		}
	}
}

func firstOfNamespace(pid int) bool {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), "\nNSpid:")
	line, _, _ := strings.Cut(rest, "\n")
	numbers := strings.Fields(line)
	return len(numbers) > 1 && numbers[len(numbers)-1] == "1"
}

// open opens the counters of what has been found.
func (f *follower) open() {
	for _, p := range f.finder.places {
		if p.dir == "" || f.opened[p] {
			continue
		}
		f.opened[p] = true
		f.counters = append(f.counters, openCounters(p.dir, p.controller, p.version)...)
	}
}

// tick reads the counters between events; false when there is no more to read.
func (f *follower) tick() bool {
	if len(f.counters) == 0 {
		return f.told.IsZero() || time.Since(f.told) < giveUp
	}
	empty := f.pidfd < 0 && len(f.processes()) == 0
	now, ok := sample(f.counters)
	switch {
	case ok && empty && f.seen:
		f.final = now // all processes had ended before this was read
		return false
	case !ok && f.seen:
		f.lost()
		return false
	}
	f.last, f.seen = now, f.seen || !empty
	if f.pidfd < 0 {
		f.adopt()
	}
	return true
}

// processes are the live processes of the cgroup.
func (f *follower) processes() []int {
	text, err := os.ReadFile(filepath.Join(filepath.Dir(f.counters[0].path), "cgroup.procs"))
	var pids []int
	for _, word := range strings.Fields(string(text)) {
		if pid, _ := strconv.Atoi(word); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

// finish makes the reading that counts, at the end of the main process.
func (f *follower) finish() {
	now, ok := sample(f.counters)
	f.status = exitStatus(f.pidfd, f.main)
	f.final = now
	if !ok {
		f.lost()
	}
}

// lost is for a cgroup that was removed before it could be read a last time. What
// an earlier reading says is then too small, so only one thing is kept: that
// memory ran out, if it had by then. (Should it have run out later, the daemon
// tells: it has the kernel's own notification, which outlives the cgroup.)
func (f *follower) lost() {
	if f.final.OOMKills < 0 && f.last.OOMKills > 0 {
		f.final.OOMKills, f.final.Origins["oom_kills"] = f.last.OOMKills, f.last.Origins["oom_kills"]+", at least"
	}
}

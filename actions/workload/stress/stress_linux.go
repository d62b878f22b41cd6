package stress

import (
	"runtime"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/fork"
)

// dispatcher is the parent of all hogs.
type dispatcher struct {
	report
	options
	alive  []int // process ids of the workers still running
	failed int   // workers that ended in any way but the timeout's
	signal chan syscall.Signal
}

func run(c *applet.Call) int {
	o, code, ok := parse(c)
	if !ok {
		return code
	}
	// The workers die with the thread that forked them.
	runtime.LockOSThread()
	d := &dispatcher{report: newReport(c, o), options: o, signal: make(chan syscall.Signal, 1)}
	d.info("dispatching hogs: %d cpu, %d io, %d vm, %d hdd", o.cpu, o.io, o.vm, o.hdd)
	start := time.Now()
	applet.OnSignals(func(s syscall.Signal) { d.signal <- s })
	d.dispatch()
	ended := d.reap()
	seconds := int(time.Since(start).Round(time.Second) / time.Second)
	switch {
	case ended != 0:
		return applet.Signalled + int(ended)
	case d.failed > 0:
		d.fail(lineFailed, "failed run completed in %ds", seconds)
		return applet.Failed
	}
	d.info("successful run completed in %ds", seconds)
	return applet.OK
}

// dispatch forks the hogs, the kinds in turn as the classic does, the last one
// with the longest backoff.
func (d *dispatcher) dispatch() {
	left := []struct {
		name  string
		count int
		hog   func(*worker) int
	}{{"hogcpu", d.cpu, cpuHog}, {"hogio", d.io, ioHog}, {"hogvm", d.vm, vmHog}, {"hoghdd", d.hdd, hddHog}}
	for total := d.cpu + d.io + d.vm + d.hdd; total > 0; {
		for i := range left {
			kind := &left[i]
			if kind.count == 0 {
				continue
			}
			if !d.start(kind.name, kind.count, total, kind.hog) {
				return
			}
			kind.count--
			total--
		}
	}
}

// start forks one worker; when the kernel refuses, the whole run fails.
func (d *dispatcher) start(name string, number, total int, hog func(*worker) int) bool {
	backoff := d.backoff * time.Duration(total)
	d.debug("using backoff sleep of %dus", backoff.Microseconds())
	if d.timeout > 0 {
		d.debug("setting timeout to %ds", int(d.timeout.Seconds()))
	}
	if d.dryRun {
		return true
	}
	w := &worker{options: d.options, hog: hog, wait: unix.NsecToTimespec(int64(backoff))}
	pid, err := fork.Start(w.run)
	if err != nil {
		d.fail(lineFork, "fork failed: %s", applet.Reason(err))
		d.failed++
		d.endAll()
		return false
	}
	d.alive = append(d.alive, pid)
	d.debug("--> %s worker %d [%d] forked", name, number, pid)
	return true
}

// reap waits until no worker is left and returns the signal that ended the run,
// or 0.
func (d *dispatcher) reap() (ended syscall.Signal) {
	deaths := make(chan fork.Result)
	go func() {
		defer close(deaths)
		for {
			result, err := fork.Wait(-1)
			if err != nil {
				return // ECHILD: none is left
			}
			deaths <- result
		}
	}()
	for {
		select {
		case result, more := <-deaths:
			if !more {
				return ended
			}
			d.buried(result)
		case ended = <-d.signal:
			d.endAll()
		}
	}
}

// buried judges how a worker ended: by its alarm is success, by our SIGUSR1 is
// the end of a run that another worker failed.
func (d *dispatcher) buried(result fork.Result) {
	at := slices.Index(d.alive, result.Pid)
	if at < 0 {
		return // as PID 1 we also inherit orphans
	}
	d.alive = slices.Delete(d.alive, at, at+1)
	switch {
	case result.Signal == unix.SIGALRM:
		d.debug("<-- worker %d signalled normally", result.Pid)
	case result.Signal == unix.SIGUSR1:
		d.debug("<-- worker %d reaped", result.Pid)
	case result.Signal != 0:
		d.fail(lineSignal, "<-- worker %d got signal %d", result.Pid, int(result.Signal))
		d.giveUp()
	case result.Code != 0:
		d.fail(lineError, "<-- worker %d returned error %d", result.Pid, result.Code)
		d.giveUp()
	default:
		d.debug("<-- worker %d returned normally", result.Pid)
	}
}

// giveUp ends the run after a worker failed.
func (d *dispatcher) giveUp() {
	d.failed++
	if len(d.alive) > 0 || d.failed == 1 {
		d.warn(lineReaping, "now reaping child worker processes")
	}
	d.endAll()
}

// endAll asks every worker to end; none of them has a handler for the signal.
func (d *dispatcher) endAll() {
	for _, pid := range d.alive {
		if err := unix.Kill(pid, unix.SIGUSR1); err != nil {
			d.fail(lineKill, "kill error: %s", applet.Reason(err))
		}
	}
}

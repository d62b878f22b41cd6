package runtimetest

import (
	"context"
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"

	"isolab/actions/runtime"
)

func lifeCases() []testCase {
	return []testCase{
		must("created_then_running_then_exited", states),
		must("created_has_an_id", createdID),
		must("pause_and_unpause", pause),
		must("remove_twice", removeTwice),
		must("remove_running", removeRunning),
		must("remove_paused", removePaused),
		must("remove_created", removeCreated),
		must("remove_by_another_runtime_value", removeUnknown),
		must("stop_with_handler", stopHandled),
		must("stop_kills_after_grace", stopKills),
		must("stop_without_grace", stopAtOnce),
		must("stop_exited_is_no_error", stopExited),
		must("stop_signal", stopSignal),
		must("signal_reaches_main_process", signalMain),
		must("wait_is_cancelled", waitCancelled),
		must("wait_twice", waitTwice),
		must("process_is_gone_after_remove", processGone),
	}
}

func states(f *fixture) {
	spec := f.spec("sleep", "60")
	f.create(spec)
	made := f.inspect(spec.Name)
	equal(f, "state after create", made.State, runtime.StateCreated)
	equal(f, "name", made.Name, spec.Name)
	equal(f, "pid after create", made.PID, 0)
	f.check(f.rt.Start(f.ctx, spec.Name))
	running := f.inspect(spec.Name)
	equal(f, "state after start", running.State, runtime.StateRunning)
	if running.PID <= 0 {
		f.Errorf("pid of a running container is %d", running.PID)
	}
	f.check(f.rt.Signal(f.ctx, spec.Name, syscall.SIGKILL))
	f.wait(spec.Name)
	exited := f.inspect(spec.Name)
	equal(f, "state at the end", exited.State, runtime.StateExited)
	equal(f, "pid at the end", exited.PID, 0)
	equal(f, "code at the end", exited.Exit.Code, 137)
}

func createdID(f *fixture) {
	spec := f.spec("sleep", "60")
	made, err := f.rt.Create(f.ctx, spec)
	f.check(err)
	if len(made.ID) != 64 {
		f.Errorf("id %q, want 64 hexadecimal digits", made.ID)
	}
	equal(f, "id by inspect", f.inspect(spec.Name).ID, made.ID)
}

func pause(f *fixture) {
	name := f.start(f.spec("sleep", "60"))
	f.check(f.rt.Pause(f.ctx, name))
	equal(f, "state after pause", f.inspect(name).State, runtime.StatePaused)
	f.check(f.rt.Unpause(f.ctx, name))
	equal(f, "state after unpause", f.inspect(name).State, runtime.StateRunning)
}

func removeTwice(f *fixture) {
	name := f.start(f.spec("true"))
	f.wait(name)
	f.check(f.rt.Remove(f.ctx, name))
	f.check(f.rt.Remove(f.ctx, name))
	_, err := f.rt.Inspect(f.ctx, name)
	f.is(err, runtime.ErrNotFound)
}

func removeRunning(f *fixture) {
	name := f.start(f.spec("sleep", "60"))
	f.check(f.rt.Remove(f.ctx, name))
	_, err := f.rt.Inspect(f.ctx, name)
	f.is(err, runtime.ErrNotFound)
}

func removePaused(f *fixture) {
	name := f.start(f.spec("sleep", "60"))
	f.check(f.rt.Pause(f.ctx, name))
	f.check(f.rt.Remove(f.ctx, name))
	_, err := f.rt.Inspect(f.ctx, name)
	f.is(err, runtime.ErrNotFound)
}

func removeCreated(f *fixture) {
	spec := f.spec("true")
	f.create(spec)
	f.check(f.rt.Remove(f.ctx, spec.Name))
	_, err := f.rt.Inspect(f.ctx, spec.Name)
	f.is(err, runtime.ErrNotFound)
}

func removeUnknown(f *fixture) {
	f.check(f.rt.Remove(f.ctx, "rt-"+f.mark+"-never-made"))
}

// pinger starts a container whose program has its signal handlers in place: it
// prints only then.
func (f *fixture) pinger(spec runtime.Spec) string {
	f.Helper()
	name := f.start(spec)
	f.eventually("pinger has printed a line", func() bool {
		stdout, _ := f.logs(name)
		return stdout != ""
	})
	return name
}

// settled waits until the program has no handler for SIGTERM any more; while a Go
// program starts it has one (SigCgt, proc_pid_status(5); bit n-1 is signal n).
func (f *fixture) settled(pid int) {
	f.Helper()
	quiet := 0 // looks in a row without a handler
	const term = 1 << (syscall.SIGTERM - 1)
	f.eventually("there is no handler for SIGTERM", func() bool {
		caught, err := strconv.ParseUint(field(f.status(pid), "SigCgt"), 16, 64)
		f.check(err)
		if caught&term != 0 {
			quiet = 0
		}
		quiet++ // just after exec there is no handler yet either
		return quiet > 25
	})
}

// stopHandled: pinger ends with 128+15 on SIGTERM, as PID 1 too.
func stopHandled(f *fixture) {
	name := f.pinger(f.spec("pinger"))
	f.check(f.rt.Stop(f.ctx, name, 20*time.Second))
	e := f.wait(name)
	equal(f, "code", e.Code, 128+int(syscall.SIGTERM))
}

// stopKills: the kernel drops a signal that PID 1 of a namespace has no handler
// for (pid_namespaces(7)), so only SIGKILL ends this sleep.
func stopKills(f *fixture) {
	name := f.start(f.spec("sleep", "60"))
	f.settled(f.inspect(name).PID)
	f.check(f.rt.Stop(f.ctx, name, time.Second))
	equal(f, "state", f.inspect(name).State, runtime.StateExited)
	e := f.wait(name)
	equal(f, "code", e.Code, 137)
	equal(f, "signal", e.Signal, int(syscall.SIGKILL))
	equal(f, "out of memory", e.OOMKilled, false)
}

// stopAtOnce: no grace is none, whatever the container's own is.
func stopAtOnce(f *fixture) {
	spec := f.spec("sleep", "60")
	spec.StopGrace = time.Hour
	name := f.start(spec)
	f.settled(f.inspect(name).PID)
	f.check(f.rt.Stop(f.ctx, name, 0))
	equal(f, "code", f.wait(name).Code, 137)
}

func stopExited(f *fixture) {
	name := f.start(f.spec("true"))
	f.wait(name)
	f.check(f.rt.Stop(f.ctx, name, time.Second))
}

func stopSignal(f *fixture) {
	spec := f.spec("pinger")
	spec.StopSignal = "SIGINT"
	name := f.pinger(spec)
	f.check(f.rt.Stop(f.ctx, name, 20*time.Second))
	equal(f, "code", f.wait(name).Code, 128+int(syscall.SIGINT))
}

func signalMain(f *fixture) {
	name := f.pinger(f.spec("pinger"))
	f.check(f.rt.Signal(f.ctx, name, syscall.SIGTERM))
	equal(f, "code", f.wait(name).Code, 128+int(syscall.SIGTERM))
}

func waitCancelled(f *fixture) {
	name := f.start(f.spec("sleep", "60"))
	ctx, cancel := context.WithCancel(f.ctx)
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := f.rt.Wait(ctx, name)
	f.is(err, context.Canceled)
	equal(f, "state", f.inspect(name).State, runtime.StateRunning)
}

func waitTwice(f *fixture) {
	name := f.start(f.spec("sh", "-c", "exit 3"))
	equal(f, "code", f.wait(name).Code, 3)
	equal(f, "code of the second wait", f.wait(name).Code, 3)
}

func processGone(f *fixture) {
	name := f.start(f.spec("sleep", "60"))
	pid := f.inspect(name).PID
	f.status(pid)
	f.check(f.rt.Remove(f.ctx, name))
	f.eventually("the process is gone", func() bool {
		_, err := os.Stat(procPath(pid, "status"))
		return errors.Is(err, os.ErrNotExist)
	})
}

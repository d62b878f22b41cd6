package runtimetest

import (
	"errors"
	"strings"
	"syscall"
	"time"

	"isolab/actions/runtime"
)

func exitCases() []testCase {
	return []testCase{
		must("code_0", func(f *fixture) { equal(f, "code", f.run(f.spec("true")).Code, 0) }),
		must("code_7", func(f *fixture) { equal(f, "code", f.run(f.spec("sh", "-c", "exit 7")).Code, 7) }),
		must("killed", killed),
		must("code_137_is_no_signal_by_itself", fakeSignal),
		must("times", times),
		must("accounting", accounting),
		must("accounting_of_a_short_run", accountingShort),
		must("command_not_found", notFound),
		must("not_started", notStarted),
	}
}

func killed(f *fixture) {
	name := f.start(f.spec("sleep", "60"))
	f.check(f.rt.Signal(f.ctx, name, syscall.SIGKILL))
	e := f.wait(name)
	equal(f, "code", e.Code, 137)
	equal(f, "signal", e.Signal, int(syscall.SIGKILL))
	equal(f, "out of memory", e.OOMKilled, false)
	equal(f, "out of memory by the kernel", e.Final.OOMKills, 0)
}

// fakeSignal: a program may end with 137 without having been killed. A runtime
// that cannot tell may call it a signal, but never an out-of-memory kill.
func fakeSignal(f *fixture) {
	e := f.run(f.spec("sh", "-c", "exit 137"))
	equal(f, "code", e.Code, 137)
	equal(f, "out of memory", e.OOMKilled, false)
}

func times(f *fixture) {
	before := time.Now().Add(-time.Second)
	e := f.run(f.spec("sleep", "0.2"))
	after := time.Now().Add(time.Second)
	if e.Started.Before(before) || e.Finished.After(after) || e.Finished.Before(e.Started) {
		f.Errorf("started %v, finished %v; the test ran from %v to %v", e.Started, e.Finished, before, after)
	}
}

func accounting(f *fixture) {
	const least = 20 << 20
	e := f.run(f.spec("sh", "-c", "eatmemory --for 300ms 20MiB"))
	if e.Code != 0 {
		f.Fatalf("ended with %d: %s", e.Code, e.stderr)
	}
	equal(f, "killed for lack of memory", e.Final.OOMKills, 0)
	if e.Final.MemoryPeak < least {
		f.Errorf("memory peak is %d, want at least %d", e.Final.MemoryPeak, least)
	}
	if e.Final.CPU <= 0 {
		f.Errorf("cpu time is %v", e.Final.CPU)
	}
	for _, name := range []string{"oom_kills", "memory_peak", "cpu"} {
		if e.Final.Origins[name] == "" {
			f.Errorf("no origin of %s", name)
		}
	}
}

// accountingShort: a command that ends at once may leave no time to read, but a
// number that is given must be right.
func accountingShort(f *fixture) {
	e := f.run(f.spec("true"))
	if e.Final.OOMKills > 0 || e.Final.MemoryPeak == 0 || e.Final.CPU == 0 {
		f.Errorf("accounting of a run of true: %+v", e.Final)
	}
}

// notFound: a command that is not there fails to start, the container counts as
// ended with the code that a shell would give, and says why.
func notFound(f *fixture) {
	spec := f.spec("no-such-command")
	f.create(spec)
	err := f.rt.Start(f.ctx, spec.Name)
	if err == nil || errors.Is(err, runtime.ErrUnavailable) || !strings.Contains(err.Error(), "no-such-command") {
		f.Errorf("start: %v; want an error that names the command", err)
	}
	exit, err := f.rt.Wait(f.ctx, spec.Name)
	f.check(err)
	equal(f, "code", exit.Code, 127)
	if exit.Err == "" {
		f.Error("the exit does not say why")
	}
	equal(f, "state", f.inspect(spec.Name).State, runtime.StateExited)
}

func notStarted(f *fixture) {
	spec := f.spec("true")
	f.create(spec)
	_, err := f.rt.Wait(f.ctx, spec.Name)
	f.is(err, runtime.ErrNotRunning)
}

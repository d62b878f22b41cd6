package runtimetest

import (
	"strings"
	"syscall"
	"time"

	"isolab/actions/runtime"
	"isolab/schema/unit"
)

func memoryCases() []testCase {
	return []testCase{
		must("within_the_limit", within),
		must("beyond_the_limit", beyond),
		must("beyond_at_once", beyondAtOnce),
		must("beyond_in_a_child", beyondInChild),
		must("two_containers_apart", twoApart),
		may("waits_when_killing_is_off", waits),
	}
}

// tight is a container that may use this much memory, and no swap where the
// runtime can keep that.
func (f *fixture) tight(size unit.Size, command ...string) runtime.Spec {
	spec := f.spec(command...)
	spec.Limits = runtime.Limits{Memory: &size, Swap: pointer(unit.Size(0))}
	return spec
}

func within(f *fixture) {
	e := f.run(f.tight(64*unit.MiB, "eatmemory", "--exit", "30MiB"))
	equal(f, "code", e.Code, 0)
	equal(f, "out of memory", e.OOMKilled, false)
	equal(f, "killed by the kernel", e.Final.OOMKills, 0)
}

// overshoot is what cgroup v1 may note as the peak above the limit: each CPU
// charges up to 64 pages before it is held to the limit (MEMCG_CHARGE_BATCH).
const overshoot = unit.MiB

// beyond: Docker's default adds as much swap, so twice the limit is too much with
// and without swap. (Kernels of 2025 no longer count failures on cgroup v1 when it
// is memory plus swap that is exhausted.)
func beyond(f *fixture) {
	const limit = 64 * unit.MiB
	spec := f.spec("eatmemory", "--rate", "200MiB/s", "200MiB")
	spec.Limits.Memory = pointer(limit)
	e := f.run(spec)
	wasKilled(f, e)
	if e.Final.MemoryPeak < int64(limit)*9/10 || e.Final.MemoryPeak > int64(limit+overshoot) {
		f.Errorf("memory peak is %d of %d", e.Final.MemoryPeak, limit)
	}
	if e.Final.Failures < 1 {
		f.Errorf("the limit was hit %d times", e.Final.Failures)
	}
}

// beyondAtOnce: milliseconds after its start the process is dead.
func beyondAtOnce(f *fixture) {
	wasKilled(f, f.run(f.tight(16*unit.MiB, "eatmemory", "200MiB")))
}

func wasKilled(f *fixture, e ended) {
	f.Helper()
	equal(f, "code", e.Code, 137)
	equal(f, "signal", e.Signal, int(syscall.SIGKILL))
	equal(f, "out of memory", e.OOMKilled, true)
	if e.Final.OOMKills < 1 {
		f.Errorf("killed by the kernel: %d", e.Final.OOMKills)
	}
}

// beyondInChild: the worker dies, the main process tells of it and goes on. Who
// looks only at the main process does not see that memory ran out.
func beyondInChild(f *fixture) {
	e := f.run(f.tight(64*unit.MiB, "stress", "--vm", "1", "--vm-bytes", "200M", "--timeout", "10s"))
	equal(f, "code", e.Code, 1)
	equal(f, "main process was killed", e.OOMKilled, false)
	if e.Final.OOMKills < 1 {
		f.Errorf("killed by the kernel: %d", e.Final.OOMKills)
	}
	if !strings.Contains(e.stdout+e.stderr, "signal 9") {
		f.Errorf("stress says %s%s", e.stdout, e.stderr)
	}
}

func twoApart(f *fixture) {
	calm := f.start(f.tight(64*unit.MiB, "sleep", "60"))
	wasKilled(f, f.run(f.tight(32*unit.MiB, "eatmemory", "200MiB")))
	equal(f, "state of the other", f.inspect(calm).State, runtime.StateRunning)
	equal(f, "kills in the other", f.kernel(calm).Memory.OOMKills, 0)
}

// waits: a process that may not be killed waits for memory, and still ends at
// once when the container is removed.
func waits(f *fixture) {
	spec := f.tight(32*unit.MiB, "eatmemory", "200MiB")
	spec.Limits.OOMKillDisable = pointer(true)
	name := f.start(spec)
	f.eventually("the process waits", func() bool { return f.kernel(name).Memory.UnderOOM })
	equal(f, "state", f.inspect(name).State, runtime.StateRunning)
	begun := time.Now()
	f.check(f.rt.Remove(f.ctx, name))
	f.Logf("removed within %s", time.Since(begun))
}

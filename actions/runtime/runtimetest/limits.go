package runtimetest

import (
	"math"
	"os"
	"path/filepath"
	"strings"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
	"isolab/schema/unit"
)

func limitCases() []testCase {
	return []testCase{
		must("memory", func(f *fixture) {
			equal(f, "limit", f.kernel(f.limited(runtime.Limits{Memory: pointer(64 * unit.MiB)})).Memory.Limit, 64*unit.MiB)
		}),
		must("cpus", func(f *fixture) {
			equal(f, "limit", f.kernel(f.limited(runtime.Limits{CPUs: pointer(unit.CPUs(0.5))})).CPU.Limit, 0.5)
		}),
		must("cpuset", func(f *fixture) {
			name := f.limited(runtime.Limits{CpusetCPUs: pointer("0")})
			equal(f, "cpuset", f.kernel(name).CPU.Cpuset, "0")
			equal(f, "Cpus_allowed_list", field(f.status(f.inspect(name).PID), "Cpus_allowed_list"), "0")
		}),
		must("cpu_shares", shares),
		must("pids", func(f *fixture) {
			equal(f, "limit", f.kernel(f.limited(runtime.Limits{PIDs: pointer(int64(20))})).Pids.Limit, 20)
		}),
		must("pids_stop_a_fork_bomb", forkBomb),
		must("no_limits", func(f *fixture) {
			reading := f.kernel(f.start(f.spec("sleep", "60")))
			equal(f, "memory has no limit", reading.Memory.Limit.IsUnlimited(), true)
			equal(f, "cpu limit", reading.CPU.Limit, unit.UnlimitedCPUs)
			equal(f, "pids limit", reading.Pids.Limit, math.MaxInt64)
		}),
		may("swap_none", swapNone),
		may("memory_reservation", func(f *fixture) {
			name := f.limited(runtime.Limits{MemoryReservation: pointer(32 * unit.MiB)})
			equal(f, "reservation", f.kernel(name).Memory.Reservation, 32*unit.MiB)
		}),
		may("swappiness", func(f *fixture) {
			name := f.limited(runtime.Limits{Swappiness: pointer(int64(50))})
			equal(f, "swappiness", f.kernel(name).Memory.Swappiness, 50)
		}),
		may("oom_kill_disable", func(f *fixture) {
			name := f.limited(runtime.Limits{Memory: pointer(64 * unit.MiB), OOMKillDisable: pointer(true)})
			equal(f, "killing is off", f.kernel(name).Memory.OOMKillDisabled, true)
		}),
		may("io", io),
		must("inspect_tells_limits", inspectLimits),
		must("update_memory", updateMemory),
		must("update_cpus", updateCPUs),
		must("update_pids", func(f *fixture) {
			name := f.limited(runtime.Limits{PIDs: pointer(int64(20))})
			f.check(f.rt.Update(f.ctx, name, runtime.Limits{PIDs: pointer(int64(30))}))
			equal(f, "limit", f.kernel(name).Pids.Limit, 30)
		}),
	}
}

// limited is a running container with the limits.
func (f *fixture) limited(l runtime.Limits) string {
	f.Helper()
	spec := f.spec("sleep", "60")
	spec.Limits = l
	return f.start(spec)
}

// kernel reads the container's cgroup, found by the pid of its main process.
func (f *fixture) kernel(name string) cgroup.Reading {
	f.Helper()
	pid := f.inspect(name).PID
	f.status(pid)
	host, err := cgroup.Open("/")
	f.check(err)
	group, err := host.OfPID(pid)
	f.check(err)
	reading, err := group.Read(f.ctx)
	f.check(err)
	return reading
}

// shares: what counts is the ratio, which runtimes compute differently on cgroup
// v2; twice the shares are more, and not more than twice.
func shares(f *fixture) {
	low := f.kernel(f.limited(runtime.Limits{CPUShares: pointer(int64(512))})).CPU
	high := f.kernel(f.limited(runtime.Limits{CPUShares: pointer(int64(1024))})).CPU
	if ratio := float64(high.Shares) / float64(low.Shares); ratio < 1.5 || ratio > 2.1 {
		f.Errorf("shares are %d and %d", low.Shares, high.Shares)
	}
}

func forkBomb(f *fixture) {
	const limit = 30
	spec := f.spec("spawn", "--count", "100", "--json")
	spec.Limits.PIDs = pointer(int64(limit))
	e := f.run(spec)
	if !strings.Contains(e.stdout, `"refused":`) || strings.Contains(e.stdout, `"refused":0`) {
		f.Errorf("spawn says %s%s", e.stdout, e.stderr)
	}
}

func swapNone(f *fixture) {
	name := f.limited(runtime.Limits{Memory: pointer(64 * unit.MiB), Swap: pointer(unit.Size(0))})
	reading := f.kernel(name)
	if reason, missing := reading.Missing["memory.swap_limit"]; missing {
		f.Skip(reason)
	}
	equal(f, "swap limit", reading.Memory.SwapLimit, 0)
	equal(f, "swap limit by inspect", *f.inspect(name).Limits.Swap, 0)
}

// io: limits are those of a whole disk.
func io(f *fixture) {
	device := disk(f)
	name := f.limited(runtime.Limits{IO: []runtime.DeviceLimit{{Device: "/dev/" + device,
		ReadBPS: unit.Rate(2 * unit.MiB), WriteBPS: unit.Rate(unit.MiB), ReadIOPS: 200, WriteIOPS: 100}}})
	for _, d := range f.kernel(name).IO.Devices {
		if d.Name != device {
			continue
		}
		equal(f, "read rate", d.ReadBPSLimit, unit.Rate(2*unit.MiB))
		equal(f, "write rate", d.WriteBPSLimit, unit.Rate(unit.MiB))
		equal(f, "read operations", d.ReadIOPSLimit, 200)
		equal(f, "write operations", d.WriteIOPSLimit, 100)
		equal(f, "write rate by inspect", f.inspect(name).Limits.IO[0].WriteBPS, unit.Rate(unit.MiB))
		return
	}
	f.Errorf("the kernel has no limit for %s", device)
}

// disk names a whole disk of this machine; nothing is written to it.
func disk(f *fixture) string {
	f.Helper()
	disks, _ := filepath.Glob("/sys/block/*/device")
	for _, path := range disks {
		name := filepath.Base(filepath.Dir(path))
		if _, err := os.Stat("/dev/" + name); err == nil {
			return name
		}
	}
	f.Skip("this machine has no disk that can be limited")
	return ""
}

func inspectLimits(f *fixture) {
	limits := f.inspect(f.limited(runtime.Limits{Memory: pointer(512 * unit.MiB), CPUs: pointer(unit.CPUs(1.5)),
		CPUShares: pointer(int64(256)), CpusetCPUs: pointer("0"), PIDs: pointer(int64(40))})).Limits
	equal(f, "memory", *limits.Memory, 512*unit.MiB)
	equal(f, "cpus", *limits.CPUs, 1.5)
	equal(f, "shares", *limits.CPUShares, 256)
	equal(f, "cpuset", *limits.CpusetCPUs, "0")
	equal(f, "pids", *limits.PIDs, 40)
	equal(f, "swappiness is not set", limits.Swappiness == nil, true)
}

// updateMemory: up and down, without naming swap, and with the same process.
func updateMemory(f *fixture) {
	name := f.limited(runtime.Limits{Memory: pointer(64 * unit.MiB)})
	pid := f.inspect(name).PID
	for _, size := range []unit.Size{256 * unit.MiB, 32 * unit.MiB} {
		f.check(f.rt.Update(f.ctx, name, runtime.Limits{Memory: &size}))
		equal(f, "limit", f.kernel(name).Memory.Limit, size)
		equal(f, "limit by inspect", *f.inspect(name).Limits.Memory, size)
	}
	equal(f, "pid", f.inspect(name).PID, pid)
}

// updateCPUs leaves alone what it does not name, and can take the limit away.
func updateCPUs(f *fixture) {
	name := f.limited(runtime.Limits{CPUs: pointer(unit.CPUs(0.5)), Memory: pointer(64 * unit.MiB)})
	f.check(f.rt.Update(f.ctx, name, runtime.Limits{CPUs: pointer(unit.CPUs(1.5))}))
	equal(f, "limit", f.kernel(name).CPU.Limit, 1.5)
	equal(f, "memory limit", f.kernel(name).Memory.Limit, 64*unit.MiB)
	f.check(f.rt.Update(f.ctx, name, runtime.Limits{CPUs: pointer(unit.CPUs(0))}))
	equal(f, "limit at the end", f.kernel(name).CPU.Limit, unit.UnlimitedCPUs)
}

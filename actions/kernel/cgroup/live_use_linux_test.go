package cgroup

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"isolab/schema/unit"
)

func TestAProcessBeyondTheLimitIsKilledAndCounted(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{})
	if err := group.Set(Limits{Memory: 48 * unit.MiB, Swap: size(0)}); err != nil {
		t.Fatal(err)
	}
	if err := start(t, group, "alloc 16").Wait(); err != nil {
		t.Errorf("16 MiB below 48 MiB: %v", err)
	}
	err := start(t, group, "alloc 96").Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("96 MiB beyond 48 MiB: %v", err)
	}
	r, err := group.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Memory.OOMKills != 1 || r.Memory.Failures == 0 && r.Missing["memory.failures"] == "" {
		t.Errorf("oom kills %d, failures %d", r.Memory.OOMKills, r.Memory.Failures)
	}
	checkOrigins(t, &r)
	if r.Memory.Peak > 49*unit.MiB || r.Memory.Peak < 40*unit.MiB { // a dying process may overdraw a little
		t.Errorf("peak %v", r.Memory.Peak)
	}
}

func TestOOMKillsOfTheGroupsBelowAreCounted(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{})
	inner, err := host.Create(group.Name()+"/inner", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := group.Set(Limits{Memory: 32 * unit.MiB}); err != nil {
		t.Fatal(err)
	}
	if host.hasSwap() {
		t.Skip("the group would swap")
	}
	if err := start(t, inner, "alloc 64").Wait(); err == nil {
		t.Fatal("survived")
	}
	if r, err := group.Read(t.Context()); err != nil || r.Memory.OOMKills != 1 || r.Memory.Failures == 0 {
		t.Errorf("oom kills %d, %v", r.Memory.OOMKills, err)
	}
}

func TestUsageOfATouchingProcess(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{})
	cmd := start(t, group, "sleep 16")
	r, err := group.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Processes, []int{cmd.Process.Pid}) || !r.Populated || r.Frozen {
		t.Errorf("processes %v (child is %d), populated %v, frozen %v", r.Processes, cmd.Process.Pid, r.Populated, r.Frozen)
	}
	if r.Memory.Usage < 16*unit.MiB || r.Memory.Anon < 15*unit.MiB || r.Memory.RSS != r.Memory.Anon {
		t.Errorf("16 MiB touched, but %+v", r.Memory)
	}
	if r.CPU.Usage == 0 || r.Pids.Current < 1 || r.Pids.Limit != NoLimit || r.Memory.UsedRatio != 0 {
		t.Errorf("cpu %+v, pids %+v, memory %+v", r.CPU, r.Pids, r.Memory)
	}
	threads, err := group.Threads()
	if err != nil || int64(len(threads)) != r.Pids.Current || !slices.Contains(threads, cmd.Process.Pid) {
		t.Errorf("threads %v, pids.current %d, %v", threads, r.Pids.Current, err)
	}
}

func TestOfPIDFindsTheGroupThatWasCreated(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{})
	cmd := start(t, group, "sleep")
	found, err := host.OfPID(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if found.Name() != group.Name() {
		t.Errorf("name %q, want %q", found.Name(), group.Name())
	}
	for controller, path := range group.Paths() {
		if found.Path(controller) != path {
			t.Errorf("%s: %q, want %q", controller, found.Path(controller), path)
		}
	}
	if _, err := host.OfPID(1 << 30); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such process: %v", err)
	}
}

func TestAttachMovesARunningProcess(t *testing.T) {
	host := live(t)
	from, to := create(t, host, Options{}), (*Group)(nil)
	cmd := start(t, from, "sleep")
	to, err := host.Create(from.Name()+"-to", Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { discard(t, to) })
	if err := to.Attach(cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if populated, err := from.Populated(); err != nil || populated {
		t.Errorf("the first group is still populated: %v", err)
	}
	if procs, err := to.Procs(); err != nil || !slices.Equal(procs, []int{cmd.Process.Pid}) {
		t.Errorf("the second group has %v, %v", procs, err)
	}
	if err := to.Attach(1 << 30); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("no such process: %v", err)
	}
	if err := to.Attach(0); err == nil {
		t.Error("process 0 accepted")
	}
}

func TestForksBeyondTheLimitFailAndAreCounted(t *testing.T) {
	host := live(t)
	if err := host.Supports(FeaturePids); err != nil {
		t.Skip(err)
	}
	group := create(t, host, Options{})
	if err := group.Set(Limits{Pids: 12}); err != nil {
		t.Fatal(err)
	}
	// The runtime of a Go process needs a few threads itself and ends it, with
	// status 2, when it cannot have one; either way the forks were refused.
	err := start(t, group, "fork 30").Wait()
	r, readErr := group.Read(t.Context())
	if readErr != nil {
		t.Fatal(readErr)
	}
	if r.Pids.Failures == 0 || r.Pids.Current > 12 || r.Missing["pids.peak"] == "" && r.Pids.Peak > 12 {
		t.Errorf("%+v, workload: %v", r.Pids, err)
	}
}

func TestAQuotaThrottles(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{})
	if err := group.Set(Limits{CPUs: 0.1}); err != nil {
		t.Fatal(err)
	}
	_ = start(t, group, "burn 500").Wait()
	c, err := group.Counters()
	if err != nil {
		t.Fatal(err)
	}
	r, err := group.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c.ThrottledPeriods == 0 || c.ThrottledTime == 0 || c.CPUUsage == 0 || c.CPUUsage > 400*time.Millisecond {
		t.Errorf("%+v", c)
	}
	if r.CPU.Usage < c.CPUUsage || r.CPU.ThrottledPeriods < c.ThrottledPeriods {
		t.Errorf("reading %+v, counters before it %+v", r.CPU, c)
	}
}

func TestDiskTrafficIsCounted(t *testing.T) {
	host := live(t)
	dir, err := os.MkdirTemp(".", "disk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	absolute, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	disk, err := host.ResolveDevice(absolute)
	if err != nil {
		t.Skip(err)
	}
	group := create(t, host, Options{})
	if err := group.CountIO(disk.Number); err != nil {
		t.Fatal(err)
	}
	if err := group.Set(Limits{IO: []DeviceLimit{{Device: disk.Number, WriteBPS: 100 * unit.Rate(unit.MiB), WriteIOPS: 1000}}}); err != nil {
		t.Fatal(err)
	}
	if err := start(t, group, "write "+filepath.Join(absolute, "file")).Wait(); err != nil {
		t.Fatal(err)
	}
	r, err := group.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(r.IO.Devices, func(d DeviceIO) bool { return d.Device == disk.Number })
	if i < 0 {
		t.Fatalf("no %v in %+v", disk, r.IO)
	}
	d := r.IO.Devices[i]
	if d.Name != disk.Name || d.WriteBytes < unit.MiB || d.WriteOps == 0 || d.WriteBPSLimit != 100*unit.Rate(unit.MiB) || d.WriteIOPSLimit != 1000 {
		t.Errorf("%+v", d)
	}
	if c, err := group.Counters(); err != nil || c.WriteBytes != r.IO.WriteBytes || c.WriteOps != r.IO.WriteOps {
		t.Errorf("counters %+v, reading %+v, %v", c, r.IO, err)
	}
	if err := group.Set(Limits{IO: []DeviceLimit{{Device: disk.Number, WriteBPS: -1, WriteIOPS: -1}}}); err != nil {
		t.Fatal(err)
	}
	if r, err = group.Read(t.Context()); err != nil || r.IO.Devices[i].WriteBPSLimit != unit.UnlimitedRate || r.IO.Devices[i].WriteIOPSLimit != NoLimit {
		t.Errorf("limits taken away: %+v %v", r.IO.Devices, err)
	}
}

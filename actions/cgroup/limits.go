package cgroup

import (
	"isolab/actions"
	"isolab/actions/kernel/cgroup"
	"isolab/actions/target"
	"isolab/schema"
	"isolab/schema/unit"
)

// limits converts what an author wrote into the kernel package's terms. An I/O
// limit without a device is for the disk that holds the run's own directory.
func limits(env *actions.Env, host *cgroup.Host, l schema.Limits) (cgroup.Limits, error) {
	l = l.NoneAsZero()
	out := cgroup.Limits{
		CPUShares: value(l.CPUShares), CpusetCpus: value(l.Cpuset), Memory: value(l.Memory), Swap: l.Swap,
		MemoryReservation: value(l.Reservation), Swappiness: whole(l.Swappiness), Pids: count(l.PIDs),
	}
	if l.Memory != nil && l.Memory.IsUnlimited() {
		out.Swap = nil // swap beside unlimited memory bounds nothing
	}
	if l.CPUs != nil {
		out.CPUs = *l.CPUs
		if *l.CPUs == 0 {
			out.CPUQuota = -1
		}
	}
	if l.OOMKill != nil {
		disable := !*l.OOMKill
		out.OOMKillDisable = &disable
	}
	device, err := deviceLimit(env, host, l)
	if device != nil {
		out.IO = []cgroup.DeviceLimit{*device}
	}
	return out, err
}

// deviceLimit is nil when no I/O limit is set.
func deviceLimit(env *actions.Env, host *cgroup.Host, l schema.Limits) (*cgroup.DeviceLimit, error) {
	if l.ReadBPS == nil && l.WriteBPS == nil && l.ReadIOPS == nil && l.WriteIOPS == nil {
		return nil, nil
	}
	on := l.Device
	if on == "" {
		on = env.Run.Dir
	}
	disk, err := host.ResolveDevice(on)
	if err != nil {
		return nil, target.Unsupported(err)
	}
	return &cgroup.DeviceLimit{Device: disk.Number, ReadBPS: rate(l.ReadBPS), WriteBPS: rate(l.WriteBPS),
		ReadIOPS: rate(l.ReadIOPS), WriteIOPS: rate(l.WriteIOPS)}, nil
}

// rate turns an author's 0, no limit, into the kernel package's -1.
func rate[T unit.Rate | int64](p *T) T {
	if p != nil && *p == 0 {
		return -1
	}
	return value(p)
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func whole(p *int64) *int {
	if p == nil {
		return nil
	}
	v := int(*p)
	return &v
}

// count turns an author's 0, no limit, into the kernel package's number for it.
func count(p *int64) int64 {
	if p != nil && *p <= 0 {
		return cgroup.NoLimit
	}
	return value(p)
}

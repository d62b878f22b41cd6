package measure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"isolab/actions"
	"isolab/actions/kernel/cgroup"
	"isolab/actions/kernel/proc"
	"isolab/actions/target"
	"isolab/schema/unit"
)

// hostName is the target that stands for the whole machine.
const hostName = "host"

// cgroupPrefix marks a target that is a cgroup and not a container.
const cgroupPrefix = "cgroup:"

// probe reads one target. Its error wraps fs.ErrNotExist when the target is gone.
type probe struct {
	name    string
	read    func() (point, error)
	cpus    string            // the CPUs it may run on, such as "0-1"
	count   int64             // how many these are
	origins map[string]string // by field of Usage
	missing map[string]string
}

// fields are the groups of fields of Usage, with the field of a cgroup reading
// that each rests on.
var fields = map[string]string{"cpu": "cpu.usage", "memory": "memory.usage", "io": "io.read_bytes",
	"pids": "pids.current", "throttled": "cpu.throttled_periods", "share": "cpu.usage"}

// open finds all targets before the first one is read.
func open(ctx context.Context, env *actions.Env, names []string) ([]probe, error) {
	var probes []probe
	for _, name := range names {
		p, err := openOne(ctx, env, name)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(probes, func(other probe) bool { return other.name == p.name }) {
			return nil, fmt.Errorf("%s is named twice", p.name)
		}
		probes = append(probes, p)
	}
	return probes, nil
}

func openOne(ctx context.Context, env *actions.Env, name string) (probe, error) {
	if name == hostName {
		return openHost(env)
	}
	group, isGroup := strings.CutPrefix(name, cgroupPrefix)
	container := name
	if isGroup {
		container = ""
	} else {
		group = ""
	}
	found, err := target.Group(ctx, env, container, group)
	if err != nil {
		return probe{}, err
	}
	if !strings.HasPrefix(group, "/") {
		countIO(ctx, env, found)
	}
	return openGroup(ctx, strings.TrimPrefix(name, cgroupPrefix), found)
}

func openGroup(ctx context.Context, name string, group *cgroup.Group) (probe, error) {
	reading, err := group.Read(ctx)
	if err != nil {
		return probe{}, target.Unsupported(err)
	}
	p := probe{name: name, cpus: reading.CPU.CpusetEffective, count: reading.CPU.CpusetCount,
		origins: map[string]string{}, missing: map[string]string{}}
	for field, from := range fields {
		if path := reading.Origins()[from]; path != "" {
			p.origins[field] = path
		}
		if reason := reading.Missing[from]; reason != "" {
			p.missing[field] = reason
		}
	}
	counters := group.Sampler()
	p.read = func() (point, error) {
		c, err := counters()
		return point{cpu: c.CPUUsage, memory: c.Memory, read: c.ReadBytes, written: c.WriteBytes, reads: c.ReadOps,
			writes: c.WriteOps, pids: c.Pids, periods: c.Periods, throttled: c.ThrottledPeriods, throttling: c.ThrottledTime}, err
	}
	return p, nil
}

// countIO makes a v1 kernel count traffic with the disk of the containers' data.
// A device that is counted already is left alone: it may have a limit.
func countIO(ctx context.Context, env *actions.Env, group *cgroup.Group) {
	host, err := target.Host(env)
	if err != nil || host.Version() == cgroup.V2 || env.Runtime == nil {
		return
	}
	reading, err := group.Read(ctx)
	if err != nil {
		return
	}
	info, err := env.Runtime.Info(ctx)
	if err != nil || info.DataRoot == "" {
		return
	}
	disk, err := host.ResolveDevice(info.DataRoot)
	counted := slices.ContainsFunc(reading.IO.Devices, func(d cgroup.DeviceIO) bool { return d.Device == disk.Number })
	if err == nil && !counted {
		_ = group.CountIO(disk.Number) // without it traffic is zero, as it was
	}
}

func openHost(env *actions.Env) (probe, error) {
	fs, err := target.Proc(env)
	if err != nil {
		return probe{}, err
	}
	cpu, err := fs.CPU()
	if err != nil {
		return probe{}, target.Unsupported(err)
	}
	memory, err := fs.Memory()
	if err != nil {
		return probe{}, target.Unsupported(err)
	}
	const reason = "it is counted for containers and cgroups only"
	return probe{name: hostName, cpus: cpu.Online, count: cpu.OnlineCount,
		origins: map[string]string{"cpu": cpu.Origins()["total"], "memory": memory.Origins()["used"]},
		missing: map[string]string{"io": reason, "pids": reason, "throttled": reason, "share": reason},
		read:    func() (point, error) { return readHost(fs) }}, nil
}

func readHost(fs *proc.FS) (point, error) {
	cpu, err := fs.CPU()
	if err != nil {
		return point{}, err
	}
	memory, err := fs.Memory()
	t := cpu.Total
	return point{cpu: t.User + t.Nice + t.System + t.IRQ + t.SoftIRQ, memory: unit.Size(memory.Used)}, err
}

package cgroup

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/containerd/cgroups/v3/cgroup1"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"isolab/schema/unit"
)

// applyV1 writes what one v1 hierarchy carries.
func (g *Group) applyV1(m member, l Limits) error {
	manager, err := loadV1(m)
	if err != nil || manager == nil {
		return err
	}
	if err := manager.Update(g.resourcesV1(m, l)); err != nil {
		return err
	}
	if g.serves(m, "pids") && l.Pids == NoLimit {
		return g.WriteFile("pids.max", "max")
	}
	if g.serves(m, "memory") {
		return applyMemoryV1(manager, m, l)
	}
	return nil
}

// createV1 makes the group in one hierarchy with the library's manager.
func createV1(m member) error {
	_, err := managerV1(m, func(path cgroup1.Path, of cgroup1.InitOpts) (cgroup1.Cgroup, error) {
		return cgroup1.New(path, &specs.LinuxResources{}, of)
	})
	return err
}

// loadV1 is the library's manager for a group that exists, nil when its hierarchy
// carries nothing that the library knows.
func loadV1(m member) (cgroup1.Cgroup, error) {
	return managerV1(m, func(path cgroup1.Path, of cgroup1.InitOpts) (cgroup1.Cgroup, error) {
		return cgroup1.Load(path, of)
	})
}

// managerV1 speaks of one hierarchy. The library's controllers live in
// <parent>/<controller>, so where the mount point has another name
// ("cpu,cpuacct") the path climbs back to it.
func managerV1(m member, open func(cgroup1.Path, cgroup1.InitOpts) (cgroup1.Cgroup, error)) (cgroup1.Cgroup, error) {
	parent, base := filepath.Split(m.tree.mount)
	var subsystems []cgroup1.Subsystem
	for _, controller := range m.tree.controllers {
		if s := subsystemV1(controller, filepath.Clean(parent)); s != nil {
			subsystems = append(subsystems, s)
		}
	}
	if len(subsystems) == 0 {
		return nil, nil
	}
	path := func(name cgroup1.Name) (string, error) {
		if string(name) == base {
			return "/" + m.rel, nil
		}
		return filepath.Join("..", base, m.rel), nil
	}
	return open(path, cgroup1.WithHierarchy(func() ([]cgroup1.Subsystem, error) { return subsystems, nil }))
}

func subsystemV1(controller, parent string) cgroup1.Subsystem {
	switch controller {
	case "memory":
		return cgroup1.NewMemory(parent, cgroup1.OptionalSwap())
	case "cpu":
		return cgroup1.NewCpu(parent)
	case "cpuacct":
		return cgroup1.NewCpuacct(parent)
	case "cpuset":
		return cgroup1.NewCpuset(parent)
	case "pids":
		return cgroup1.NewPids(parent)
	case "io":
		return cgroup1.NewBlkio(parent)
	case "freezer":
		return cgroup1.NewFreezer(parent)
	case "devices":
		return cgroup1.NewDevices(parent)
	}
	return nil
}

// resourcesV1 is all but the memory limits, whose order matters.
func (g *Group) resourcesV1(m member, l Limits) *specs.LinuxResources {
	res := &specs.LinuxResources{CPU: &specs.LinuxCPU{}}
	if g.serves(m, "cpu") {
		quota, period := l.quota()
		res.CPU.Quota, res.CPU.Period = quotaV1(quota), unsigned(period.Microseconds())
		res.CPU.Shares = unsigned(max(l.CPUShares, kernelShares(l.CPUWeight)))
	}
	if g.serves(m, "cpuset") {
		res.CPU.Cpus, res.CPU.Mems = l.CpusetCpus, l.CpusetMems
	}
	if g.serves(m, "pids") && l.Pids != 0 && l.Pids != NoLimit {
		res.Pids = &specs.LinuxPids{Limit: &l.Pids}
	}
	if g.serves(m, "io") && len(l.IO) > 0 {
		res.BlockIO = &specs.LinuxBlockIO{
			ThrottleReadBpsDevice:   devicesV1(l.IO, func(d DeviceLimit) int64 { return int64(d.ReadBPS) }),
			ThrottleWriteBpsDevice:  devicesV1(l.IO, func(d DeviceLimit) int64 { return int64(d.WriteBPS) }),
			ThrottleReadIOPSDevice:  devicesV1(l.IO, func(d DeviceLimit) int64 { return d.ReadIOPS }),
			ThrottleWriteIOPSDevice: devicesV1(l.IO, func(d DeviceLimit) int64 { return d.WriteIOPS }),
		}
	}
	return res
}

func quotaV1(quota time.Duration) *int64 {
	us := quota.Microseconds()
	if quota == 0 {
		return nil
	}
	if quota < 0 {
		us = -1 // v1's word for no quota
	}
	return &us
}

func unsigned(v int64) *uint64 {
	if v == 0 {
		return nil
	}
	u := uint64(v)
	return &u
}

// applyMemoryV1 writes memory.limit_in_bytes and memory.memsw.limit_in_bytes.
// The kernel demands limit ≤ memsw at every moment, and rejects a write that
// breaks it (EINVAL). So the limit goes first, unless it is raised above the
// memsw value of now: then memsw goes first. (The library's own reordering takes
// the soft limit for memsw, so each value is a call of its own.)
func applyMemoryV1(manager cgroup1.Cgroup, m member, l Limits) error {
	limit, memsw, before, err := memoryV1(m, l)
	if err != nil {
		return err
	}
	writes := []*specs.LinuxMemory{{Limit: limit}, {Swap: memsw}}
	if limit != nil && memsw != nil && above(*limit, before) {
		writes[0], writes[1] = writes[1], writes[0]
	}
	rest := &specs.LinuxMemory{Reservation: unlimitedV1(l.MemoryReservation), DisableOOMKiller: l.OOMKillDisable}
	if l.Swappiness != nil {
		rest.Swappiness = unsignedOrZero(*l.Swappiness)
	}
	for _, memory := range append(writes, rest) {
		if err := manager.Update(&specs.LinuxResources{Memory: memory}); err != nil {
			return fmt.Errorf("memory: %w", err)
		}
	}
	return nil
}

// memoryV1 works out both values, nil for one to be left alone, and memsw as it
// is now. A swap limit that is not given stays what it is in v2's meaning, swap
// alone: memsw then moves along with the memory limit.
func memoryV1(m member, l Limits) (limit, memsw *int64, before unit.Size, err error) {
	limit = unlimitedV1(l.Memory)
	now, err := readSize(filepath.Join(m.dir, "memory.limit_in_bytes"))
	if err != nil {
		return nil, nil, 0, err
	}
	before, err = readSize(filepath.Join(m.dir, "memory.memsw.limit_in_bytes"))
	if err != nil || limit == nil && l.Swap == nil {
		return limit, nil, before, nil // no swap accounting; needed swap was refused earlier
	}
	after, swap := now, swapOnly(now, before)
	if l.Memory != 0 {
		after = l.Memory
	}
	if l.Swap != nil {
		swap = *l.Swap
	}
	sum := unit.Unlimited
	if !after.IsUnlimited() && !swap.IsUnlimited() && swap < unit.Unlimited-after {
		sum = after + swap
	}
	return limit, unlimitedV1(sum), before, nil
}

// above compares a value to be written, where -1 is no limit.
func above(write int64, now unit.Size) bool {
	return !now.IsUnlimited() && (write < 0 || write > int64(now))
}

// unlimitedV1 writes "no limit" the v1 way, as -1.
func unlimitedV1(size unit.Size) *int64 {
	if size == 0 {
		return nil
	}
	v := int64(size)
	if size.IsUnlimited() {
		v = -1
	}
	return &v
}

func unsignedOrZero(v int) *uint64 { u := uint64(v); return &u }

package docker

import (
	"math"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/blkiodev"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/system"

	"isolab/actions/runtime"
	"isolab/schema/unit"
)

// cpuPeriod is the kernel's default bandwidth period in microseconds
// (cpu.cfs_period_us, cpu.max). A quota of 0.5 CPU is 50000 of it, which is what
// `docker run --cpus 0.5` sets too; set as a quota it can be lifted again.
const cpuPeriod = 100_000

// unlimited is how the Engine API writes "no limit" where 0 means "unchanged".
const unlimited = -1

// resources are the limits of a new container.
func resources(l runtime.Limits, info system.Info) (container.Resources, error) {
	swap, err := memorySwap(l)
	if err != nil {
		return container.Resources{}, err
	}
	res := container.Resources{
		Memory: atCreate(l.Memory), MemorySwap: swap, MemoryReservation: atCreate(l.MemoryReservation),
		MemorySwappiness: l.Swappiness, OomKillDisable: l.OOMKillDisable,
		CPUShares: value(l.CPUShares), CpusetCpus: value(l.CpusetCPUs), CpusetMems: value(l.CpusetMems),
		PidsLimit: pids(l.PIDs),
	}
	setCPUs(&res, l.CPUs, info)
	setDevices(&res, l.IO)
	return res, nil
}

// atCreate writes a size for a new container, where no limit is 0.
func atCreate(size *unit.Size) int64 {
	if size == nil || size.IsUnlimited() {
		return 0
	}
	return int64(*size)
}

// memorySwap turns swap alone into the API's memory plus swap. Docker's default,
// when nothing is said, is as much swap as memory.
func memorySwap(l runtime.Limits) (int64, error) {
	switch {
	case l.Swap == nil:
		return 0, nil
	case l.Swap.IsUnlimited():
		return unlimited, nil
	case l.Memory == nil || l.Memory.IsUnlimited():
		return 0, unsupported("docker limits swap only together with memory; set a memory limit too")
	}
	return int64(*l.Memory + *l.Swap), nil
}

func setCPUs(res *container.Resources, cpus *unit.CPUs, info system.Info) {
	if cpus == nil {
		return
	}
	if info.OSType == windows {
		res.NanoCPUs = int64(math.Round(float64(*cpus) * 1e9))
		return
	}
	if *cpus > 0 {
		res.CPUPeriod, res.CPUQuota = cpuPeriod, int64(math.Round(float64(*cpus)*cpuPeriod))
	}
}

// pids keeps nil, which is Docker's default, apart from no limit.
func pids(limit *int64) *int64 {
	if limit == nil || *limit > 0 {
		return limit
	}
	none := int64(unlimited)
	return &none
}

func setDevices(res *container.Resources, limits []runtime.DeviceLimit) {
	add := func(list *[]*blkiodev.ThrottleDevice, path string, rate int64) {
		if rate > 0 {
			*list = append(*list, &blkiodev.ThrottleDevice{Path: path, Rate: uint64(rate)})
		}
	}
	for _, d := range limits {
		add(&res.BlkioDeviceReadBps, d.Device, int64(d.ReadBPS))
		add(&res.BlkioDeviceWriteBps, d.Device, int64(d.WriteBPS))
		add(&res.BlkioDeviceReadIOps, d.Device, d.ReadIOPS)
		add(&res.BlkioDeviceWriteIOps, d.Device, d.WriteIOPS)
	}
}

// value is what a pointer points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// enforceable fails for a limit of which the daemon says that this kernel does
// not know it. It would accept the limit and leave it out, with a warning.
func enforceable(l runtime.Limits, info system.Info) error {
	if info.OSType == windows {
		return onWindows(l)
	}
	v2 := info.CgroupVersion == "2"
	for _, limit := range []struct {
		set, kept  bool
		name, help string
	}{
		{l.Memory != nil && !l.Memory.IsUnlimited(), info.MemoryLimit, "memory", "boot with cgroup_enable=memory"},
		{l.CPUs != nil && *l.CPUs > 0, info.CPUCfsQuota, "cpus", "the kernel needs CONFIG_CFS_BANDWIDTH and the cpu controller"},
		{l.CPUShares != nil, info.CPUShares, "cpu_shares", "the kernel needs the cpu controller"},
		{l.CpusetCPUs != nil || l.CpusetMems != nil, info.CPUSet, "cpuset", "the kernel needs the cpuset controller"},
		{l.PIDs != nil && *l.PIDs > 0, info.PidsLimit, "pids", "the kernel needs the pids controller"},
		{value(l.OOMKillDisable), info.OomKillDisable && !v2, "oom_kill_disable", "it needs cgroup v1"},
		{l.Swappiness != nil, !v2, "swappiness", "it needs cgroup v1"},
	} {
		if limit.set && !limit.kept {
			return unsupported("limit %s: this kernel or daemon does not keep it; %s", limit.name, limit.help)
		}
	}
	return nil
}

// onWindows knows CPUs, CPU shares and memory.
func onWindows(l runtime.Limits) error {
	for name, set := range map[string]bool{
		"swap": l.Swap != nil, "memory_reservation": l.MemoryReservation != nil, "swappiness": l.Swappiness != nil,
		"oom_kill_disable": l.OOMKillDisable != nil, "pids": l.PIDs != nil, "io": len(l.IO) > 0,
		"cpuset": l.CpusetCPUs != nil || l.CpusetMems != nil,
	} {
		if set {
			return unsupported("limit %s: Windows containers do not have it", name)
		}
	}
	return nil
}

// dropped returns an error when the daemon's warnings say that it left out a
// limit that was asked for. The wording is the daemon's own ("… Limitation
// discarded."); a memory limit without swap accounting is kept, so that is a
// warning as long as no swap limit was set. No swap at all is kept by nature on
// a machine that has none.
func dropped(warnings []string, l runtime.Limits, noSwap bool) error {
	i := slices.IndexFunc(warnings, func(w string) bool {
		w = strings.ToLower(w)
		if strings.Contains(w, "swap limit") || strings.Contains(w, "without swap") {
			return l.Swap != nil && !(*l.Swap == 0 && noSwap)
		}
		return strings.Contains(w, "discarded")
	})
	if i < 0 {
		return nil
	}
	return unsupported("the daemon leaves out a limit: %s", strings.TrimSpace(warnings[i]))
}

package docker

import (
	"slices"

	"github.com/docker/docker/api/types/container"

	"isolab/actions/runtime"
	"isolab/schema/unit"
)

// recorded are the limits as the daemon keeps them. A field that it leaves to a
// default is nil, as is swappiness where the daemon says -1.
func recorded(res container.Resources) runtime.Limits {
	l := runtime.Limits{
		CPUs: recordedCPUs(res), Memory: recordedSize(res.Memory), MemoryReservation: recordedSize(res.MemoryReservation),
		Swap: recordedSwap(res), OOMKillDisable: res.OomKillDisable,
		CPUShares: some(res.CPUShares), CpusetCPUs: some(res.CpusetCpus), CpusetMems: some(res.CpusetMems),
		IO: recordedDevices(res),
	}
	if res.MemorySwappiness != nil && *res.MemorySwappiness >= 0 {
		l.Swappiness = res.MemorySwappiness
	}
	if res.PidsLimit != nil && *res.PidsLimit != 0 {
		l.PIDs = res.PidsLimit
	}
	return l
}

func some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func recordedSize(v int64) *unit.Size {
	size := unit.Size(v)
	switch {
	case v == 0:
		return nil
	case v < 0:
		size = unit.Unlimited
	}
	return &size
}

func recordedSwap(res container.Resources) *unit.Size {
	swap := unit.Size(res.MemorySwap - res.Memory)
	switch {
	case res.MemorySwap == 0:
		return nil
	case res.MemorySwap < 0:
		swap = unit.Unlimited
	}
	return &swap
}

func recordedCPUs(res container.Resources) *unit.CPUs {
	cpus := unit.CPUs(float64(res.NanoCPUs) / 1e9)
	if res.CPUQuota > 0 {
		period := res.CPUPeriod
		if period == 0 {
			period = cpuPeriod
		}
		cpus = unit.CPUs(float64(res.CPUQuota) / float64(period))
	}
	return some(cpus)
}

func recordedDevices(res container.Resources) []runtime.DeviceLimit {
	var limits []runtime.DeviceLimit
	at := func(path string) *runtime.DeviceLimit {
		i := slices.IndexFunc(limits, func(d runtime.DeviceLimit) bool { return d.Device == path })
		if i < 0 {
			limits = append(limits, runtime.DeviceLimit{Device: path})
			i = len(limits) - 1
		}
		return &limits[i]
	}
	for _, d := range res.BlkioDeviceReadBps {
		at(d.Path).ReadBPS = unit.Rate(d.Rate)
	}
	for _, d := range res.BlkioDeviceWriteBps {
		at(d.Path).WriteBPS = unit.Rate(d.Rate)
	}
	for _, d := range res.BlkioDeviceReadIOps {
		at(d.Path).ReadIOPS = int64(d.Rate)
	}
	for _, d := range res.BlkioDeviceWriteIOps {
		at(d.Path).WriteIOPS = int64(d.Rate)
	}
	return limits
}

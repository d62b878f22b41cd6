package cgroup

import (
	"errors"
	"fmt"
	"math"
	"time"

	"isolab/schema/unit"
)

// NoLimit is the count that stands for "no limit": pids.max shows it as "max".
const NoLimit int64 = math.MaxInt64

// Limits is what a group may use, in the terms of cgroup v2. A zero or nil field
// leaves that setting as it is.
//
// To take a limit away: unit.Unlimited for sizes, [NoLimit] for Pids, a negative
// CPUQuota, and a negative number in a [DeviceLimit].
type Limits struct {
	// CPUs is the CPU time per time: 0.5 is half of one CPU. It is written as a
	// quota of CPUs × CPUPeriod (cpu.max; v1 cpu.cfs_quota_us) and excludes
	// CPUQuota. The kernel wants at least 1 ms of quota.
	CPUs unit.CPUs
	// CPUQuota is the CPU time allowed in each CPUPeriod; microseconds count.
	// Negative: no quota.
	CPUQuota time.Duration
	// CPUPeriod is the length of the accounting period, 1 ms to 1 s; 100 ms when
	// only CPUs is given.
	CPUPeriod time.Duration
	// CPUShares is a relative share as Docker's --cpu-shares, 2 to 262144, 1024
	// by default. On v2 it is written as [SharesToWeight]. Excludes CPUWeight.
	CPUShares int64
	// CPUWeight is a relative share as cpu.weight, 1 to 10000, 100 by default. On
	// v1 it is written as the cpu.shares of the same effect (weight × 10.24).
	CPUWeight int64
	// CpusetCpus lists the CPUs the group may run on, such as "0-2,4".
	CpusetCpus string
	// CpusetMems lists the memory nodes the group may allocate on, such as "0".
	CpusetMems string

	// Memory is the hard limit (memory.max; v1 memory.limit_in_bytes). Beyond it
	// the kernel reclaims, then kills. The kernel rounds down to pages.
	Memory unit.Size
	// Swap bounds swap alone (memory.swap.max). On v1, where the kernel bounds
	// memory and swap together, it is written as memory.memsw.limit_in_bytes =
	// memory limit + Swap, and is kept up when the memory limit changes later.
	// Swap 0 on a machine without any swap is fulfilled even where the kernel
	// does not account for swap.
	Swap *unit.Size
	// MemoryReservation is what the kernel tries to leave to the group under
	// pressure (memory.low; v1 memory.soft_limit_in_bytes).
	MemoryReservation unit.Size
	// MemoryHigh throttles and reclaims beyond this size without killing; v2 only.
	MemoryHigh unit.Size
	// Swappiness, 0 to 100, is how readily the group's memory is swapped; v1 only.
	Swappiness *int
	// OOMKillDisable lets processes wait instead of being killed; v1 only.
	OOMKillDisable *bool
	// OOMGroup kills all of the group's processes when one is to be killed
	// (memory.oom.group); v2 only.
	OOMGroup *bool

	// Pids bounds processes and threads together (pids.max).
	Pids int64
	// IO bounds block devices; see [Host.ResolveDevice] for the device to name.
	IO []DeviceLimit
}

// DeviceLimit bounds what a group reads from and writes to one whole disk
// (io.max; v1 blkio.throttle.*_device). Zero leaves a setting, negative removes
// it. On v1 only direct I/O is held back when writing: the page cache is written
// out by the kernel's own threads, outside the group.
type DeviceLimit struct {
	Device    string    // "major:minor" of a whole disk, not of a partition
	ReadBPS   unit.Rate // bytes per second
	WriteBPS  unit.Rate
	ReadIOPS  int64 // operations per second
	WriteIOPS int64
}

// defaultPeriod is the kernel's own cpu.max period.
const defaultPeriod = 100 * time.Millisecond

// quota resolves CPUs, CPUQuota and CPUPeriod into what is to be written; zero
// values are to be left alone.
func (l Limits) quota() (quota, period time.Duration) {
	if l.CPUs == 0 {
		return l.CPUQuota, l.CPUPeriod
	}
	period = l.CPUPeriod
	if period == 0 {
		period = defaultPeriod
	}
	return time.Duration(math.Round(float64(l.CPUs) * float64(period))), period
}

// check finds contradictions and values that no kernel takes.
func (l Limits) check() error {
	quota, period := l.quota()
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(l.CPUs != 0 && l.CPUQuota != 0, "cpus %v and cpu quota %v: give one of them", float64(l.CPUs), l.CPUQuota)
	refuse(l.CPUs < 0, "cpus %v: must not be negative", float64(l.CPUs))
	refuse(quota > 0 && quota < time.Millisecond, "cpu quota %v: the kernel wants at least 1ms per period", quota)
	refuse(period != 0 && (period < time.Millisecond || period > time.Second), "cpu period %v: must be 1ms to 1s", period)
	refuse(l.CPUShares != 0 && l.CPUWeight != 0, "cpu shares %d and cpu weight %d: give one of them", l.CPUShares, l.CPUWeight)
	refuse(l.CPUShares != 0 && (l.CPUShares < minShares || l.CPUShares > maxShares), "cpu shares %d: must be %d to %d", l.CPUShares, minShares, maxShares)
	refuse(l.CPUWeight != 0 && (l.CPUWeight < minWeight || l.CPUWeight > maxWeight), "cpu weight %d: must be %d to %d", l.CPUWeight, minWeight, maxWeight)
	refuse(l.Memory < 0 || l.MemoryReservation < 0 || l.MemoryHigh < 0, "memory limits must not be negative")
	refuse(l.Swap != nil && *l.Swap < 0, "swap limit must not be negative")
	refuse(l.Swappiness != nil && (*l.Swappiness < 0 || *l.Swappiness > 100), "swappiness must be 0 to 100")
	refuse(l.Pids < 0, "pids %d: must not be negative", l.Pids)
	for _, d := range l.IO {
		_, _, err := d.number()
		refuse(err != nil, "io limit: %w", err)
	}
	return errors.Join(errs...)
}

// number reads "8:0".
func (d DeviceLimit) number() (major, minor int64, err error) {
	if n, err := fmt.Sscanf(d.Device, "%d:%d", &major, &minor); err != nil || n != 2 || fmt.Sprintf("%d:%d", major, minor) != d.Device {
		return 0, 0, fmt.Errorf("device %q: want major:minor, such as 8:0", d.Device)
	}
	return major, minor, nil
}

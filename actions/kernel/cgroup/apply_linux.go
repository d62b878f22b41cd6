package cgroup

import (
	"errors"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/cgroups/v3/cgroup2"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"isolab/schema/unit"
)

// apply hands the limits to the manager of each hierarchy.
func (g *Group) apply(l Limits) error {
	var errs []error
	for _, m := range g.own() {
		if !isDir(m.dir) {
			continue
		}
		if m.tree.version == V2 {
			errs = append(errs, g.applyV2(m, l))
			continue
		}
		errs = append(errs, g.applyV1(m, l))
	}
	return errors.Join(errs...)
}

// serves reports whether a member carries a controller.
func (g *Group) serves(m member, controller string) bool {
	return g.host.byController[controller] == m.tree
}

// applyV2 writes what the v2 tree carries; on a hybrid machine that is mostly
// nothing. Unlimited is the largest number, which the kernel shows as "max".
func (g *Group) applyV2(m member, l Limits) error {
	var res cgroup2.Resources
	if g.serves(m, "memory") {
		res.Memory = &cgroup2.Memory{Swap: swapV2(m, l.Swap), Max: bytes(l.Memory), Low: bytes(l.MemoryReservation),
			High: bytes(l.MemoryHigh), OOMGroup: l.OOMGroup}
	}
	if g.serves(m, "cpu") {
		res.CPU = &cgroup2.CPU{Weight: weightV2(l), Max: quotaV2(m, l)}
	}
	if g.serves(m, "cpuset") && l.CpusetCpus+l.CpusetMems != "" {
		if res.CPU == nil {
			res.CPU = &cgroup2.CPU{}
		}
		res.CPU.Cpus, res.CPU.Mems = l.CpusetCpus, l.CpusetMems
	}
	if g.serves(m, "pids") && l.Pids != 0 {
		res.Pids = &cgroup2.Pids{Max: l.Pids}
		if l.Pids == NoLimit {
			res.Pids.Max = -1
		}
	}
	if g.serves(m, "io") {
		res.IO = &cgroup2.IO{Max: devicesV2(l.IO)}
	}
	manager, err := cgroup2.Load("/"+m.rel, cgroup2.WithMountpoint(m.tree.mount))
	if err != nil {
		return err
	}
	return manager.Update(&res)
}

func bytes(size unit.Size) *int64 {
	if size == 0 {
		return nil
	}
	v := int64(size)
	return &v
}

// swapV2 leaves memory.swap.max alone where it is not there, which is only let
// through for "no swap" on a machine without any.
func swapV2(m member, swap *unit.Size) *int64 {
	if swap == nil || !isFile(filepath.Join(m.dir, "memory.swap.max")) {
		return nil
	}
	v := int64(*swap)
	return &v
}

func weightV2(l Limits) *uint64 {
	weight := uint64(max(l.CPUWeight, SharesToWeight(l.CPUShares)))
	if weight == 0 {
		return nil
	}
	return &weight
}

// quotaV2 writes both words of cpu.max; the one not given keeps its value.
func quotaV2(m member, l Limits) cgroup2.CPUMax {
	quota, period := l.quota()
	if quota == 0 && period == 0 {
		return ""
	}
	words := strings.Fields(readText(filepath.Join(m.dir, "cpu.max")) + " max 100000")
	if quota > 0 {
		words[0] = micros(quota)
	} else if quota < 0 {
		words[0] = "max"
	}
	if period > 0 {
		words[1] = micros(period)
	}
	return cgroup2.CPUMax(words[0] + " " + words[1])
}

func micros(d time.Duration) string { return strconv.FormatInt(d.Microseconds(), 10) }

func devicesV2(limits []DeviceLimit) (entries []cgroup2.Entry) {
	for _, d := range limits {
		major, minor, _ := d.number()
		add := func(kind cgroup2.IOType, rate int64) {
			if rate == 0 {
				return
			}
			entry := cgroup2.Entry{Type: kind, Major: major, Minor: minor, Rate: uint64(rate)}
			if rate < 0 {
				entry.Rate = math.MaxUint64 // the kernel shows it as "max"
			}
			entries = append(entries, entry)
		}
		add(cgroup2.ReadBPS, int64(d.ReadBPS))
		add(cgroup2.WriteBPS, int64(d.WriteBPS))
		add(cgroup2.ReadIOPS, d.ReadIOPS)
		add(cgroup2.WriteIOPS, d.WriteIOPS)
	}
	return entries
}

func devicesV1(limits []DeviceLimit, rate func(DeviceLimit) int64) (devices []specs.LinuxThrottleDevice) {
	for _, d := range limits {
		r := rate(d)
		if r == 0 {
			continue
		}
		major, minor, _ := d.number()
		var device specs.LinuxThrottleDevice
		device.Major, device.Minor = major, minor
		device.Rate = uint64(max(r, 0)) // on v1 writing 0 removes the limit
		devices = append(devices, device)
	}
	return devices
}

package embedded

import (
	"fmt"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
	"isolab/schema/unit"
)

// leastMemory is the smallest memory limit that Docker takes, too: below it a
// container could not even be set up.
const leastMemory = 6 * unit.MiB

// kernelLimits translates what the caller wants into what a cgroup takes. For a
// new container "no limit" is what the kernel begins with; a live one has it
// written (update).
func (r *Runtime) kernelLimits(l runtime.Limits, update bool) (cgroup.Limits, error) {
	out := cgroup.Limits{OOMKillDisable: l.OOMKillDisable}
	if l.CPUs != nil {
		out.CPUs = *l.CPUs
		if *l.CPUs == 0 && update {
			out.CPUQuota = -1
		}
	}
	if l.CPUShares != nil {
		out.CPUShares = *l.CPUShares
	}
	if l.CpusetCPUs != nil {
		out.CpusetCpus = *l.CpusetCPUs
	}
	if l.CpusetMems != nil {
		out.CpusetMems = *l.CpusetMems
	}
	if l.Swappiness != nil {
		value := int(*l.Swappiness)
		out.Swappiness = &value
	}
	if l.PIDs != nil {
		out.Pids = max(*l.PIDs, 0)
		if *l.PIDs <= 0 && update {
			out.Pids = cgroup.NoLimit
		}
	}
	if err := r.memoryLimits(l, update, &out); err != nil {
		return out, err
	}
	return out, r.deviceLimits(l.IO, &out)
}

// memoryLimits adds Docker's default for swap: as much again as the memory, on
// machines that account for swap at all.
func (r *Runtime) memoryLimits(l runtime.Limits, update bool, out *cgroup.Limits) error {
	if l.Memory != nil {
		if *l.Memory < leastMemory {
			return fmt.Errorf("memory limit %v: the least is %v", *l.Memory, leastMemory)
		}
		if update || !l.Memory.IsUnlimited() {
			out.Memory = *l.Memory
		}
	}
	if l.MemoryReservation != nil {
		out.MemoryReservation = *l.MemoryReservation
	}
	out.Swap = l.Swap
	bounded := l.Memory != nil && !l.Memory.IsUnlimited()
	if l.Swap == nil && bounded && !update && r.cgroups.Supports(cgroup.FeatureSwap) == nil {
		out.Swap = l.Memory
	}
	return nil
}

func (r *Runtime) deviceLimits(limits []runtime.DeviceLimit, out *cgroup.Limits) error {
	for _, d := range limits {
		disk, err := r.cgroups.ResolveDevice(d.Device)
		if err != nil {
			return fmt.Errorf("io limit: %w", unsupported(err))
		}
		out.IO = append(out.IO, cgroup.DeviceLimit{Device: disk.Number, ReadBPS: d.ReadBPS, WriteBPS: d.WriteBPS,
			ReadIOPS: d.ReadIOPS, WriteIOPS: d.WriteIOPS})
	}
	return nil
}

// merge overwrites the fields of old that are set in changed.
func merge(old, changed runtime.Limits) runtime.Limits {
	set(&old.CPUs, changed.CPUs)
	set(&old.CPUShares, changed.CPUShares)
	set(&old.CpusetCPUs, changed.CpusetCPUs)
	set(&old.CpusetMems, changed.CpusetMems)
	set(&old.Memory, changed.Memory)
	set(&old.Swap, changed.Swap)
	set(&old.MemoryReservation, changed.MemoryReservation)
	set(&old.Swappiness, changed.Swappiness)
	set(&old.OOMKillDisable, changed.OOMKillDisable)
	set(&old.PIDs, changed.PIDs)
	if len(changed.IO) > 0 {
		old.IO = changed.IO
	}
	return old
}

func set[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

package docker

import (
	"context"
	"fmt"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/system"

	"isolab/actions/runtime"
	"isolab/schema/unit"
)

// Update changes limits of a live container. The pid and everything else stays.
//
// By hand: docker update --memory 64m --memory-swap 128m <name>
func (r *Runtime) Update(ctx context.Context, name string, limits runtime.Limits) error {
	return r.call(ctx, quick, "update container "+name, func(ctx context.Context) error {
		info, err := r.known(ctx)
		if err != nil {
			return err
		}
		if err := enforceable(limits, info); err != nil {
			return err
		}
		now, err := r.inspect(ctx, name)
		if err != nil {
			return err
		}
		if !now.State.Running {
			return fmt.Errorf("container is %s: %w", now.State.Status, runtime.ErrNotRunning)
		}
		update, err := changes(limits, now.HostConfig.Resources, info)
		if err != nil {
			return err
		}
		response, err := r.client.ContainerUpdate(ctx, name, container.UpdateConfig{Resources: update})
		if err != nil {
			return err
		}
		return dropped(response.Warnings, limits, r.swapless(info))
	})
}

// changes turns limits into an update of a container whose resources are now as
// given. Memory and swap are one pair in the API: where only one of them is
// changed, the other half comes from what is there.
func changes(l runtime.Limits, now container.Resources, info system.Info) (container.Resources, error) {
	if l.Swappiness != nil || l.OOMKillDisable != nil || len(l.IO) > 0 {
		return container.Resources{}, unsupported("docker update cannot change swappiness, oom_kill_disable or io limits; create the container with them")
	}
	res := container.Resources{
		Memory: atUpdate(l.Memory), MemoryReservation: atUpdate(l.MemoryReservation),
		CPUShares: value(l.CPUShares), CpusetCpus: value(l.CpusetCPUs), CpusetMems: value(l.CpusetMems),
		PidsLimit: pids(l.PIDs),
	}
	setCPUs(&res, l.CPUs, info)
	if l.CPUs != nil && *l.CPUs == 0 && info.OSType != windows {
		res.CPUPeriod, res.CPUQuota = cpuPeriod, unlimited
	}
	swap, err := updatedSwap(l, now)
	res.MemorySwap = swap
	return res, err
}

// atUpdate writes a size for a live container, where 0 leaves it as it is.
func atUpdate(size *unit.Size) int64 {
	if size != nil && size.IsUnlimited() {
		return unlimited
	}
	return atCreate(size)
}

func updatedSwap(l runtime.Limits, now container.Resources) (int64, error) {
	if l.Memory == nil && l.Swap == nil {
		return 0, nil
	}
	after := runtime.Limits{Memory: l.Memory, Swap: l.Swap}
	if after.Memory == nil {
		after.Memory = recordedSize(now.Memory)
	}
	if after.Swap == nil {
		after.Swap = recordedSwap(now)
	}
	if after.Swap == nil { // there was no limit, and it stays that way
		return unlimited, nil
	}
	if after.Memory == nil || after.Memory.IsUnlimited() {
		if l.Swap != nil && !l.Swap.IsUnlimited() {
			return 0, fmt.Errorf("swap limit %s: needs a memory limit", l.Swap)
		}
		return unlimited, nil
	}
	return memorySwap(after)
}

package container

import (
	"context"
	"fmt"
	"math"
	"strings"

	"isolab/actions"
	"isolab/actions/runtime"
	"isolab/actions/target"
	"isolab/schema"
	"isolab/schema/unit"
)

// The caps that protect the machine where an author sets no limit, or one that
// bounds nothing. Memory has none: a lesson on what "no limit" means needs the
// kernel's own number there. Instead such a process is the first that the kernel
// kills when the machine itself runs out of memory.
const (
	pidsCap  = 512   // pids.max, or RLIMIT_NPROC without cgroups: a fork bomb ends here
	pidsMost = 16384 // half of the usual kernel.pid_max: the machine can start processes still; proc_sys_kernel(5)
	oomScore = 500   // oom_score_adj, of -1000 to 1000; proc_pid_oom_score_adj(5)
)

// override lays the limits that a step sets over those of the declaration.
func override(base, step schema.Limits) schema.Limits {
	set(&base.CPUs, step.CPUs)
	set(&base.Cpuset, step.Cpuset)
	set(&base.CPUShares, step.CPUShares)
	set(&base.Memory, step.Memory)
	set(&base.Swap, step.Swap)
	set(&base.Swappiness, step.Swappiness)
	set(&base.Reservation, step.Reservation)
	set(&base.OOMKill, step.OOMKill)
	set(&base.PIDs, step.PIDs)
	set(&base.ReadBPS, step.ReadBPS)
	set(&base.WriteBPS, step.WriteBPS)
	set(&base.ReadIOPS, step.ReadIOPS)
	set(&base.WriteIOPS, step.WriteIOPS)
	if step.Device != "" {
		base.Device = step.Device
	}
	return base
}

func set[T any](base **T, step *T) {
	if step != nil {
		*base = step
	}
}

// limits converts what an author wrote. The disk that I/O limits are for is
// looked up only when there are any.
func limits(ctx context.Context, env *actions.Env, l schema.Limits) (runtime.Limits, error) {
	l = l.NoneAsZero()
	out := runtime.Limits{
		CPUs: l.CPUs, CPUShares: l.CPUShares, CpusetCPUs: l.Cpuset,
		Memory: l.Memory, Swap: l.Swap, MemoryReservation: l.Reservation, Swappiness: l.Swappiness,
		PIDs: l.PIDs,
	}
	if l.Memory != nil && l.Memory.IsUnlimited() {
		out.Swap = nil // swap beside unlimited memory bounds nothing, and Docker refuses it
	}
	if l.OOMKill != nil {
		disable := !*l.OOMKill
		out.OOMKillDisable = &disable
	}
	if l.PIDs != nil {
		out.PIDs = ptr(pids(env, *l.PIDs))
	}
	device, err := deviceLimit(ctx, env, l)
	if err != nil {
		return out, err
	}
	if device != nil {
		out.IO = []runtime.DeviceLimit{*device}
	}
	return out, nil
}

// pids keeps the author's limit where it protects the machine.
func pids(env *actions.Env, asked int64) int64 {
	if asked <= 0 {
		return pidsCap
	}
	if asked > pidsMost {
		env.Note(fmt.Sprintf("pids limit %d: a container gets %d at most, which leaves the machine some", asked, pidsMost))
	}
	return min(asked, pidsMost)
}

// openMemory reports a memory limit that bounds nothing on this machine.
func openMemory(env *actions.Env, limit *unit.Size) bool {
	if limit == nil || limit.IsUnlimited() {
		return true
	}
	fs, err := target.Proc(env)
	if err != nil {
		return false
	}
	memory, err := fs.Memory()
	return err == nil && *limit >= memory.Total
}

// deviceLimit is nil when no I/O limit is set.
func deviceLimit(ctx context.Context, env *actions.Env, l schema.Limits) (*runtime.DeviceLimit, error) {
	if l.ReadBPS == nil && l.WriteBPS == nil && l.ReadIOPS == nil && l.WriteIOPS == nil {
		return nil, nil
	}
	device := runtime.DeviceLimit{Device: l.Device, ReadBPS: value(l.ReadBPS), WriteBPS: value(l.WriteBPS),
		ReadIOPS: value(l.ReadIOPS), WriteIOPS: value(l.WriteIOPS)}
	var err error
	if name, ok := strings.CutPrefix(l.Device, diskPrefix); ok {
		device.Device, err = ownDevice(env, name)
	} else if l.Device == "" {
		device.Device, err = dataDevice(ctx, env)
	}
	return &device, err
}

// ownDevice is the loop device of a disk made with host.disk.
func ownDevice(env *actions.Env, name string) (string, error) {
	dir, err := diskDir(env, name)
	if err != nil {
		return "", err
	}
	return target.Disk(env, dir)
}

// dataDevice is the whole disk that holds the containers' data.
func dataDevice(ctx context.Context, env *actions.Env) (string, error) {
	info, err := env.Runtime.Info(ctx)
	if err != nil {
		return "", fmt.Errorf("find the disk of the containers' data: %w", err)
	}
	return target.Disk(env, info.DataRoot)
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func ptr[T any](v T) *T { return &v }

// LimitsResult are limits as the runtime recorded them, in Docker's terms.
type LimitsResult struct {
	CPUs              unit.CPUs `json:"cpus" expr:"cpus" doc:"CPU time for each second; unlimited where none was set."`
	CPUShares         int64     `json:"cpu_shares" expr:"cpu_shares" doc:"Weight against other containers; 0 is the kernel's default of 1024."`
	Cpuset            string    `json:"cpuset" expr:"cpuset" doc:"The CPUs it may run on; empty is all of them."`
	Memory            unit.Size `json:"memory" expr:"memory" doc:"Memory limit; unlimited where none was set."`
	MemorySwap        unit.Size `json:"memory_swap" expr:"memory_swap" doc:"Memory and swap together, as docker inspect shows MemorySwap: twice the memory when nothing was said."`
	MemoryReservation unit.Size `json:"memory_reservation" expr:"memory_reservation" doc:"Memory kept for it when memory is short; 0 is none."`
	Swappiness        int64     `json:"swappiness" expr:"swappiness" doc:"0 to 100, and -1 where none was set, as docker inspect shows it."`
	OOMKill           bool      `json:"oom_kill" expr:"oom_kill" doc:"Whether the kernel kills at the memory limit."`
	PIDs              int64     `json:"pids" expr:"pids" doc:"Processes and threads at most; unlimited where none was set."`
}

// limitsResult turns unset fields into what Docker means by leaving them out.
func limitsResult(l runtime.Limits) LimitsResult {
	out := LimitsResult{CPUs: unit.UnlimitedCPUs, CPUShares: value(l.CPUShares), Cpuset: value(l.CpusetCPUs),
		Memory: unit.Unlimited, MemoryReservation: value(l.MemoryReservation), Swappiness: -1,
		OOMKill: !value(l.OOMKillDisable), PIDs: math.MaxInt64}
	if l.CPUs != nil && *l.CPUs > 0 {
		out.CPUs = *l.CPUs
	}
	if l.PIDs != nil && *l.PIDs > 0 {
		out.PIDs = *l.PIDs
	}
	if l.Memory != nil && *l.Memory > 0 {
		out.Memory = *l.Memory
	}
	if l.Swappiness != nil {
		out.Swappiness = *l.Swappiness
	}
	out.MemorySwap = memorySwap(out.Memory, l.Swap)
	return out
}

// memorySwap is Docker's number: both together. Without a word on swap it is
// twice the memory.
func memorySwap(memory unit.Size, swap *unit.Size) unit.Size {
	if swap == nil {
		swap = &memory
	}
	if memory.IsUnlimited() || swap.IsUnlimited() {
		return unit.Unlimited
	}
	return memory + *swap
}

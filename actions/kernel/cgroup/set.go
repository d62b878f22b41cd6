package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Set applies limits. All of them are checked first: an error that wraps
// [ErrUnsupported] (joined, one for each limit that this kernel cannot carry)
// means that nothing was written. A later error is the kernel refusing one value,
// with the file it was written to; what was written before it stays.
//
// EBUSY on memory means that the group uses more than the new limit and the
// kernel could not reclaim enough (v1); v2 kills instead.
func (g *Group) Set(limits Limits) error {
	if err := g.guard("set limits of"); err != nil {
		return err
	}
	err := limits.check()
	if err == nil {
		err = g.carries(limits)
	}
	if err == nil {
		err = g.apply(limits)
	}
	if err != nil {
		return fmt.Errorf("set limits of cgroup %s: %w", g.name, err)
	}
	return nil
}

// need is one limit that was asked for, and what it takes.
type need struct {
	asked      bool
	what       string
	controller string
	onlyOn     Version // empty: both
	instead    string  // what would work on the other version
	file       string  // optional: a file that must be there, as its feature can be off
	off        string  // the reason when that file is not there
}

// needs is the list of all limits with what carries them.
func (g *Group) needs(l Limits) []need {
	quota, period := l.quota()
	return []need{
		{asked: quota != 0 || period != 0, what: "cpu quota", controller: "cpu",
			file: byVersion(g, "cpu", "cpu.cfs_quota_us", "cpu.max"), off: "the kernel was built without CONFIG_CFS_BANDWIDTH"},
		{asked: l.CPUShares != 0 || l.CPUWeight != 0, what: "cpu shares", controller: "cpu"},
		{asked: l.CpusetCpus != "" || l.CpusetMems != "", what: "cpuset", controller: "cpuset"},
		{asked: l.Memory != 0, what: "memory limit", controller: "memory"},
		{asked: l.Swap != nil && (*l.Swap != 0 || g.host.hasSwap()), what: "swap limit", controller: "memory",
			file: byVersion(g, "memory", "memory.memsw.limit_in_bytes", "memory.swap.max"), off: noSwapAccounting},
		{asked: l.MemoryReservation != 0, what: "memory reservation", controller: "memory"},
		{asked: l.MemoryHigh != 0, what: "memory high", controller: "memory", onlyOn: V2,
			instead: "use a memory limit, or a machine with cgroup v2"},
		{asked: l.Swappiness != nil, what: "swappiness", controller: "memory", onlyOn: V1,
			instead: "/proc/sys/vm/swappiness holds for the whole machine; a swap limit bounds the group"},
		{asked: l.OOMKillDisable != nil && *l.OOMKillDisable, what: "oom kill disable", controller: "memory", onlyOn: V1,
			instead: "use memory high, which slows processes down and does not kill"},
		{asked: l.OOMGroup != nil && *l.OOMGroup, what: "oom group", controller: "memory", onlyOn: V2,
			instead: "watch oom_kills and kill the group"},
		{asked: l.Pids != 0, what: "pids limit", controller: "pids"},
		{asked: len(l.IO) > 0, what: "io limit", controller: "io",
			file: byVersion(g, "io", "blkio.throttle.read_bps_device", "io.max"), off: "the kernel was built without CONFIG_BLK_DEV_THROTTLING"},
	}
}

const noSwapAccounting = "swap accounting is off; boot with swapaccount=1"

func byVersion(g *Group, controller, v1, v2 string) string {
	if _, version := g.host.Hierarchy(controller); version == V2 {
		return v2
	}
	return v1
}

// carries reports all limits that this machine cannot carry.
func (g *Group) carries(limits Limits) error {
	var errs []error
	for _, n := range g.needs(limits) {
		if n.asked {
			errs = append(errs, g.satisfies(n))
		}
	}
	return errors.Join(append(errs, g.swapWithoutMemory(limits))...)
}

// swapWithoutMemory refuses what v1 cannot express: a bound on swap alone, with
// memory unbounded, as it only knows the sum of the two.
func (g *Group) swapWithoutMemory(l Limits) error {
	m := g.member("memory")
	if m == nil || m.tree.version == V2 || l.Swap == nil || l.Swap.IsUnlimited() || !g.host.hasSwap() {
		return nil
	}
	limit := l.Memory
	if limit == 0 {
		limit, _ = readSize(filepath.Join(m.dir, "memory.limit_in_bytes"))
	}
	if !limit.IsUnlimited() {
		return nil
	}
	return unsupported("swap limit", "cgroup v1 bounds memory and swap together and the memory is not bounded", "give a memory limit too")
}

func (g *Group) satisfies(n need) error {
	tree := g.host.hierarchyOf(n.controller)
	if tree == nil {
		return unsupported(n.what, "this machine has no "+n.controller+" controller", "mount or enable it, see /proc/cgroups")
	}
	if n.onlyOn != "" && tree.version != n.onlyOn {
		return unsupported(n.what, fmt.Sprintf("cgroup %s has no such setting", tree.version), n.instead)
	}
	m := g.ownIn(tree)
	if m == nil || !isDir(m.dir) {
		return fmt.Errorf("%s: the %s controller has no directory of the name %s in %s: %w", n.what, n.controller, g.name, tree.mount, os.ErrNotExist)
	}
	if n.file != "" && !isFile(filepath.Join(m.dir, n.file)) {
		return unsupported(n.what, "there is no "+filepath.Join(m.dir, n.file), n.off)
	}
	return nil
}

// hasSwap reads <root>/proc/swaps, a heading and one line for each swap area.
func (h *Host) hasSwap() bool {
	text, err := os.ReadFile(filepath.Join(h.root, "proc/swaps"))
	return err == nil && strings.Count(strings.TrimSpace(string(text)), "\n") > 0
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

package cgroup

import (
	"os"
	"path/filepath"
)

// Feature is something that a machine's cgroups may or may not be able to do.
type Feature string

// The features that [Host.Supports] knows. Any controller name is one too.
const (
	FeatureMemory         Feature = "memory"           // account for and limit memory
	FeatureSwap           Feature = "swap"             // account for and limit swap
	FeatureCPUQuota       Feature = "cpu_quota"        // limit CPU time
	FeatureCPUShares      Feature = "cpu_shares"       // share CPU time by weight
	FeatureCPUSet         Feature = "cpuset"           // pin to CPUs
	FeatureIO             Feature = "io"               // account for block device traffic
	FeatureIOThrottle     Feature = "io_throttle"      // limit block device traffic
	FeaturePids           Feature = "pids"             // limit the number of processes
	FeatureFreezer        Feature = "freezer"          // hold a group still
	FeatureKill           Feature = "kill"             // cgroup.kill: end a group in one write
	FeatureEvents         Feature = "events"           // cgroup.events: be told when a group is empty
	FeaturePressure       Feature = "pressure"         // pressure stall information by group
	FeatureMemoryHigh     Feature = "memory_high"      // slow down instead of killing
	FeatureOOMGroup       Feature = "oom_group"        // kill a group as a whole
	FeatureOOMKillDisable Feature = "oom_kill_disable" // let processes wait for memory
	FeatureSwappiness     Feature = "swappiness"       // swappiness by group
)

// demand is what a feature takes: a controller, on one version only or either,
// and on each version a file that kernels can lack.
type demand struct {
	controller string
	onlyOn     Version
	v1, v2     string
	off        string
}

func demands() map[Feature]demand {
	return map[Feature]demand{
		FeatureMemory: {controller: "memory"},
		FeatureSwap:   {controller: "memory", v1: "memory.memsw.limit_in_bytes", v2: "memory.swap.max", off: noSwapAccounting},
		FeatureCPUQuota: {controller: "cpu", v1: "cpu.cfs_quota_us", v2: "cpu.max",
			off: "the kernel was built without CONFIG_CFS_BANDWIDTH"},
		FeatureCPUShares: {controller: "cpu"},
		FeatureCPUSet:    {controller: "cpuset"},
		FeatureIO:        {controller: "io"},
		FeatureIOThrottle: {controller: "io", v1: "blkio.throttle.read_bps_device", v2: "io.max",
			off: "the kernel was built without CONFIG_BLK_DEV_THROTTLING"},
		FeaturePids:           {controller: "pids"},
		FeatureFreezer:        {controller: "freezer", v2: "cgroup.freeze", off: "it needs Linux 5.2"},
		FeatureKill:           {controller: unifiedKey, v2: "cgroup.kill", off: "it needs Linux 5.14"},
		FeatureEvents:         {controller: unifiedKey},
		FeatureMemoryHigh:     {controller: "memory", onlyOn: V2},
		FeatureOOMGroup:       {controller: "memory", onlyOn: V2, v2: "memory.oom.group", off: "it needs Linux 4.19"},
		FeatureOOMKillDisable: {controller: "memory", onlyOn: V1},
		FeatureSwappiness:     {controller: "memory", onlyOn: V1},
	}
}

// Supports returns nil when this machine can do something, and otherwise an
// [UnsupportedError] with the reason in one line. It looks and never writes; a
// file that only groups below the root have is looked for in the groups that are
// there, and taken to exist where there is none yet.
func (h *Host) Supports(feature Feature) error {
	if feature == FeaturePressure {
		return h.supportsPressure()
	}
	d, known := demands()[feature]
	if !known {
		d = demand{controller: string(feature)}
	}
	tree := h.hierarchyOf(d.controller)
	switch {
	case tree == nil && d.controller == unifiedKey:
		return unsupported(string(feature), "no cgroup v2 tree is mounted", "mount one: mount -t cgroup2 none /sys/fs/cgroup/unified")
	case tree == nil:
		return unsupported(string(feature), "this machine has no "+d.controller+" controller", "see /proc/cgroups")
	case d.onlyOn != "" && d.onlyOn != tree.version:
		return unsupported(string(feature), "cgroup "+string(tree.version)+" does not have it", "use a machine with cgroup "+string(d.onlyOn))
	}
	file := d.v1
	if tree.version == V2 {
		file = d.v2
	}
	if file != "" && !tree.offers(file) {
		return unsupported(string(feature), "no group has "+file, d.off)
	}
	return nil
}

func (h *Host) supportsPressure() error {
	if h.unified == nil {
		return unsupported(string(FeaturePressure), "no cgroup v2 tree is mounted", "mount one: mount -t cgroup2 none /sys/fs/cgroup/unified")
	}
	if !isFile(filepath.Join(h.root, "proc/pressure/cpu")) {
		return unsupported(string(FeaturePressure), "pressure stall information is off", "boot with psi=1")
	}
	return nil
}

// offers looks for a file in the root group and the first groups below it.
func (t *hierarchy) offers(file string) bool {
	if isFile(filepath.Join(t.mount, file)) {
		return true
	}
	entries, err := os.ReadDir(t.mount)
	if err != nil {
		return false
	}
	groups := 0
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		if isFile(filepath.Join(t.mount, entry.Name(), file)) {
			return true
		}
		groups++
	}
	return groups == 0
}

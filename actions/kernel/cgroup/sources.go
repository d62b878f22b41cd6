package cgroup

import "time"

// source says where one field of a [Reading] comes from on one version. Of
// several sources for a field the first that is there counts.
type source struct {
	field string
	file  string
	key   string // name within the file; "#1" is its second word; empty: the whole file
	scale int64  // the field's base unit in the file's unit, 0 for 1
}

const (
	microsecond = int64(time.Microsecond)
	userTick    = int64(time.Second / 100) // USER_HZ is 100 on every architecture we run on
)

// sourcesV2 are the files of a v2 group by controller. What is under the empty
// name is in every v2 group, also where no controller is enabled.
func sourcesV2(controller string) []source {
	switch controller {
	case "memory":
		return []source{
			{field: "memory.limit", file: "memory.max"},
			{field: "memory.usage", file: "memory.current"},
			{field: "memory.peak", file: "memory.peak"},
			{field: "memory.swap_limit", file: "memory.swap.max"},
			{field: "memory.swap_usage", file: "memory.swap.current"},
			{field: "memory.swap_peak", file: "memory.swap.peak"},
			{field: "memory.reservation", file: "memory.low"},
			{field: "memory.high", file: "memory.high"},
			{field: "memory.anon", file: "memory.stat", key: "anon"},
			{field: "memory.rss", file: "memory.stat", key: "anon"},
			{field: "memory.file", file: "memory.stat", key: "file"},
			{field: "memory.kernel", file: "memory.stat", key: "kernel"},
			{field: "memory.shmem", file: "memory.stat", key: "shmem"},
			{field: "memory.failures", file: "memory.events", key: "max"},
			{field: "memory.oom", file: "memory.events", key: "oom"},
			{field: "memory.oom_kills", file: "memory.events", key: "oom_kill"},
			{field: "memory.oom_group_kills", file: "memory.events", key: "oom_group_kill"},
			{field: "memory.high_events", file: "memory.events", key: "high"},
		}
	case "cpu":
		return []source{
			{field: "cpu.quota", file: "cpu.max", key: "#0", scale: microsecond},
			{field: "cpu.period", file: "cpu.max", key: "#1", scale: microsecond},
			{field: "cpu.weight", file: "cpu.weight"},
			{field: "cpu.throttled_periods", file: "cpu.stat", key: "nr_throttled"},
			{field: "cpu.periods", file: "cpu.stat", key: "nr_periods"},
			{field: "cpu.throttled_time", file: "cpu.stat", key: "throttled_usec", scale: microsecond},
		}
	case "cpuacct":
		return []source{
			{field: "cpu.usage", file: "cpu.stat", key: "usage_usec", scale: microsecond},
			{field: "cpu.user", file: "cpu.stat", key: "user_usec", scale: microsecond},
			{field: "cpu.system", file: "cpu.stat", key: "system_usec", scale: microsecond},
		}
	case "cpuset":
		return []source{
			{field: "cpu.cpuset", file: "cpuset.cpus"},
			{field: "cpu.cpuset_effective", file: "cpuset.cpus.effective"},
		}
	case "pids":
		return sourcesPids()
	}
	return nil
}

// sourcesV1 are the files of a v1 group by controller.
func sourcesV1(controller string) []source {
	switch controller {
	case "memory":
		return []source{
			{field: "memory.limit", file: "memory.limit_in_bytes"},
			{field: "memory.usage", file: "memory.usage_in_bytes"},
			{field: "memory.peak", file: "memory.max_usage_in_bytes"},
			{field: "memory.swap_limit", file: "memory.memsw.limit_in_bytes"},
			{field: "memory.swap_usage", file: "memory.stat", key: "total_swap"},
			{field: "memory.reservation", file: "memory.soft_limit_in_bytes"},
			{field: "memory.anon", file: "memory.stat", key: "total_rss"},
			{field: "memory.rss", file: "memory.stat", key: "total_rss"},
			{field: "memory.file", file: "memory.stat", key: "total_cache"},
			{field: "memory.kernel", file: "memory.kmem.usage_in_bytes"},
			{field: "memory.shmem", file: "memory.stat", key: "total_shmem"},
			{field: "memory.swappiness", file: "memory.swappiness"},
			{field: "memory.under_oom", file: "memory.oom_control", key: "under_oom"},
			{field: "memory.oom_kill_disabled", file: "memory.oom_control", key: "oom_kill_disable"},
			{field: "memory.failures", file: "memory.failcnt"},
			{field: "memory.oom_kills", file: "memory.oom_control", key: "oom_kill"},
		}
	case "cpu":
		return []source{
			{field: "cpu.quota", file: "cpu.cfs_quota_us", scale: microsecond},
			{field: "cpu.period", file: "cpu.cfs_period_us", scale: microsecond},
			{field: "cpu.shares", file: "cpu.shares"},
			{field: "cpu.throttled_periods", file: "cpu.stat", key: "nr_throttled"},
			{field: "cpu.periods", file: "cpu.stat", key: "nr_periods"},
			{field: "cpu.throttled_time", file: "cpu.stat", key: "throttled_time"},
		}
	case "cpuacct":
		return []source{
			{field: "cpu.usage", file: "cpuacct.usage"},
			{field: "cpu.user", file: "cpuacct.usage_user"},
			{field: "cpu.user", file: "cpuacct.stat", key: "user", scale: userTick},
			{field: "cpu.system", file: "cpuacct.usage_sys"},
			{field: "cpu.system", file: "cpuacct.stat", key: "system", scale: userTick},
		}
	case "cpuset":
		return []source{
			{field: "cpu.cpuset", file: "cpuset.cpus"},
			{field: "cpu.cpuset_effective", file: "cpuset.effective_cpus"},
		}
	case "pids":
		return sourcesPids()
	}
	return nil
}

func sourcesPids() []source {
	return []source{
		{field: "pids.limit", file: "pids.max"},
		{field: "pids.current", file: "pids.current"},
		{field: "pids.peak", file: "pids.peak"},
		{field: "pids.failures", file: "pids.events", key: "max"},
	}
}

// sources picks the table of one version.
func sources(version Version, controller string) []source {
	if version == V2 {
		return sourcesV2(controller)
	}
	return sourcesV1(controller)
}

// never are the fields that one version has no file for, with the reason.
func never(version Version) map[string]string {
	if version == V2 {
		return map[string]string{
			"memory.swappiness":        "cgroup v2 has no memory.swappiness; /proc/sys/vm/swappiness holds for the machine",
			"memory.under_oom":         "cgroup v2 never lets processes wait at the limit",
			"memory.oom_kill_disabled": "cgroup v2 cannot turn the OOM killer off",
		}
	}
	return map[string]string{
		"memory.swap_peak":       "cgroup v1 records the peak of memory and swap together only (memory.memsw.max_usage_in_bytes)",
		"memory.high":            "cgroup v1 has no memory.high",
		"memory.oom":             "cgroup v1 counts kills and hits of the limit, not out-of-memory states",
		"memory.oom_group_kills": "cgroup v1 has no memory.oom.group",
		"memory.high_events":     "cgroup v1 has no memory.high",
	}
}

// why explains the absence of a file that only some kernels or set-ups have.
func why(file string) string {
	switch file {
	case "memory.swap.max", "memory.swap.current", "memory.memsw.limit_in_bytes":
		return noSwapAccounting
	case "memory.swap.peak":
		return "Linux 6.5 brought it"
	case "memory.peak":
		return "Linux 5.19 brought it"
	case "pids.peak":
		return "Linux 6.1 brought it"
	case "cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us":
		return "the kernel needs CONFIG_CFS_BANDWIDTH"
	case "memory.kmem.usage_in_bytes":
		return "kernel memory accounting is off"
	}
	return "this kernel does not offer it"
}

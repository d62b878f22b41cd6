package cgroup

import (
	"time"

	"isolab/schema/unit"
)

// Reading is what the kernel accounts and enforces for one group at one moment.
// The files are read one after another, so values of different files are
// microseconds apart. Numbers include the groups below unless a field says
// otherwise.
type Reading struct {
	Version   Version  `json:"version" expr:"version" doc:"Which cgroup interface the machine has: v1, v2 or hybrid (controllers on v1 and a v2 tree besides)."`
	Memory    Memory   `json:"memory" expr:"memory" doc:"Memory limits, use and events."`
	CPU       CPU      `json:"cpu" expr:"cpu" doc:"CPU time used, limits and throttling."`
	Pids      Pids     `json:"pids" expr:"pids" doc:"Number of processes and threads, and its limit."`
	IO        IO       `json:"io" expr:"io" doc:"Block device traffic and limits."`
	Pressure  Pressure `json:"pressure" expr:"pressure" doc:"How long the group's processes waited for CPU, memory and I/O."`
	Frozen    bool     `json:"frozen" expr:"frozen" doc:"Whether the freezer holds the group."`
	Populated bool     `json:"populated" expr:"populated" doc:"Whether a running process is in the group or below it."`
	Processes []int    `json:"processes" expr:"processes" doc:"Process ids in the group and below it, as seen by the reader."`

	// Missing has the reason for every field that the kernel does not offer, by
	// its dotted name; such a field is zero.
	Missing map[string]string `json:"missing" expr:"missing" doc:"For each field that this kernel does not offer, by its dotted name, the reason."`

	origins map[string]string
}

// Origins maps the dotted name of every field that was read, such as
// "memory.usage" or "io.devices[0].read_bytes", to the absolute path of the file
// it was read or worked out from. The map is the reading's own.
func (r *Reading) Origins() map[string]string { return r.origins }

// Memory of a group. Sizes that are not limited are unit.Unlimited.
type Memory struct {
	Limit           unit.Size  `json:"limit" expr:"limit" doc:"Hard limit on memory (memory.max, v1 memory.limit_in_bytes)."`
	Usage           unit.Size  `json:"usage" expr:"usage" doc:"Memory charged now, page cache included (memory.current, v1 memory.usage_in_bytes)."`
	Peak            unit.Size  `json:"peak" expr:"peak" doc:"Highest usage so far (memory.peak, v1 memory.max_usage_in_bytes)."`
	SwapLimit       unit.Size  `json:"swap_limit" expr:"swap_limit" doc:"Limit on swap alone (memory.swap.max); on v1 memory.memsw.limit_in_bytes less the memory limit, unlimited where either is."`
	SwapUsage       unit.Size  `json:"swap_usage" expr:"swap_usage" doc:"Swap in use (memory.swap.current, v1 total_swap of memory.stat)."`
	SwapPeak        unit.Size  `json:"swap_peak" expr:"swap_peak" doc:"Highest swap use so far (memory.swap.peak; v2 only)."`
	Reservation     unit.Size  `json:"reservation" expr:"reservation" doc:"Memory the kernel tries to leave to the group (memory.low, v1 memory.soft_limit_in_bytes); 0 where none is set."`
	High            unit.Size  `json:"high" expr:"high" doc:"Size beyond which the group is slowed down and not killed (memory.high; v2 only)."`
	Anon            unit.Size  `json:"anon" expr:"anon" doc:"Memory that processes allocated, without page cache (anon of memory.stat, v1 total_rss)."`
	File            unit.Size  `json:"file" expr:"file" doc:"Page cache, tmpfs included (file of memory.stat, v1 total_cache)."`
	Kernel          unit.Size  `json:"kernel" expr:"kernel" doc:"Memory that the kernel uses for the group (kernel of memory.stat, v1 memory.kmem.usage_in_bytes)."`
	Shmem           unit.Size  `json:"shmem" expr:"shmem" doc:"Shared memory and tmpfs (shmem of memory.stat, v1 total_shmem)."`
	RSS             unit.Size  `json:"rss" expr:"rss" doc:"The same number as anon, by the name it has on v1 with the groups below counted in."`
	Swappiness      int64      `json:"swappiness" expr:"swappiness" doc:"How readily the group is swapped, 0 to 100 (memory.swappiness; v1 only)."`
	UnderOOM        bool       `json:"under_oom" expr:"under_oom" doc:"Whether processes wait for memory because killing is disabled (memory.oom_control; v1 only)."`
	OOMKillDisabled bool       `json:"oom_kill_disabled" expr:"oom_kill_disabled" doc:"Whether the kernel may not kill for memory (memory.oom_control; v1 only)."`
	Failures        int64      `json:"failures" expr:"failures" doc:"How often the limit was hit (max of memory.events, v1 memory.failcnt and memory.memsw.failcnt of this group)."`
	OOM             int64      `json:"oom" expr:"oom" doc:"How often memory could not be reclaimed at the limit (oom of memory.events; v2 only)."`
	OOMKills        int64      `json:"oom_kills" expr:"oom_kills" doc:"Processes killed for memory (oom_kill of memory.events, v1 memory.oom_control summed over the groups below)."`
	OOMGroupKills   int64      `json:"oom_group_kills" expr:"oom_group_kills" doc:"How often the whole group was killed (oom_group_kill of memory.events; v2 only)."`
	HighEvents      int64      `json:"high_events" expr:"high_events" doc:"How often the group was slowed down at high (high of memory.events; v2 only)."`
	UsedRatio       unit.Ratio `json:"used_ratio" expr:"used_ratio" doc:"Usage as a part of the limit; 0 without a limit."`
}

// CPU of a group.
type CPU struct {
	Usage            time.Duration `json:"usage" expr:"usage" doc:"CPU time used so far (usage_usec of cpu.stat, v1 cpuacct.usage)."`
	User             time.Duration `json:"user" expr:"user" doc:"The part of it in user mode."`
	System           time.Duration `json:"system" expr:"system" doc:"The part of it in the kernel."`
	Quota            time.Duration `json:"quota" expr:"quota" doc:"CPU time allowed in each period (cpu.max, v1 cpu.cfs_quota_us); unlimited without one."`
	Period           time.Duration `json:"period" expr:"period" doc:"Length of the period (cpu.max, v1 cpu.cfs_period_us)."`
	Limit            unit.CPUs     `json:"limit" expr:"limit" doc:"Quota divided by period: how many CPUs' time the group may use; unlimited without a quota."`
	Weight           int64         `json:"weight" expr:"weight" doc:"Relative share, 100 by default (cpu.weight, v1 cpu.shares / 10.24)."`
	Shares           int64         `json:"shares" expr:"shares" doc:"The same share on the scale of v1, 1024 by default (v1 cpu.shares, cpu.weight × 10.24); ratios of it are what the scheduler keeps to."`
	ThrottledPeriods int64         `json:"throttled_periods" expr:"throttled_periods" doc:"Periods in which the group used up its quota (nr_throttled of cpu.stat)."`
	Periods          int64         `json:"periods" expr:"periods" doc:"Periods in which the group ran while it had a quota (nr_periods of cpu.stat)."`
	ThrottledTime    time.Duration `json:"throttled_time" expr:"throttled_time" doc:"Time held back by the quota, summed over CPUs (throttled_usec of cpu.stat, v1 throttled_time)."`
	Cpuset           string        `json:"cpuset" expr:"cpuset" doc:"CPUs set for the group (cpuset.cpus); empty on v2 means those of the group above."`
	CpusetEffective  string        `json:"cpuset_effective" expr:"cpuset_effective" doc:"CPUs the group may really run on (cpuset.cpus.effective, v1 cpuset.effective_cpus)."`
	CpusetCount      int64         `json:"cpuset_count" expr:"cpuset_count" doc:"How many CPUs that are."`
}

// Pids is the number of tasks, processes and threads alike, of a group.
type Pids struct {
	Limit    int64 `json:"limit" expr:"limit" doc:"Most tasks at once (pids.max); unlimited without a limit."`
	Current  int64 `json:"current" expr:"current" doc:"Tasks now, zombies included (pids.current)."`
	Peak     int64 `json:"peak" expr:"peak" doc:"Most tasks so far (pids.peak)."`
	Failures int64 `json:"failures" expr:"failures" doc:"Forks refused because of the limit (max of pids.events)."`
}

// IO is the traffic with block devices, summed and by device. Page cache hits are
// not traffic.
type IO struct {
	ReadBytes  unit.Size  `json:"read_bytes" expr:"read_bytes" doc:"Bytes read from all block devices."`
	WriteBytes unit.Size  `json:"write_bytes" expr:"write_bytes" doc:"Bytes written to all block devices."`
	ReadOps    int64      `json:"read_ops" expr:"read_ops" doc:"Read operations on all block devices."`
	WriteOps   int64      `json:"write_ops" expr:"write_ops" doc:"Write operations on all block devices."`
	Devices    []DeviceIO `json:"devices" expr:"devices" doc:"The same by device, with its limits."`
}

// DeviceIO is the traffic with one block device. On v1 since Linux 6.10 the
// kernel counts a device only after some group has set a limit on it; see
// [Group.CountIO].
type DeviceIO struct {
	Device         string    `json:"device" expr:"device" doc:"Device number, major:minor."`
	Name           string    `json:"name" expr:"name" doc:"Device name, such as sda; empty when unknown."`
	ReadBytes      unit.Size `json:"read_bytes" expr:"read_bytes" doc:"Bytes read."`
	WriteBytes     unit.Size `json:"write_bytes" expr:"write_bytes" doc:"Bytes written."`
	ReadOps        int64     `json:"read_ops" expr:"read_ops" doc:"Read operations."`
	WriteOps       int64     `json:"write_ops" expr:"write_ops" doc:"Write operations."`
	ReadBPSLimit   unit.Rate `json:"read_bps_limit" expr:"read_bps_limit" doc:"Most bytes read per second (io.max, v1 blkio.throttle.read_bps_device); unlimited without a limit."`
	WriteBPSLimit  unit.Rate `json:"write_bps_limit" expr:"write_bps_limit" doc:"Most bytes written per second; unlimited without a limit."`
	ReadIOPSLimit  int64     `json:"read_iops_limit" expr:"read_iops_limit" doc:"Most read operations per second; unlimited without a limit."`
	WriteIOPSLimit int64     `json:"write_iops_limit" expr:"write_iops_limit" doc:"Most write operations per second; unlimited without a limit."`
}

// Pressure is the kernel's pressure stall information of a group
// (https://docs.kernel.org/accounting/psi.html). It comes from the v2 tree, so a
// hybrid machine has it too.
type Pressure struct {
	Available bool  `json:"available" expr:"available" doc:"Whether the kernel reports pressure for this group."`
	CPU       Stall `json:"cpu" expr:"cpu" doc:"Waiting for a CPU."`
	Memory    Stall `json:"memory" expr:"memory" doc:"Waiting for memory."`
	IO        Stall `json:"io" expr:"io" doc:"Waiting for block devices."`
}

// Stall is how long processes waited for one resource.
type Stall struct {
	SomeAvg10 unit.Ratio    `json:"some_avg10" expr:"some_avg10" doc:"Part of the last 10 s in which at least one process waited."`
	FullAvg10 unit.Ratio    `json:"full_avg10" expr:"full_avg10" doc:"Part of the last 10 s in which all waited at once."`
	SomeTotal time.Duration `json:"some_total" expr:"some_total" doc:"Time so far in which at least one process waited."`
	FullTotal time.Duration `json:"full_total" expr:"full_total" doc:"Time so far in which all waited at once."`
}

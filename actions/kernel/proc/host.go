package proc

import (
	"time"

	"isolab/schema/unit"
)

// Memory is the machine's memory (/proc/meminfo).
type Memory struct {
	Total     unit.Size  `json:"total" expr:"total" doc:"Memory that the kernel manages."`
	Free      unit.Size  `json:"free" expr:"free" doc:"Memory that is used for nothing."`
	Available unit.Size  `json:"available" expr:"available" doc:"Memory that new programs could get without swapping."`
	Used      unit.Size  `json:"used" expr:"used" doc:"Total less available."`
	UsedRatio unit.Ratio `json:"used_ratio" expr:"used_ratio" doc:"Used as a part of total."`
	SwapTotal unit.Size  `json:"swap_total" expr:"swap_total" doc:"Size of all swap areas."`
	SwapFree  unit.Size  `json:"swap_free" expr:"swap_free" doc:"Swap that is free."`
	Cached    unit.Size  `json:"cached" expr:"cached" doc:"Page cache, tmpfs included."`
	Buffers   unit.Size  `json:"buffers" expr:"buffers" doc:"Cache of raw block devices."`
	Committed unit.Size  `json:"committed" expr:"committed" doc:"Memory that all programs asked for, touched or not."`

	origin string
}

// Origins maps every field to the file it was read from.
func (m Memory) Origins() map[string]string { return originsOf(m, m.origin) }

// CPU is what the machine's CPUs did since boot (/proc/stat).
type CPU struct {
	Total       CPUTimes       `json:"total" expr:"total" doc:"Summed over all CPUs."`
	PerCPU      []NumberedTime `json:"per_cpu" expr:"per_cpu" doc:"The same for each CPU."`
	Online      string         `json:"online" expr:"online" doc:"CPUs that are online, such as 0-7."`
	OnlineCount int64          `json:"online_count" expr:"online_count" doc:"How many CPUs that are."`

	origin string
}

// Origins maps every field to the file it was read from.
func (c CPU) Origins() map[string]string { return originsOf(c, c.origin) }

// NumberedTime is one CPU's share.
type NumberedTime struct {
	CPU   int64    `json:"cpu" expr:"cpu" doc:"Number of the CPU, from 0."`
	Times CPUTimes `json:"times" expr:"times" doc:"What it did."`
}

// CPUTimes are the columns of /proc/stat, to a hundredth of a second.
type CPUTimes struct {
	User    time.Duration `json:"user" expr:"user" doc:"In user mode, guests of this machine included."`
	Nice    time.Duration `json:"nice" expr:"nice" doc:"In user mode at low priority."`
	System  time.Duration `json:"system" expr:"system" doc:"In the kernel."`
	Idle    time.Duration `json:"idle" expr:"idle" doc:"With nothing to do."`
	IOWait  time.Duration `json:"iowait" expr:"iowait" doc:"With nothing to do but wait for I/O."`
	IRQ     time.Duration `json:"irq" expr:"irq" doc:"Serving interrupts."`
	SoftIRQ time.Duration `json:"softirq" expr:"softirq" doc:"Serving soft interrupts."`
	Steal   time.Duration `json:"steal" expr:"steal" doc:"Wanting to run while the hypervisor ran something else."`
}

// Sum is the whole time that was accounted for.
func (t CPUTimes) Sum() time.Duration {
	return t.User + t.Nice + t.System + t.Idle + t.IOWait + t.IRQ + t.SoftIRQ + t.Steal
}

// CPUUsage is what the CPUs did between two moments, as parts of all CPUs' time.
type CPUUsage struct {
	Busy   unit.Ratio `json:"busy" expr:"busy" doc:"Working, neither idle nor waiting for I/O nor stolen."`
	Steal  unit.Ratio `json:"steal" expr:"steal" doc:"Taken by the hypervisor."`
	IOWait unit.Ratio `json:"iowait" expr:"iowait" doc:"Idle while waiting for I/O."`
	CPUs   unit.CPUs  `json:"cpus" expr:"cpus" doc:"Busy as a number of CPUs."`
}

// UsageBetween compares two readings of [FS.CPU], the earlier first; it is zero
// when no time was accounted for between them. The kernel lets iowait run
// backwards at times (proc_stat(5)); what shrank counts as no time.
func UsageBetween(before, after CPU) CPUUsage {
	b, a := before.Total, after.Total
	grown := func(x, y time.Duration) float64 { return float64(max(y-x, 0)) }
	idle, wait, steal := grown(b.Idle, a.Idle), grown(b.IOWait, a.IOWait), grown(b.Steal, a.Steal)
	busy := grown(b.User, a.User) + grown(b.Nice, a.Nice) + grown(b.System, a.System) + grown(b.IRQ, a.IRQ) + grown(b.SoftIRQ, a.SoftIRQ)
	all := busy + idle + wait + steal
	if all == 0 {
		return CPUUsage{}
	}
	return CPUUsage{Busy: unit.Ratio(busy / all), Steal: unit.Ratio(steal / all), IOWait: unit.Ratio(wait / all),
		CPUs: unit.CPUs(busy / all * float64(after.OnlineCount))}
}

// Load is the number of tasks that run or wait uninterruptibly, averaged
// (/proc/loadavg).
type Load struct {
	One     float64 `json:"one" expr:"one" doc:"Over about a minute."`
	Five    float64 `json:"five" expr:"five" doc:"Over about five minutes."`
	Fifteen float64 `json:"fifteen" expr:"fifteen" doc:"Over about fifteen minutes."`
}

// Pressure is how long the machine's processes waited
// (https://docs.kernel.org/accounting/psi.html).
type Pressure struct {
	CPU    Stall `json:"cpu" expr:"cpu" doc:"For a CPU."`
	Memory Stall `json:"memory" expr:"memory" doc:"For memory."`
	IO     Stall `json:"io" expr:"io" doc:"For block devices."`
}

// Stall is how long processes waited for one resource.
type Stall struct {
	SomeAvg10 unit.Ratio    `json:"some_avg10" expr:"some_avg10" doc:"Part of the last 10 s in which at least one process waited."`
	FullAvg10 unit.Ratio    `json:"full_avg10" expr:"full_avg10" doc:"Part of the last 10 s in which all waited at once."`
	SomeTotal time.Duration `json:"some_total" expr:"some_total" doc:"Time since boot in which at least one process waited."`
	FullTotal time.Duration `json:"full_total" expr:"full_total" doc:"Time since boot in which all waited at once."`
}

// Info is what the machine is.
type Info struct {
	Hostname string    `json:"hostname" expr:"hostname" doc:"Host name in the reader's UTS namespace."`
	System   string    `json:"system" expr:"system" doc:"Name of the distribution, such as Debian GNU/Linux 12 (bookworm)."`
	Kernel   string    `json:"kernel" expr:"kernel" doc:"Kernel release, as uname -r prints it."`
	Arch     string    `json:"arch" expr:"arch" doc:"Processor architecture as Go names it, such as amd64."`
	OS       string    `json:"os" expr:"os" doc:"Operating system as Go names it, such as linux."`
	CPUs     int64     `json:"cpus" expr:"cpus" doc:"CPUs that are online."`
	Memory   unit.Size `json:"memory" expr:"memory" doc:"Memory that the kernel manages."`
	PageSize unit.Size `json:"page_size" expr:"page_size" doc:"Size of a memory page."`
	BootID   string    `json:"boot_id" expr:"boot_id" doc:"Random id of this run of the kernel."`
	BootTime time.Time `json:"boot_time" expr:"boot_time" doc:"When the kernel started."`
}

// Mount is one mount that a process sees (proc_pid_mountinfo(5)).
type Mount struct {
	Mountpoint string `json:"mountpoint" expr:"mountpoint" doc:"Directory, below the process's root directory."`
	Root       string `json:"root" expr:"root" doc:"Which directory of the file system is mounted there."`
	Type       string `json:"type" expr:"type" doc:"File system type, such as ext4 or overlay."`
	Source     string `json:"source" expr:"source" doc:"Device or other source."`
	Options    string `json:"options" expr:"options" doc:"Options of this mount, comma separated."`
	Super      string `json:"super" expr:"super" doc:"Options of the file system, comma separated."`
	Device     string `json:"device" expr:"device" doc:"Device number, major:minor."`
}

// Swap is one swap area (/proc/swaps).
type Swap struct {
	Path     string    `json:"path" expr:"path" doc:"File or device."`
	Type     string    `json:"type" expr:"type" doc:"Either file or partition."`
	Size     unit.Size `json:"size" expr:"size" doc:"Its size."`
	Used     unit.Size `json:"used" expr:"used" doc:"How much of it is in use."`
	Priority int64     `json:"priority" expr:"priority" doc:"Areas of higher priority are used first."`
}

// withUsed fills what follows from the other fields.
func (m Memory) withUsed() Memory {
	m.Used = max(m.Total-m.Available, 0)
	if m.Total > 0 {
		m.UsedRatio = unit.Ratio(float64(m.Used) / float64(m.Total))
	}
	return m
}

// seconds turns the libraries' floating point seconds into a duration.
func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond)
}

package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/moby/sys/mountinfo"
	"github.com/prometheus/procfs"

	"isolab/schema/unit"
)

// Memory reads /proc/meminfo.
//
// By hand: free.
func (f *FS) Memory() (Memory, error) {
	info, err := f.proc.Meminfo()
	if err != nil {
		return Memory{}, fmt.Errorf("read memory: %w", err)
	}
	m := Memory{Total: bytesOf(info.MemTotalBytes), Free: bytesOf(info.MemFreeBytes), Available: bytesOf(info.MemAvailableBytes),
		SwapTotal: bytesOf(info.SwapTotalBytes), SwapFree: bytesOf(info.SwapFreeBytes), Cached: bytesOf(info.CachedBytes),
		Buffers: bytesOf(info.BuffersBytes), Committed: bytesOf(info.CommittedASBytes), origin: f.path("proc/meminfo")}
	return m.withUsed(), nil
}

func bytesOf(v *uint64) unit.Size {
	if v == nil {
		return 0
	}
	return unit.Size(*v)
}

// CPU reads /proc/stat and /sys/devices/system/cpu/online.
func (f *FS) CPU() (CPU, error) {
	stat, err := f.proc.Stat()
	if err != nil {
		return CPU{}, fmt.Errorf("read cpu times: %w", err)
	}
	cpu := CPU{Total: timesOf(stat.CPUTotal), Online: f.text("sys/devices/system/cpu/online"), origin: f.path("proc/stat")}
	for number, times := range stat.CPU {
		cpu.PerCPU = append(cpu.PerCPU, NumberedTime{CPU: number, Times: timesOf(times)})
	}
	slices.SortFunc(cpu.PerCPU, func(a, b NumberedTime) int { return int(a.CPU - b.CPU) })
	cpu.OnlineCount = countList(cpu.Online)
	if cpu.OnlineCount == 0 { // no /sys: /proc/stat has a line for each CPU that is online
		cpu.OnlineCount = int64(len(cpu.PerCPU))
	}
	return cpu, nil
}

func timesOf(s procfs.CPUStat) CPUTimes {
	return CPUTimes{User: seconds(s.User), Nice: seconds(s.Nice), System: seconds(s.System), Idle: seconds(s.Idle), IOWait: seconds(s.Iowait),
		IRQ: seconds(s.IRQ), SoftIRQ: seconds(s.SoftIRQ), Steal: seconds(s.Steal)}
}

// bootTime is btime of /proc/stat, whole seconds.
func (f *FS) bootTime() (time.Time, error) {
	stat, err := f.proc.Stat()
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(int64(stat.BootTime), 0), nil
}

// LoadAvg reads /proc/loadavg.
func (f *FS) LoadAvg() (Load, error) {
	load, err := f.proc.LoadAvg()
	if err != nil {
		return Load{}, fmt.Errorf("read load: %w", err)
	}
	return Load{One: load.Load1, Five: load.Load5, Fifteen: load.Load15}, nil
}

// Pressure reads /proc/pressure. The error wraps [ErrUnsupported] when the kernel
// does not report it (booted without psi=1).
func (f *FS) Pressure() (Pressure, error) {
	var p Pressure
	for resource, into := range map[string]*Stall{"cpu": &p.CPU, "memory": &p.Memory, "io": &p.IO} {
		psi, err := f.proc.PSIStatsForResource(resource)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EOPNOTSUPP) {
			return Pressure{}, fmt.Errorf("read pressure: %w: pressure stall information is off; boot with psi=1", ErrUnsupported)
		}
		if err != nil {
			return Pressure{}, fmt.Errorf("read pressure: %w", err)
		}
		*into = stallOf(psi)
	}
	return p, nil
}

func stallOf(psi procfs.PSIStats) (s Stall) {
	if psi.Some != nil {
		s.SomeAvg10, s.SomeTotal = unit.Ratio(psi.Some.Avg10/100), time.Duration(psi.Some.Total)*time.Microsecond
	}
	if psi.Full != nil {
		s.FullAvg10, s.FullTotal = unit.Ratio(psi.Full.Avg10/100), time.Duration(psi.Full.Total)*time.Microsecond
	}
	return s
}

// Info says what the machine is. What cannot be read is left empty.
func (f *FS) Info() (Info, error) {
	memory, err := f.Memory()
	if err != nil {
		return Info{}, err
	}
	cpu, err := f.CPU()
	if err != nil {
		return Info{}, err
	}
	boot, err := f.bootTime()
	if err != nil {
		return Info{}, fmt.Errorf("read boot time: %w", err)
	}
	release := f.text("etc/os-release")
	if release == "" {
		release = f.text("usr/lib/os-release")
	}
	return Info{Hostname: f.text("proc/sys/kernel/hostname"), System: parseName(release, "PRETTY_NAME"), Kernel: f.text("proc/sys/kernel/osrelease"),
		Arch: runtime.GOARCH, OS: runtime.GOOS, CPUs: cpu.OnlineCount, Memory: memory.Total, PageSize: unit.Size(os.Getpagesize()),
		BootID: f.BootID(), BootTime: boot}, nil
}

// Mounts lists what is mounted in the mount namespace of a process, in the
// kernel's order (/proc/<pid>/mountinfo).
//
// By hand: findmnt -N <pid>.
func (f *FS) Mounts(pid int) ([]Mount, error) {
	file, err := os.Open(filepath.Clean(f.of(pid, "mountinfo")))
	if err != nil {
		return nil, fmt.Errorf("list mounts of process %d: %w", pid, goneOr(err))
	}
	defer file.Close()
	infos, err := mountinfo.GetMountsFromReader(file, nil)
	if err != nil {
		return nil, fmt.Errorf("list mounts of process %d: %w", pid, goneOr(err))
	}
	mounts := make([]Mount, 0, len(infos))
	for _, m := range infos {
		mounts = append(mounts, Mount{Mountpoint: m.Mountpoint, Root: m.Root, Type: m.FSType, Source: m.Source,
			Options: m.Options, Super: m.VFSOptions, Device: fmt.Sprintf("%d:%d", m.Major, m.Minor)})
	}
	return mounts, nil
}

// Swaps lists the swap areas in use (/proc/swaps).
func (f *FS) Swaps() ([]Swap, error) {
	areas, err := f.proc.Swaps()
	if err != nil {
		return nil, fmt.Errorf("list swap areas: %w", err)
	}
	swaps := []Swap{}
	for _, a := range areas {
		swaps = append(swaps, Swap{Path: strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(a.Filename), Type: a.Type, Size: unit.Size(a.Size) * unit.KiB, Used: unit.Size(a.Used) * unit.KiB, Priority: int64(a.Priority)})
	}
	return swaps, nil
}

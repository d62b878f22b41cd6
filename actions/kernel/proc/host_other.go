//go:build !linux

package proc

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/load"
	"github.com/shirou/gopsutil/v4/mem"

	"isolab/schema/unit"
)

// Memory asks the system for its memory.
func (f *FS) Memory() (Memory, error) {
	v, err := mem.VirtualMemory()
	if err != nil {
		return Memory{}, fmt.Errorf("read memory: %w", err)
	}
	m := Memory{Total: unit.Size(v.Total), Free: unit.Size(v.Free), Available: unit.Size(v.Available), origin: "the system's memory interface"}
	if swap, err := mem.SwapMemory(); err == nil {
		m.SwapTotal, m.SwapFree = unit.Size(swap.Total), unit.Size(swap.Free)
	}
	return m.withUsed(), nil
}

// CPU asks the system what its CPUs did.
func (f *FS) CPU() (CPU, error) {
	all, err := cpu.Times(false)
	if err != nil || len(all) == 0 {
		return CPU{}, fmt.Errorf("read cpu times: %w", err)
	}
	result := CPU{Total: timesOf(all[0]), origin: "the system's processor interface"}
	each, err := cpu.Times(true)
	if err != nil {
		return CPU{}, fmt.Errorf("read cpu times: %w", err)
	}
	for i, times := range each {
		result.PerCPU = append(result.PerCPU, NumberedTime{CPU: int64(i), Times: timesOf(times)})
	}
	result.OnlineCount = int64(len(each))
	result.Online = fmt.Sprintf("0-%d", len(each)-1)
	return result, nil
}

func timesOf(s cpu.TimesStat) CPUTimes {
	return CPUTimes{User: seconds(s.User), Nice: seconds(s.Nice), System: seconds(s.System), Idle: seconds(s.Idle), IOWait: seconds(s.Iowait),
		IRQ: seconds(s.Irq), SoftIRQ: seconds(s.Softirq), Steal: seconds(s.Steal)}
}

// LoadAvg asks the system for its load.
func (f *FS) LoadAvg() (Load, error) {
	avg, err := load.Avg()
	if err != nil {
		return Load{}, fmt.Errorf("read load: %w", err)
	}
	return Load{One: avg.Load1, Five: avg.Load5, Fifteen: avg.Load15}, nil
}

// Info says what the machine is.
func (f *FS) Info() (Info, error) {
	info, err := host.Info()
	if err != nil {
		return Info{}, fmt.Errorf("read host: %w", err)
	}
	memory, err := f.Memory()
	if err != nil {
		return Info{}, err
	}
	return Info{Hostname: info.Hostname, System: info.Platform + " " + info.PlatformVersion, Kernel: info.KernelVersion, Arch: runtime.GOARCH,
		OS: runtime.GOOS, CPUs: int64(runtime.NumCPU()), Memory: memory.Total, PageSize: unit.Size(os.Getpagesize()),
		BootID: f.BootID(), BootTime: time.Unix(int64(info.BootTime), 0)}, nil
}

// Pressure is a Linux kernel's.
func (f *FS) Pressure() (Pressure, error) { return Pressure{}, notHere("read pressure") }

// Disks are counted on Linux only.
func (f *FS) Disks() ([]Disk, error) { return nil, notHere("read disks") }

// Mounts are listed on Linux only.
func (f *FS) Mounts(int) ([]Mount, error) { return nil, notHere("list mounts") }

// Swaps are listed on Linux only.
func (f *FS) Swaps() ([]Swap, error) { return nil, notHere("list swap areas") }

// Filesystems are listed on Linux only.
func (f *FS) Filesystems() ([]string, error) { return nil, notHere("list file systems") }

// Modules are listed on Linux only.
func (f *FS) Modules() ([]string, error) { return nil, notHere("list modules") }

// InNamespaceOf needs Linux: namespaces are its kernel's.
func (f *FS) InNamespaceOf(int, string) ([]Summary, error) { return nil, notHere("list a namespace") }

// InCgroup needs Linux: cgroups are its kernel's.
func (f *FS) InCgroup(string) ([]Summary, error) { return nil, notHere("list a cgroup") }

// HasEnv is answered on Linux only.
func (f *FS) HasEnv(int, string, string) bool { return false }

// WithEnv is answered on Linux only.
func (f *FS) WithEnv(string, string) ([]Summary, error) { return nil, notHere("find processes") }

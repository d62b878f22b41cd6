package machine

import (
	"context"
	"os"
	goruntime "runtime"
	"sync"

	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"

	"isolab/actions/kernel/cgroup"
	"isolab/schema/unit"
)

// Facts are what this machine is. They are read once.
type Facts struct {
	OS              string
	Kernel          string // release, such as 6.1.0-18-amd64
	CPUs            int    // that this process may use
	Memory          unit.Size
	MemoryAvailable unit.Size
	Swap            unit.Size // total
	Root            bool
	Cgroups         *cgroup.Host // nil where there are none
	CgroupsWhy      error        // why not

	mu      sync.Mutex
	devices map[string]error
}

// Look reads the facts. What cannot be read stays zero.
func Look(ctx context.Context, root string) *Facts {
	f := &Facts{OS: thisOS, CPUs: goruntime.NumCPU(), Root: os.Geteuid() == 0, devices: map[string]error{}}
	f.Kernel, _ = host.KernelVersionWithContext(ctx)
	if memory, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		f.Memory, f.MemoryAvailable = unit.Size(memory.Total), unit.Size(memory.Available)
	}
	if swap, err := mem.SwapMemoryWithContext(ctx); err == nil {
		f.Swap = unit.Size(swap.Total)
	}
	f.Cgroups, f.CgroupsWhy = cgroup.Open(root)
	return f
}

// CgroupVersion is v1, v2, hybrid, or empty.
func (f *Facts) CgroupVersion() string {
	if f.Cgroups == nil {
		return ""
	}
	return string(f.Cgroups.Version())
}

// Device reports why the disk that holds a directory cannot be limited; nil when
// it can.
func (f *Facts) Device(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err, known := f.devices[dir]; known {
		return err
	}
	err := f.CgroupsWhy
	if f.Cgroups != nil {
		if _, err = f.Cgroups.ResolveDevice(dir); err == nil {
			err = f.Cgroups.Supports(cgroup.FeatureIOThrottle)
		}
	}
	f.devices[dir] = err
	return err
}

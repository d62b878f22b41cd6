package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/system"

	"isolab/actions/runtime"
)

// Top lists the container's processes as the daemon sees them, with ps(1) on its
// own host.
//
// By hand: docker top <name> -eo pid,ppid,user,args
func (r *Runtime) Top(ctx context.Context, name string) ([]runtime.TopProcess, error) {
	var processes []runtime.TopProcess
	err := r.call(ctx, quick, "list processes of container "+name, func(ctx context.Context) error {
		info, err := r.known(ctx)
		if err != nil {
			return err
		}
		var columns []string // Windows takes none
		if info.OSType != windows {
			columns = []string{"-eo", "pid,ppid,user,args"}
		}
		top, err := r.client.ContainerTop(ctx, name, columns)
		if err == nil {
			processes, err = topProcesses(top)
		}
		return err
	})
	return processes, err
}

// topProcesses reads the columns by their titles: PID PPID USER COMMAND of ps,
// Name and PID on Windows.
func topProcesses(top container.TopResponse) ([]runtime.TopProcess, error) {
	column := func(names ...string) int {
		return slices.IndexFunc(top.Titles, func(t string) bool { return slices.Contains(names, strings.ToUpper(t)) })
	}
	pid, ppid, user, command := column("PID"), column("PPID"), column("USER"), column("COMMAND", "CMD", "ARGS", "NAME")
	if pid < 0 {
		return nil, fmt.Errorf("the daemon lists processes without pids: %q", top.Titles)
	}
	var processes []runtime.TopProcess
	for _, row := range top.Processes {
		cell := func(i int) string {
			if i < 0 || i >= len(row) {
				return ""
			}
			return row[i]
		}
		number := func(i int) int { n, _ := strconv.Atoi(cell(i)); return n }
		processes = append(processes, runtime.TopProcess{PID: number(pid), PPID: number(ppid), User: cell(user), Command: cell(command)})
	}
	return processes, nil
}

// Stats takes one sample the way `docker stats --no-stream` does. The daemon
// waits for a second one to tell the CPU's part, which lasts one to two seconds.
//
// By hand: docker stats --no-stream <name>
func (r *Runtime) Stats(ctx context.Context, name string) (runtime.Stats, error) {
	var stats runtime.Stats
	err := r.call(ctx, quick, "read stats of container "+name, func(ctx context.Context) error {
		response, err := r.client.ContainerStats(ctx, name, false)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		var sample container.StatsResponse
		if err := json.NewDecoder(response.Body).Decode(&sample); err != nil {
			return fmt.Errorf("read the daemon's stats: %w", err)
		}
		if sample.Read.IsZero() {
			return fmt.Errorf("no stats: %w", runtime.ErrNotRunning)
		}
		info, err := r.known(ctx)
		stats = statsOf(sample, info.OSType)
		return err
	})
	return stats, err
}

func statsOf(s container.StatsResponse, system string) runtime.Stats {
	stats := runtime.Stats{Read: s.Read}
	for _, n := range s.Networks {
		stats.RxBytes += int64(n.RxBytes)
		stats.TxBytes += int64(n.TxBytes)
	}
	if system == windows {
		windowsStats(&stats, s)
		return stats
	}
	stats.CPU = time.Duration(s.CPUStats.CPUUsage.TotalUsage)
	stats.CPUPercent = cpuPercent(s)
	stats.Memory, stats.MemoryLimit = usedMemory(s.MemoryStats), int64(s.MemoryStats.Limit)
	stats.PIDs = int64(s.PidsStats.Current)
	for _, e := range s.BlkioStats.IoServiceBytesRecursive {
		switch strings.ToLower(e.Op) {
		case "read":
			stats.ReadBytes += int64(e.Value)
		case "write":
			stats.WriteBytes += int64(e.Value)
		}
	}
	return stats
}

// cpuPercent is the container's part of all CPU time between two samples, times
// the number of CPUs: 100 is one CPU.
func cpuPercent(s container.StatsResponse) float64 {
	used := float64(s.CPUStats.CPUUsage.TotalUsage) - float64(s.PreCPUStats.CPUUsage.TotalUsage)
	all := float64(s.CPUStats.SystemUsage) - float64(s.PreCPUStats.SystemUsage)
	cpus := float64(s.CPUStats.OnlineCPUs)
	if cpus == 0 {
		cpus = float64(len(s.CPUStats.CPUUsage.PercpuUsage))
	}
	if s.PreCPUStats.SystemUsage == 0 || all <= 0 || used <= 0 {
		return 0
	}
	return used / all * cpus * 100
}

// usedMemory leaves out the page cache that can be had back at once. cgroup v1
// names it total_inactive_file, v2 inactive_file.
func usedMemory(m container.MemoryStats) int64 {
	cache, ok := m.Stats["total_inactive_file"]
	if !ok {
		cache = m.Stats["inactive_file"]
	}
	if cache > m.Usage {
		cache = 0
	}
	return int64(m.Usage - cache)
}

// windowsStats: CPU time is counted in units of 100 ns, the docker command shows
// it as a part of all processors, and memory is the private working set.
func windowsStats(stats *runtime.Stats, s container.StatsResponse) {
	const tick = 100 * time.Nanosecond
	stats.CPU = time.Duration(s.CPUStats.CPUUsage.TotalUsage) * tick
	possible := float64(s.Read.Sub(s.PreRead)/tick) * float64(s.NumProcs)
	used := float64(s.CPUStats.CPUUsage.TotalUsage) - float64(s.PreCPUStats.CPUUsage.TotalUsage)
	if possible > 0 && used > 0 && !s.PreRead.IsZero() {
		stats.CPUPercent = used / possible * 100
	}
	stats.PrivateWorkingSet = int64(s.MemoryStats.PrivateWorkingSet)
	stats.Memory = stats.PrivateWorkingSet
	stats.ReadBytes = int64(s.StorageStats.ReadSizeBytes)
	stats.WriteBytes = int64(s.StorageStats.WriteSizeBytes)
}

// HostSeesProcesses reports whether the container's main process is one of this
// host's: not so in a virtual machine and behind a user-space kernel that keeps
// processes to itself.
func (r *Runtime) HostSeesProcesses(ctx context.Context, name string) (bool, error) {
	inspection, err := r.Inspect(ctx, name)
	if err != nil {
		return false, err
	}
	if inspection.PID == 0 {
		return false, fmt.Errorf("look for the processes of container %s: %w", name, runtime.ErrNotRunning)
	}
	if slices.Contains(sandboxes, inspection.Runtime) {
		return false, nil
	}
	info, err := r.known(ctx)
	if err == nil && info.OSType == windows {
		return windowsSees(inspection.Isolation, info, hostIsVM(r.host, info)), nil
	}
	return hostSees(inspection.PID, inspection.ID), nil
}

// windowsSees reports whether a Windows host has the processes of a container in
// its own list: in process isolation, and when the daemon is not elsewhere. A
// container that was made without saying so has the daemon's default mode.
func windowsSees(isolation string, info system.Info, elsewhere bool) bool {
	if isolation == "" || isolation == "default" {
		isolation = string(info.Isolation)
	}
	return isolation == "process" && !elsewhere
}

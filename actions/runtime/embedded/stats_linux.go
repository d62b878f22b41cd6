package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
)

// statsApart is the time between the two readings of the CPU time that a
// percentage takes: the pace at which Docker's daemon reads.
const statsApart = time.Second

// Stats is one sample of the container's cgroup and of its network interfaces. A
// container that runs was read once before, statsApart earlier, to tell its part of
// the CPUs; of any other one that part is 0.
func (r *Runtime) Stats(ctx context.Context, name string) (runtime.Stats, error) {
	stats, err := r.stats(ctx, name)
	if err != nil {
		return stats, fmt.Errorf("stats of container %s: %w", name, err)
	}
	return stats, nil
}

func (r *Runtime) stats(ctx context.Context, name string) (runtime.Stats, error) {
	rec, err := r.current(name)
	if err != nil {
		return runtime.Stats{}, err
	}
	group, err := r.group(rec)
	if err != nil {
		return runtime.Stats{}, err
	}
	percent, err := cpuPercent(ctx, rec, group)
	if err != nil {
		return runtime.Stats{}, err
	}
	reading, err := group.Read(ctx)
	if err != nil {
		return runtime.Stats{}, unsupported(err)
	}
	stats := runtime.Stats{
		Read: time.Now(), CPU: reading.CPU.Usage, CPUPercent: percent, PIDs: reading.Pids.Current,
		Memory:      int64(reading.Memory.Usage) - inactiveFile(group),
		MemoryLimit: int64(reading.Memory.Limit),
		ReadBytes:   int64(reading.IO.ReadBytes), WriteBytes: int64(reading.IO.WriteBytes),
	}
	if reading.Memory.Limit.IsUnlimited() {
		stats.MemoryLimit = machineMemory()
	}
	if rec.State == runtime.StateRunning && rec.Spec.Network != "host" {
		stats.RxBytes, stats.TxBytes = networkBytes(rec.Process.PID)
	}
	return stats, nil
}

// cpuPercent is the CPU time that the container used within statsApart, against
// the time that passed: 100 is one CPU.
func cpuPercent(ctx context.Context, rec record, group *cgroup.Group) (float64, error) {
	if rec.State != runtime.StateRunning {
		return 0, nil
	}
	began := time.Now()
	before, err := group.Counters()
	if err != nil {
		return 0, unsupported(err)
	}
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(statsApart):
	}
	after, err := group.Counters()
	if err != nil {
		return 0, unsupported(err)
	}
	return 100 * (after.CPUUsage - before.CPUUsage).Seconds() / time.Since(began).Seconds(), nil
}

// inactiveFile is the part of the page cache that the docker command deducts.
func inactiveFile(group *cgroup.Group) int64 {
	file, err := group.ReadFile("memory.stat")
	if err != nil {
		return 0
	}
	if v, ok := file.Keys["total_inactive_file"]; ok { // cgroup v1
		return v
	}
	return file.Keys["inactive_file"]
}

func machineMemory() int64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}

// networkBytes sums /proc/<pid>/net/dev over the interfaces but lo
// (proc_pid_net(5)): received bytes in the first column, sent ones in the ninth.
func networkBytes(pid int) (received, sent int64) {
	text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "net", "dev"))
	for line := range strings.Lines(string(text)) {
		name, numbers, ok := strings.Cut(line, ":")
		fields := strings.Fields(numbers)
		if !ok || strings.TrimSpace(name) == "lo" || len(fields) < 9 {
			continue
		}
		in, _ := strconv.ParseInt(fields[0], 10, 64)
		out, _ := strconv.ParseInt(fields[8], 10, 64)
		received, sent = received+in, sent+out
	}
	return received, sent
}

// Top lists the processes of the container's cgroup, by host process ids.
func (r *Runtime) Top(ctx context.Context, name string) ([]runtime.TopProcess, error) {
	list, err := r.top(name)
	if err != nil {
		return nil, fmt.Errorf("top of container %s: %w", name, err)
	}
	return list, nil
}

func (r *Runtime) top(name string) ([]runtime.TopProcess, error) {
	rec, err := r.running(name)
	if err != nil {
		return nil, err
	}
	pids, err := r.processes(rec)
	if err != nil {
		return nil, err
	}
	var list []runtime.TopProcess
	for _, pid := range pids {
		process, err := topProcess(pid)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // ended meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, process)
	}
	return list, nil
}

// processes are those of the cgroup or, without one, of the pid namespace.
func (r *Runtime) processes(rec record) (pids []int, err error) {
	group, err := r.group(rec)
	if err == nil {
		return group.Procs()
	}
	if !errors.Is(err, errNoGroup) {
		return nil, err
	}
	own, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", rec.Process.PID))
	if err != nil {
		return nil, err
	}
	links, err := filepath.Glob("/proc/[0-9]*/ns/pid")
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == own {
			pid, _ := strconv.Atoi(strings.Split(link, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids, err
}

// topProcess reads /proc/<pid>/status and cmdline.
func topProcess(pid int) (runtime.TopProcess, error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return runtime.TopProcess{}, err
	}
	command, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if err != nil {
		return runtime.TopProcess{}, err
	}
	process := runtime.TopProcess{PID: pid, Command: strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " "))}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch key {
		case "Name":
			if process.Command == "" { // a zombie
				process.Command = "[" + value + "]"
			}
		case "PPid":
			process.PPID, _ = strconv.Atoi(value)
		case "Uid":
			process.User = userName(strings.Fields(value)[0])
		}
	}
	return process, nil
}

// userName is the host's name for a user id, or the number.
func userName(uid string) string {
	if known, err := user.LookupId(uid); err == nil {
		return known.Username
	}
	return uid
}

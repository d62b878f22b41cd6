//go:build !linux

package proc

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"isolab/schema/unit"
)

// FS stands for the system's own interfaces; there is no /proc here. It is safe
// for concurrent use.
type FS struct{}

// Open takes the live machine; a copied tree can be read on Linux only.
func Open(string) (*FS, error) { return &FS{}, nil }

// notHere is the answer to what only a Linux kernel has.
func notHere(what string) error {
	return fmt.Errorf("%s: it needs a Linux kernel: %w", what, ErrUnsupported)
}

// find opens a process; one that is not there is [ErrGone].
func find(pid int) (*process.Process, error) {
	p, err := process.NewProcess(int32(pid))
	if errors.Is(err, process.ErrorProcessNotRunning) {
		return nil, ErrGone
	}
	return p, err
}

// Process reads what this system tells about a process; fields that only a Linux
// kernel has are empty and listed in Missing.
func (f *FS) Process(pid int) (Process, error) {
	p, err := find(pid)
	if err != nil {
		return Process{}, fmt.Errorf("read process %d: %w", pid, err)
	}
	s, err := summaryOf(p)
	if err != nil {
		return Process{}, fmt.Errorf("read process %d: %w", pid, err)
	}
	result := Process{PID: s.PID, PPID: s.PPID, StartTime: time.UnixMilli(s.StartTicks), StartTicks: s.StartTicks, User: s.User,
		UID: s.UID, Command: s.Command, CommandLine: s.CommandLine, State: s.State, StateName: stateName(s.State), Threads: s.Threads,
		RSS: s.RSS, CPUTime: s.CPUTime, Missing: map[string]string{}, origins: map[string]string{}}
	if memory, err := p.MemoryInfo(); err == nil {
		result.VMSize, result.Swap = unit.Size(memory.VMS), unit.Size(memory.Swap)
	}
	for _, field := range []string{"gid", "oom_score", "oom_score_adj", "capabilities", "seccomp", "seccomp_mode", "no_new_privs", "pids", "namespaces",
		"cgroups", "uid_map", "gid_map", "cpus_allowed", "cpus_allowed_count", "limits", "voluntary_switches", "nonvoluntary_switches"} {
		result.Missing[field] = "it needs a Linux kernel"
	}
	return result, nil
}

// Processes lists all processes that the reader may see, by id.
func (f *FS) Processes() ([]Summary, error) {
	all, err := process.Processes()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	list := make([]Summary, 0, len(all))
	for _, p := range all {
		if s, err := summaryOf(p); err == nil {
			list = append(list, s)
		}
	}
	return list, nil
}

// Summaries is the list for given process ids; ids that name no process are left
// out.
func (f *FS) Summaries(pids []int) ([]Summary, error) {
	list := make([]Summary, 0, len(pids))
	for _, pid := range pids {
		if p, err := find(pid); err == nil {
			if s, err := summaryOf(p); err == nil {
				list = append(list, s)
			}
		}
	}
	return list, nil
}

// summaryOf asks for each value by itself: the system may refuse some of them
// for processes of other users, which then stay empty.
func summaryOf(p *process.Process) (Summary, error) {
	name, err := p.Name()
	if err != nil {
		return Summary{}, err
	}
	s := Summary{PID: int(p.Pid), Command: name, State: "?"}
	if ppid, err := p.Ppid(); err == nil {
		s.PPID = int(ppid)
	}
	if words, err := p.CmdlineSlice(); err == nil {
		s.CommandLine = words
	}
	if uids, err := p.Uids(); err == nil && len(uids) > 1 {
		s.UID = int(uids[1]) // real, effective, saved
		s.User = strconv.Itoa(s.UID)
	}
	if user, err := p.Username(); err == nil {
		s.User = user
	}
	if states, err := p.Status(); err == nil && len(states) > 0 {
		s.State = letter(states[0])
	}
	if threads, err := p.NumThreads(); err == nil {
		s.Threads = int64(threads)
	}
	if memory, err := p.MemoryInfo(); err == nil {
		s.RSS = unit.Size(memory.RSS)
	}
	if times, err := p.Times(); err == nil {
		s.CPUTime = seconds(times.User + times.System)
	}
	if created, err := p.CreateTime(); err == nil {
		s.StartTicks = created // milliseconds since 1970: only its identity matters
	}
	return s, nil
}

// letter turns the library's words for a state back into the kernel's letter.
func letter(state string) string {
	switch state {
	case process.Running:
		return "R"
	case process.Sleep, process.Wait, process.Lock:
		return "S"
	case process.Blocked:
		return "D"
	case process.Stop:
		return "T"
	case process.Zombie:
		return "Z"
	case process.Idle:
		return "I"
	}
	return "?"
}

package receipt

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"isolab/actions"
)

// maxEnviron bounds what is read of a process's environment, in bytes.
const maxEnviron = 1 << 20

// processes lists the processes of any run: those whose environment carries the
// run's id (/proc/<pid>/environ, which is as it was at execve(2) and stays with
// every descendant, also one that left its session), and those in a cgroup of ours.
func (m machine) processes(ctx context.Context) ([]Item, error) {
	proc, err := unix.Open(m.path("proc"), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /proc: %w", err)
	}
	defer unix.Close(proc)
	pids, err := pidsIn(m.path("proc"))
	if err != nil {
		return nil, err
	}
	groups := m.inOurCgroups(ctx)
	var items []Item
	buffer := make([]byte, 64<<10)
	for _, pid := range pids {
		run, group := nonce(proc, pid, &buffer), groups[pid]
		if run == "" && group == "" {
			continue
		}
		if item, ok := m.process(pid); ok {
			item.Run, item.Detail = run, group
			items = append(items, item)
		}
	}
	return items, ctx.Err()
}

func pidsIn(proc string) ([]int, error) {
	dir, err := os.Open(proc)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, err
}

// nonce returns the run whose id the process's environment carries; empty when it
// has none, may not be read, or has ended.
func nonce(proc, pid int, buffer *[]byte) string {
	fd, err := unix.Openat(proc, strconv.Itoa(pid)+"/environ", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	size := 0
	for size < maxEnviron {
		if size == len(*buffer) {
			*buffer = append(*buffer, make([]byte, len(*buffer))...)
		}
		n, err := unix.Read(fd, (*buffer)[size:])
		if n <= 0 || err != nil {
			break
		}
		size += n
	}
	return lookup((*buffer)[:size], actions.NonceEnv)
}

// lookup finds a variable in an environment of KEY=value strings that end with a
// zero byte.
func lookup(environ []byte, name string) string {
	entry := []byte(name + "=")
	for from := 0; ; {
		at := bytes.Index(environ[from:], entry)
		if at < 0 {
			return ""
		}
		start := from + at
		if start == 0 || environ[start-1] == 0 {
			value, _, _ := bytes.Cut(environ[start+len(entry):], []byte{0})
			return string(value)
		}
		from = start + 1
	}
}

// inOurCgroups maps the processes in cgroups that isolab made to the cgroup.
func (m machine) inOurCgroups(ctx context.Context) map[int]string {
	groups := map[int]string{}
	tops, _ := m.hierarchies()
	for _, top := range tops {
		ours, _ := filepath.Glob(filepath.Join(top, "isolab*"))
		for _, dir := range ours {
			addMembers(dir, groups)
			_ = walk(ctx, dir, func(dir string) { addMembers(dir, groups) })
		}
	}
	return groups
}

func addMembers(dir string, groups map[int]string) {
	data, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	if err != nil {
		return
	}
	for field := range strings.FieldsSeq(string(data)) {
		if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
			groups[pid] = dir
		}
	}
}

// process describes a process by its id, its name, and when it began: fields 2 and
// 22 of /proc/<pid>/stat (proc_pid_stat(5)).
func (m machine) process(pid int) (Item, bool) {
	data, err := os.ReadFile(m.path("proc", strconv.Itoa(pid), "stat"))
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if err != nil || open < 0 || end < open {
		return Item{}, false
	}
	fields := bytes.Fields(data[end+1:])
	if len(fields) < 20 {
		return Item{}, false
	}
	return Item{Name: fmt.Sprintf("%d %s", pid, data[open+1:end]), ID: string(fields[19])}, true
}

package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// startOf returns when a process began, in clock ticks since boot: field 22 of
// /proc/<pid>/stat (proc_pid_stat(5)). The error is os.ErrNotExist when there is
// no such process, or only what its parent has not reaped yet.
func startOf(pid int) (uint64, error) {
	state, start, err := stat(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	if ended(state) && !threadsLive(pid) {
		return 0, fmt.Errorf("process %d has ended: %w", pid, os.ErrNotExist)
	}
	return start, nil
}

// threadsLive reports whether a thread outlives its process's first one: after
// SIGKILL a thread inside a long system call finishes that first, and may still
// make what the call makes.
func threadsLive(pid int) bool {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return false
	}
	for _, task := range tasks {
		state, _, err := stat(fmt.Sprintf("/proc/%d/task/%s/stat", pid, task.Name()))
		if err == nil && !ended(state) {
			return true
		}
	}
	return false
}

func ended(state byte) bool { return state == 'Z' || state == 'X' }

// stat reads the state and the start time from a stat file. The command's name may
// hold spaces and brackets, so fields are counted from the last bracket.
func stat(path string) (state byte, start uint64, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, vanished(err)
	}
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 20 {
		return 0, 0, fmt.Errorf("read %s: %d fields after the name", path, len(fields))
	}
	start, err = strconv.ParseUint(string(fields[19]), 10, 64)
	return fields[0][0], start, err
}

// bootID is a random id of this boot (random(4)).
func bootID() string { return line("/proc/sys/kernel/random/boot_id") }

// scope is the pid namespace, in which a process id means something, and the time
// namespace, by whose offset the kernel shifts start times (time_namespaces(7)).
func scope() string {
	pid, _ := os.Readlink("/proc/self/ns/pid")
	clock, _ := os.Readlink("/proc/self/ns/time")
	return pid + " " + clock
}

// machine names this machine across boots. Cloned images often share their machine-id(5), and
// machines sometimes a name, so both count.
func machine() string {
	host, _ := os.Hostname()
	return strings.TrimSpace(line("/etc/machine-id") + " " + host)
}

func line(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// vanished turns "no such process", which reading the file of a process that ends
// meanwhile gives, into os.ErrNotExist.
func vanished(err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("%w: %w", os.ErrNotExist, err)
	}
	return err
}

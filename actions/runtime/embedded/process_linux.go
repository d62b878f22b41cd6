package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// identify reads the start time that tells a process from a later one with the
// same id.
func (r *Runtime) identify(pid int) (process, error) {
	start, err := startTime(pid)
	return process{PID: pid, Start: start, Boot: r.boot}, err
}

// startTime reads field 22 of /proc/<pid>/stat; the name in field 2 may hold
// anything, so counting begins behind its last parenthesis.
func startTime(pid int) (ticks uint64, err error) {
	path := filepath.Join("/proc", fmt.Sprint(pid), "stat")
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 20 {
		return 0, fmt.Errorf("%s: %d fields", path, len(fields))
	}
	_, err = fmt.Sscan(fields[19], &ticks)
	return ticks, err
}

// stillRuns waits up to a time for a process to end.
func (r *Runtime) stillRuns(p process, most time.Duration) (bool, error) {
	fd, err := r.open(p)
	if err != nil || fd < 0 {
		return false, err
	}
	defer unix.Close(fd)
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, int(most.Milliseconds()))
	if errors.Is(err, unix.EINTR) {
		return true, nil
	}
	return n == 0, err
}

// open gets a pidfd of exactly this process; -1 when it has ended.
func (r *Runtime) open(p process) (fd int, err error) {
	if p.PID <= 0 || p.Boot != r.boot {
		return -1, nil
	}
	fd, err = unix.PidfdOpen(p.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		return -1, nil
	}
	if err != nil {
		return -1, fmt.Errorf("pidfd_open %d: %w", p.PID, err)
	}
	// Looked at after opening: now the id cannot go to another process unnoticed.
	if start, err := startTime(p.PID); err != nil || start != p.Start {
		return -1, unix.Close(fd)
	}
	return fd, nil
}

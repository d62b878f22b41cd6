package docker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/proc"
)

// exitStatus asks the kernel how the process ended. A zombie shows it in
// /proc/<pid>/stat, field 52 (proc_pid_stat(5); 0 to those who may not trace it).
// Once it was reaped, which its parent does at any moment, a pidfd still knows it
// from kernel 6.15 on (PIDFD_GET_INFO with PIDFD_INFO_EXIT).
func exitStatus(pidfd, pid int) waitStatus {
	const tries, pause = 50, 2 * time.Millisecond
	zombie := zombieStatus(pid)
	for range tries {
		info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT}
		err := unix.IoctlPidfdInfo(pidfd, &info)
		if err == nil && info.Mask&unix.PIDFD_INFO_EXIT != 0 {
			return waitStatus{known: true, status: syscall.WaitStatus(info.Exit_code)}
		}
		if zombie.known || err != nil && err != unix.ESRCH {
			break
		}
		time.Sleep(pause)
	}
	return zombie
}

func zombieStatus(pid int) waitStatus {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	_, rest, ok := strings.Cut(string(text), ") ") // behind the name, which may hold spaces
	fields := strings.Fields(rest)
	if err != nil || !ok || len(fields) < 50 || fields[0] != "Z" {
		return waitStatus{}
	}
	code, err := strconv.Atoi(fields[49])
	return waitStatus{known: err == nil, status: syscall.WaitStatus(code)}
}

// hostSees reports whether a process here belongs to the container: every Docker
// and Podman puts the id into the name of the cgroup (/proc/<pid>/cgroup).
func hostSees(pid int, id string) bool {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cgroup"))
	return err == nil && strings.Contains(string(text), id)
}

// killOwned kills a process of the container on this host, and only that.
func killOwned(pid int, id string) error {
	owned := true
	err := proc.SignalIf(pid, unix.SIGKILL, func() bool { owned = hostSees(pid, id); return owned })
	switch {
	case !owned:
		return fmt.Errorf("process %d is not one of container %s here", pid, id)
	case errors.Is(err, proc.ErrGone):
		return nil
	}
	return err
}

package journal

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// startOf returns when a process began, in microseconds since 1970. The error is
// os.ErrNotExist when there is no such process.
func startOf(pid int) (uint64, error) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return 0, fmt.Errorf("look up process %d: %w: %w", pid, os.ErrNotExist, err)
	}
	if int(info.Proc.P_pid) != pid {
		return 0, fmt.Errorf("look up process %d: %w", pid, os.ErrNotExist)
	}
	return uint64(info.Proc.P_starttime.Sec)*1e6 + uint64(info.Proc.P_starttime.Usec), nil
}

// bootID is empty: start times are absolute.
func bootID() string { return "" }

// scope is empty: there are no process namespaces.
func scope() string { return "" }

func machine() string {
	host, _ := os.Hostname()
	return host
}

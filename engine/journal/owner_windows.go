package journal

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// startOf returns when a process began, in units of 100 ns since 1601. The error
// is os.ErrNotExist when there is no such process, or it has ended.
func startOf(pid int) (uint64, error) {
	handle, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION|windows.SYNCHRONIZE, false, uint32(pid))
	if errors.Is(err, windows.ERROR_INVALID_PARAMETER) {
		return 0, fmt.Errorf("open process %d: %w", pid, os.ErrNotExist)
	}
	if err != nil {
		return 0, fmt.Errorf("open process %d: %w", pid, err)
	}
	defer windows.CloseHandle(handle)
	if event, err := windows.WaitForSingleObject(handle, 0); err == nil && event == windows.WAIT_OBJECT_0 {
		return 0, fmt.Errorf("process %d has ended: %w", pid, os.ErrNotExist)
	}
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(handle, &created, &exited, &kernel, &user); err != nil {
		return 0, fmt.Errorf("read times of process %d: %w", pid, err)
	}
	return uint64(created.HighDateTime)<<32 | uint64(created.LowDateTime), nil
}

// bootID is empty: start times are absolute.
func bootID() string { return "" }

// scope is empty: process ids are the same everywhere on the machine.
func scope() string { return "" }

func machine() string {
	host, _ := os.Hostname()
	return host
}

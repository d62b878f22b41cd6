package stress

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
	"isolab/schema/unit"
)

// hddHog writes a file in the working directory that has no name any more, for
// ever. It keeps to the rules of package fork too.
//
//go:norace
func hddHog(w *worker) int {
	chunk := mapped(uintptr(unit.MiB))
	if chunk == nil {
		say("stress: FAIL: hoghdd malloc failed: Cannot allocate memory\n")
		return applet.Failed
	}
	touch(chunk, 1)
	for writeOnce(chunk, int64(w.hddBytes)) {
	}
	return applet.Failed
}

// writeOnce creates a file, unlinks it at once and fills it.
//
//go:norace
func writeOnce(chunk []byte, total int64) bool {
	file, ok := nameless()
	if !ok {
		say("stress: FAIL: hoghdd cannot create a file in the working directory\n")
		return false
	}
	for total > 0 {
		length := min(total, int64(len(chunk)))
		n, _, err := unix.RawSyscall(unix.SYS_WRITE, file, uintptr(unsafe.Pointer(&chunk[0])), uintptr(length))
		if err != 0 {
			if err == unix.ENOSPC {
				say("stress: FAIL: hoghdd write failed: No space left on device\n")
			} else {
				say("stress: FAIL: hoghdd write failed\n")
			}
			return false
		}
		total -= int64(n)
	}
	unix.RawSyscall(unix.SYS_CLOSE, file, 0, 0)
	return true
}

// nameless opens a new file stress.<pid> and takes its name away.
//
//go:norace
func nameless() (file uintptr, ok bool) {
	name := [32]byte{'s', 't', 'r', 'e', 's', 's', '.'}
	pid, _, _ := unix.RawSyscall(unix.SYS_GETPID, 0, 0, 0)
	for i := 7; pid > 0; i++ { // its digits backwards: unique all the same
		name[i] = byte('0' + pid%10)
		pid /= 10
	}
	here := unix.AT_FDCWD
	at, path := uintptr(here), uintptr(unsafe.Pointer(&name))
	file, _, err := unix.RawSyscall6(unix.SYS_OPENAT, at, path, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o600, 0, 0)
	if err != 0 {
		return 0, false
	}
	unix.RawSyscall(unix.SYS_UNLINKAT, at, path, 0)
	return file, true
}

package journal

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes the lock of an open file with LockFileEx, without waiting. It
// reports false when somebody else has it. The locked byte lies far behind the
// contents, as a lock on Windows also keeps others from reading.
func tryLock(f *os.File) (bool, error) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 20})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return true, nil
}

// ownedByUs is true: the state directory is in the user's profile, whose access
// list keeps others out.
func ownedByUs(os.FileInfo) bool { return true }

// create makes a file that must not be there yet, for reading and writing.
func create(path string) (*os.File, error) { return openShared(path, windows.CREATE_NEW) }

// open opens a file that is there, for reading, writing and locking.
func open(path string) (*os.File, error) { return openShared(path, windows.OPEN_EXISTING) }

// openShared opens a file such that it can be renamed and deleted while it is
// open, which package os does not.
func openShared(path string, disposition uint32) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", path, err)
	}
	const access = windows.GENERIC_READ | windows.GENERIC_WRITE
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	handle, err := windows.CreateFile(name, access, share, nil, disposition, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(handle), path), nil
}

// syncDir does nothing: NTFS journals its directories itself.
func syncDir(string) error { return nil }

package cgroup

import (
	"errors"

	"golang.org/x/sys/unix"
)

// isGone: files of a group that was removed while open answer ENODEV.
func isGone(err error) bool { return errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ESRCH) }

// isBusy: rmdir of a group that holds processes, groups, or is not yet torn down.
func isBusy(err error) bool { return errors.Is(err, unix.EBUSY) || errors.Is(err, unix.ENOTEMPTY) }

// isThreaded: cgroup.procs of a threaded v2 group cannot be read; its processes
// are listed above it (cgroup-v2.html#threads).
func isThreaded(err error) bool { return errors.Is(err, unix.EOPNOTSUPP) }

package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// BootID is the random id of this run of the kernel
// (/proc/sys/kernel/random/boot_id); "" when it cannot be read.
func (f *FS) BootID() string { return f.text("proc/sys/kernel/random/boot_id") }

// Identity names the process that has this id now. The error wraps [ErrGone]
// when there is none.
func (f *FS) Identity(pid int) (Identity, error) {
	stat, err := f.stat(pid)
	if err != nil {
		return Identity{}, fmt.Errorf("identify process %d: %w", pid, err)
	}
	return Identity{PID: pid, StartTime: int64(stat.Starttime), BootID: f.BootID()}, nil
}

// Alive reports whether that very process runs. A zombie has ended; a process
// whose first thread ended while others run has not.
func (f *FS) Alive(id Identity) bool {
	stat, err := f.stat(id.PID)
	if err != nil || int64(stat.Starttime) != id.StartTime || f.BootID() != id.BootID {
		return false
	}
	ended := stat.State == "Z" || stat.State == "X"
	return !ended || stat.NumThreads > 1
}

// Signal sends a signal to that very process, or to none; the start time tells, see
// [SignalIf]. The error wraps [ErrGone] when the process has ended; a zombie counts
// as ended.
func (f *FS) Signal(id Identity, signal syscall.Signal) error {
	if err := f.own(); err != nil {
		return fmt.Errorf("send %s to process %d: %w", unix.SignalName(signal), id.PID, err)
	}
	return SignalIf(id.PID, signal, func() bool { return f.Alive(id) })
}

// own is an error for a tree that is not this machine's own.
func (f *FS) own() error {
	if f.root != "/" {
		return fmt.Errorf("a copied tree has no processes: %w", ErrUnsupported)
	}
	return nil
}

// pidfd opens a process and makes sure that it is the one meant.
func (f *FS) pidfd(id Identity) (int, error) {
	if err := f.own(); err != nil {
		return -1, err
	}
	fd, err := unix.PidfdOpen(id.PID, unix.PIDFD_NONBLOCK)
	if errors.Is(err, unix.EINVAL) { // PIDFD_NONBLOCK came with Linux 5.10
		fd, err = unix.PidfdOpen(id.PID, 0)
	}
	if err != nil {
		return -1, goneOr(os.NewSyscallError("pidfd_open", err))
	}
	if !f.Alive(id) {
		unix.Close(fd)
		return -1, ErrGone
	}
	return fd, nil
}

// WaitExit returns when that very process has ended, at once when it already
// has, or with the context's error. It need not be a child; a child is not
// collected. A pidfd becomes readable when its process ends (pidfd_open(2)).
func (f *FS) WaitExit(ctx context.Context, id Identity) error {
	fd, err := f.pidfd(id)
	if errors.Is(err, ErrGone) {
		return nil
	}
	if err == nil {
		err = waitReadable(ctx, fd)
	}
	if err != nil {
		return fmt.Errorf("wait for process %d: %w", id.PID, err)
	}
	return nil
}

// waitReadable waits in the runtime's poller and closes fd.
func waitReadable(ctx context.Context, fd int) error {
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return err
	}
	file := os.NewFile(uintptr(fd), "pidfd")
	defer file.Close()
	stop := context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	err = conn.Read(func(fd uintptr) bool {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(poll, 0)
		return err == nil && n > 0
	})
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return context.Cause(ctx)
	}
	return err
}

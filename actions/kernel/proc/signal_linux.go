package proc

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// SignalIf sends a signal to the process that has this id, if it is the one meant. A
// pidfd is opened before is looks, so that the signal cannot go to another process
// which got the id meanwhile (pidfd_open(2)). The error wraps [ErrGone] when the
// process has ended, or is not the one meant.
func SignalIf(pid int, signal syscall.Signal, is func() bool) error {
	err := signalIf(pid, signal, is, unix.PidfdOpen)
	if err != nil {
		return fmt.Errorf("send %s to process %d: %w", unix.SignalName(signal), pid, err)
	}
	return nil
}

// signalIf does without a pidfd on kernels that have none, those before 5.3: it looks
// just before it sends.
func signalIf(pid int, signal syscall.Signal, is func() bool, open func(pid, flags int) (int, error)) error {
	fd, err := open(pid, 0)
	if errors.Is(err, unix.ENOSYS) {
		if !is() {
			return ErrGone
		}
		return goneOr(unix.Kill(pid, signal))
	}
	if err != nil {
		return goneOr(os.NewSyscallError("pidfd_open", err))
	}
	defer unix.Close(fd)
	if !is() {
		return ErrGone
	}
	return goneOr(unix.PidfdSendSignal(fd, signal, nil, 0))
}

package process

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/fork"
)

// handover is the pipe through which an orphan tells who it is and whose child
// it became.
type handover struct{ read, write int }

// letter is what the orphan writes: its process id and that of its new parent.
type letter struct{ pid, parent int32 }

func newHandover() (*handover, error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	return &handover{read: ends[0], write: ends[1]}, nil
}

func (h *handover) close() {
	_ = unix.Close(h.read)
	_ = unix.Close(h.write)
}

// beget runs in a forked child: it forks the orphan and ends.
//
//go:norace
func (h *handover) beget() int {
	me, _, _ := unix.RawSyscall(unix.SYS_GETPID, 0, 0, 0)
	id, _, err := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if err != 0 {
		return applet.Failed
	}
	if id == 0 {
		h.orphan(me)
	}
	return applet.OK
}

// orphan waits until its parent is gone, says whose child it is now, and ends.
//
//go:norace
func (h *handover) orphan(parent uintptr) {
	now := parent
	for now == parent {
		fork.Sleep(0, 200_000) // 0.2 ms
		now, _, _ = unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0)
	}
	me, _, _ := unix.RawSyscall(unix.SYS_GETPID, 0, 0, 0)
	told := letter{pid: int32(me), parent: int32(now)}
	unix.RawSyscall(unix.SYS_WRITE, uintptr(h.write), uintptr(unsafe.Pointer(&told)), unsafe.Sizeof(told))
	fork.Exit(applet.OK)
}

// receive waits for the next orphan's letter.
func (h *handover) receive() (pid, parent int, err error) {
	var got letter
	buffer := (*[unsafe.Sizeof(got)]byte)(unsafe.Pointer(&got))[:]
	if n, err := unix.Read(h.read, buffer); err != nil || n != len(buffer) {
		return 0, 0, fmt.Errorf("read from the orphan: %d bytes, %w", n, err)
	}
	return int(got.pid), int(got.parent), nil
}

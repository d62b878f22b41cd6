package stress

import (
	"math"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/fork"
)

// Everything in this file runs in forked children and keeps to the rules of
// package fork: system calls, arithmetic and mapped memory, nothing else.

// worker is one hog to be forked.
type worker struct {
	options
	hog  func(*worker) int
	wait unix.Timespec // before it starts
}

// run is what every worker does: wait for its turn, set the alarm whose SIGALRM
// ends it, and be a hog.
//
//go:norace
func (w *worker) run() int {
	fork.Sleep(w.wait.Sec, w.wait.Nsec)
	alarm(w.timeout)
	return w.hog(w)
}

// itimerval is the kernel's struct of setitimer(2).
type itimerval struct{ interval, value unix.Timeval }

// alarm is alarm(2), which not every architecture has.
//
//go:norace
func alarm(after time.Duration) {
	if after == 0 {
		return
	}
	timer := itimerval{value: unix.Timeval{Sec: int64(after / time.Second), Usec: int64(after % time.Second / time.Microsecond)}}
	unix.RawSyscall(unix.SYS_SETITIMER, unix.ITIMER_REAL, uintptr(unsafe.Pointer(&timer)), 0)
}

// cpuHog computes square roots for ever.
//
//go:norace
func cpuHog(*worker) int {
	x := 1.5
	for {
		x = math.Sqrt(x*x + 1)
		if x < 0 {
			return applet.Failed // keeps the loop from being optimised away
		}
	}
}

// ioHog flushes the file systems for ever.
//
//go:norace
func ioHog(*worker) int {
	for {
		unix.RawSyscall(unix.SYS_SYNC, 0, 0, 0)
	}
}

// vmHog maps memory and writes to it, again and again or until the timeout.
//
//go:norace
func vmHog(w *worker) int {
	region := mapped(uintptr(w.vmBytes))
	for region != nil {
		touch(region, int(w.vmStride))
		hang(w.vmHang)
		if !w.vmKeep {
			unmap(region)
			region = mapped(uintptr(w.vmBytes))
		}
	}
	say("stress: FAIL: hogvm malloc failed: Cannot allocate memory\n")
	return applet.Failed
}

//go:norace
func mapped(size uintptr) []byte {
	at, _, err := unix.RawSyscall6(unix.SYS_MMAP, 0, size, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, ^uintptr(0), 0)
	if err != 0 {
		return nil
	}
	unix.RawSyscall(unix.SYS_MADVISE, at, size, unix.MADV_NOHUGEPAGE)
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), size)
}

//go:norace
func unmap(region []byte) {
	unix.RawSyscall(unix.SYS_MUNMAP, uintptr(unsafe.Pointer(&region[0])), uintptr(len(region)), 0)
}

//go:norace
func touch(region []byte, stride int) {
	for i := 0; i < len(region); i += stride {
		region[i] = 'Z'
	}
}

//go:norace
func hang(seconds int64) {
	if seconds == 0 {
		fork.Pause()
	}
	if seconds > 0 {
		fork.Sleep(seconds, 0)
	}
}

// say writes to standard error.
//
//go:norace
func say(text string) {
	unix.RawSyscall(unix.SYS_WRITE, 2, uintptr(unsafe.Pointer(unsafe.StringData(text))), uintptr(len(text)))
}

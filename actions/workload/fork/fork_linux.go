package fork

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

// Child is what a forked process runs; its result is the exit code. It must keep
// to the rules of the package, and be marked //go:norace, as the race detector's
// own calls break them.
type Child func() (code int)

// Start forks. The child has all signals at their default action and dies with
// the calling thread (prctl(2), PR_SET_PDEATHSIG), so the caller must stay on one:
// see runtime.LockOSThread. The errno is EAGAIN when pids.max or RLIMIT_NPROC
// refuses the process.
//
//go:norace
func Start(child Child) (pid int, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	growStack()
	parent := unix.Getpid()
	all, old := ^uint64(0), uint64(0)
	mask(&all, &old)
	beforeFork()
	// clone(SIGCHLD, 0, …) is fork(2) on every architecture; the first two
	// arguments have the same order on all that Go runs on but s390x.
	id, _, number := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	afterFork() // in the child too
	if number == 0 && id == 0 {
		run(child, parent, &old)
	}
	mask(&old, nil)
	if number != 0 {
		return 0, number
	}
	return int(id), nil
}

// The two that package syscall calls around its own fork. The first keeps the
// goroutine on its thread. The second takes back the scheduler's wish that the
// goroutine make room, if there is one: the child would heed it at its next
// function call and wait for ever for threads that it does not have.
//
//go:linkname beforeFork syscall.runtime_BeforeFork
func beforeFork()

//go:linkname afterFork syscall.runtime_AfterFork
func afterFork()

// run is the child's whole life.
//
//go:norace
func run(child Child, parent int, old *uint64) {
	for s := unix.Signal(1); s <= 64; s++ { // _NSIG
		applet.Default(s)
	}
	unix.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0)
	if ppid, _, _ := unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0); int(ppid) != parent {
		Exit(applet.Failed) // the parent was gone before the line above
	}
	mask(old, nil)
	Exit(child())
}

// Exit ends a forked child at once.
//
//go:norace
//go:nosplit
func Exit(code int) {
	for {
		unix.RawSyscall(unix.SYS_EXIT_GROUP, uintptr(code), 0, 0)
	}
}

// Pause is a Child that sleeps until a signal kills it.
//
//go:norace
func Pause() int {
	for {
		Sleep(3600, 0)
	}
}

// Sleep is nanosleep(2) without the Go scheduler.
//
//go:norace
//go:nosplit
func Sleep(seconds, nanoseconds int64) {
	span := unix.Timespec{Sec: seconds, Nsec: nanoseconds}
	unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&span)), 0, 0)
}

// mask sets the thread's blocked signals.
//
//go:norace
//go:nosplit
func mask(set, old *uint64) {
	const replace = 2 // SIG_SETMASK
	unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, replace, uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
}

// growStack makes room on the goroutine's stack, so that the child, whose other
// threads are gone together with any lock they held, never has to ask for more.
//
//go:noinline
func growStack() {
	var room [64 << 10]byte
	runtime.KeepAlive(&room)
}

// Result is how a child ended.
type Result struct {
	Pid    int
	Code   int            // exit code, when Signal is 0
	Signal syscall.Signal // what killed it
}

// Wait waits for the child of the given process id, or for any with -1. It
// returns ECHILD when there is none.
func Wait(pid int) (Result, error) {
	var status unix.WaitStatus
	for {
		got, err := unix.Wait4(pid, &status, 0, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return Result{}, err
		case status.Signaled():
			return Result{Pid: got, Signal: status.Signal()}, nil
		case status.Exited():
			return Result{Pid: got, Code: status.ExitStatus()}, nil
		}
	}
}

// End kills the children and waits for each.
func End(pids []int) {
	for _, pid := range pids {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	for _, pid := range pids {
		_, _ = Wait(pid)
	}
}

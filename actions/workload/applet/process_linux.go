package applet

import (
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// settle makes the process look and behave like a small C program.
func settle(a Applet) {
	// The collector would only wake further threads: what applets hold in memory
	// on purpose is mapped outside the heap. The soft limit bounds the rest.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(32 << 20)
	// The kernel names a process after the file it executed; as "isolab workload
	// stress" that would be "isolab". comm is proc_pid_comm(5), 15 bytes.
	_ = os.WriteFile("/proc/self/comm", []byte(a.Name), 0)
	for _, s := range plain {
		Default(s)
	}
	if !a.Piped {
		Default(unix.SIGPIPE)
	}
}

// plain are the signals that get the kernel's default action back. The Go
// runtime catches every signal, and as PID 1 of a namespace that changes what a
// lesson shows: a C program without a handler ignores SIGTERM there
// (pid_namespaces(7)), a Go program would end with code 2.
var plain = []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1,
	unix.SIGUSR2, unix.SIGALRM, unix.SIGXCPU, unix.SIGXFSZ, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU}

// sigaction is the kernel's struct for rt_sigaction(2); all zero is SIG_DFL.
type sigaction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

// Default gives a signal its default action behind the back of the Go runtime,
// unless it was ignored when the process started (nohup(1)). It allocates
// nothing and may be called in a forked child.
//
//go:norace
//go:nosplit
func Default(s unix.Signal) {
	var old sigaction
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), 0, uintptr(unsafe.Pointer(&old)), 8, 0, 0)
	const ignore = 1 // SIG_IGN
	if old.handler != ignore {
		Unignore(s)
	}
}

// Unignore is Default also for a signal that is ignored.
//
//go:norace
//go:nosplit
func Unignore(s unix.Signal) {
	var dfl sigaction
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&dfl)), 0, 8, 0, 0)
}

// EndOnSignals lets SIGTERM, SIGINT and SIGHUP end the process even as PID 1,
// where the kernel drops them without a handler. The code is 128 plus the
// signal, which is what a wait status of a killed process is shown as; any other
// process keeps the default action, which says the same more truly.
func EndOnSignals() {
	if os.Getpid() == 1 {
		OnSignals(func(s syscall.Signal) { os.Exit(Signalled + int(s)) })
	}
}

// OnSignals calls end, once, for the first SIGTERM, SIGINT or SIGHUP.
func OnSignals(end func(syscall.Signal)) {
	caught := make(chan os.Signal, 1)
	Catch(caught, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	go func() { end((<-caught).(syscall.Signal)) }()
}

// Catch is signal.Notify for signals that Default has been called for. The Go
// runtime believes that its own handler is still there and installs none; only
// signal.Ignore makes it forget.
func Catch(caught chan<- os.Signal, signals ...os.Signal) {
	signal.Ignore(signals...)
	signal.Notify(caught, signals...)
}

// CatchAll is signal.Notify for every signal.
func CatchAll(caught chan<- os.Signal) {
	for _, s := range plain {
		signal.Ignore(s)
	}
	signal.Notify(caught)
}

// Hold waits for the given time, or for ever when it is zero.
func Hold(d time.Duration) {
	for d == 0 {
		time.Sleep(time.Hour)
	}
	time.Sleep(d)
}

// FewThreads keeps the Go runtime from starting threads later on: with one
// processor, and with as many parked threads as a blocked system call may ask
// for. It is for applets that run where no further process can be made.
func FewThreads() {
	runtime.GOMAXPROCS(1)
	parked, leave := make(chan struct{}), make(chan struct{})
	for range 2 {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			parked <- struct{}{}
			<-leave
		}()
	}
	for range 2 {
		<-parked
	}
	close(leave)
}

package child

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"
)

// Reap is PID 1 of a container that asked for one: it starts the command, passes
// every signal on to it, waits for orphans, and ends as the command did, with
// 128 plus the signal's number when a signal ended it.
//
// argv is the command's file, followed by its arguments from argv[0] on.
func Reap(argv []string) int {
	debug.SetGCPercent(-1)
	// Executed through a descriptor, so the kernel would call it by that number.
	_ = os.WriteFile("/proc/self/comm", []byte(ReapName), 0)
	runtime.GOMAXPROCS(1)
	if len(argv) < 2 {
		fmt.Fprintln(os.Stderr, ReapName+": no command")
		return codeNotFound
	}
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) // where PID 1 is somebody else
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	signal.Ignore(syscall.SIGTTIN, syscall.SIGTTOU)
	pid, err := syscall.ForkExec(argv[0], argv[1:], &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{0, 1, 2},
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: exec %s: %v\n", ReapName, argv[0], err)
		return codeNotExecutable
	}
	go forward(signals, pid)
	return reapUntil(pid)
}

// forward passes signals on, except those that concern this program alone.
func forward(signals <-chan os.Signal, pid int) {
	for s := range signals {
		number := s.(syscall.Signal)
		if number != syscall.SIGCHLD && number != syscall.SIGURG {
			_ = syscall.Kill(pid, number)
		}
	}
}

// reapUntil waits for any child until the command itself has ended.
func reapUntil(pid int) int {
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 1
		case got != pid:
		case status.Signaled():
			return 128 + int(status.Signal())
		default:
			return status.ExitStatus()
		}
	}
}

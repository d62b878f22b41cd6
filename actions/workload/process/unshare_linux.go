package process

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/fork"
)

// runUnshare starts a command in a time namespace of its own, as unshare(1) of
// util-linux does with the same flags.
func runUnshare(c *applet.Call) int {
	flags := c.Flags()
	flags.SetInterspersed(false)
	wanted := flags.BoolP("time", "T", false, "a time namespace; the only kind that this command makes")
	boot, monotonic := applet.SpanFlag(0), applet.SpanFlag(0)
	flags.Var(&boot, "boottime", "what its clock of time since boot is ahead by")
	flags.Var(&monotonic, "monotonic", "what its monotonic clock is ahead by")
	if code, ok := c.ParseOperands(flags, 1, -1); !ok {
		return code
	}
	if !*wanted {
		return c.Usagef("say --time")
	}
	path, err := exec.LookPath(c.Args[0])
	if err != nil {
		return notFound(c, err)
	}
	s, err := newShifted(path, c.Args, time.Duration(boot), time.Duration(monotonic))
	if err != nil {
		return c.Fail(err)
	}
	return s.run(c)
}

// shifted is a command with clocks of its own. Everything that the forked
// processes need is prepared before there are any.
type shifted struct {
	file, offsets *byte
	length        int // of offsets
	words, env    []*byte
	read, write   int // the pipe through which a failure is told
	told          [2]uint32
}

func newShifted(path string, words []string, boot, monotonic time.Duration) (*shifted, error) {
	// time_namespaces(7): clock, seconds, nanoseconds.
	offsets := fmt.Sprintf("boottime %d %d\nmonotonic %d %d\n",
		boot/time.Second, boot%time.Second, monotonic/time.Second, monotonic%time.Second)
	s := &shifted{length: len(offsets)}
	var err error
	if s.file, err = unix.BytePtrFromString(path); err != nil {
		return nil, err
	}
	if s.offsets, err = unix.BytePtrFromString(offsets); err != nil {
		return nil, err
	}
	if s.words, err = syscall.SlicePtrFromStrings(words); err != nil {
		return nil, err
	}
	s.env, err = syscall.SlicePtrFromStrings(os.Environ())
	return s, err
}

// run waits for the command and returns its code.
func (s *shifted) run(c *applet.Call) int {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return c.Fail(err)
	}
	s.read, s.write = ends[0], ends[1]
	pid, err := fork.Start(s.enter)
	_ = unix.Close(s.write)
	if err != nil {
		return c.Fail(err)
	}
	defer unix.Close(s.read)
	if stage, number := s.failure(); number != 0 {
		_, _ = fork.Wait(pid)
		return c.Failf("%s: %s", stages[stage], applet.Strerror(number))
	}
	result, err := fork.Wait(pid)
	if err != nil {
		return c.Fail(err)
	}
	return exitCode(result)
}

// The stages that can fail, in the words of a complaint.
const (
	stageUnshare = iota
	stageOpen
	stageWrite
	stageFork
	stageExec
)

var stages = [...]string{"unshare", "open /proc/self/timens_offsets", "write /proc/self/timens_offsets", "fork", "exec"}

// failure waits until the command has been executed, which closes the pipe, or
// something before that has failed.
func (s *shifted) failure() (stage int, number syscall.Errno) {
	var report [8]byte
	if n, _ := unix.Read(s.read, report[:]); n < len(report) {
		return 0, 0
	}
	return int(binary.NativeEndian.Uint32(report[:])), syscall.Errno(binary.NativeEndian.Uint32(report[4:]))
}

var offsetsFile = append([]byte("/proc/self/timens_offsets"), 0)

// enter runs in a forked process, as the offsets belong to a process with one
// thread. They hold for its children, and can be set only before there is one.
//
//go:norace
func (s *shifted) enter() int {
	if _, _, number := unix.RawSyscall(unix.SYS_UNSHARE, unix.CLONE_NEWTIME, 0, 0); number != 0 {
		return s.fail(stageUnshare, number)
	}
	here := unix.AT_FDCWD
	file, _, number := unix.RawSyscall6(unix.SYS_OPENAT, uintptr(here), uintptr(unsafe.Pointer(&offsetsFile[0])), unix.O_WRONLY|unix.O_CLOEXEC, 0, 0, 0)
	if number != 0 {
		return s.fail(stageOpen, number)
	}
	if _, _, number := unix.RawSyscall(unix.SYS_WRITE, file, uintptr(unsafe.Pointer(s.offsets)), uintptr(s.length)); number != 0 {
		return s.fail(stageWrite, number)
	}
	id, _, number := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	switch {
	case number != 0:
		return s.fail(stageFork, number)
	case id == 0:
		_, _, number := unix.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(s.file)), uintptr(unsafe.Pointer(&s.words[0])), uintptr(unsafe.Pointer(&s.env[0])))
		fork.Exit(s.fail(stageExec, number))
	}
	unix.RawSyscall(unix.SYS_CLOSE, uintptr(s.write), 0, 0)
	return wait(id)
}

// fail tells the stage and its error.
//
//go:norace
func (s *shifted) fail(stage uint32, number syscall.Errno) int {
	s.told = [2]uint32{stage, uint32(number)}
	unix.RawSyscall(unix.SYS_WRITE, uintptr(s.write), uintptr(unsafe.Pointer(&s.told)), unsafe.Sizeof(s.told))
	return applet.Failed
}

// wait is for a process without the Go scheduler; its result is what shells make
// of a wait status.
//
//go:norace
func wait(pid uintptr) int {
	var status uint32
	for {
		_, _, number := unix.RawSyscall6(unix.SYS_WAIT4, pid, uintptr(unsafe.Pointer(&status)), 0, 0, 0, 0)
		if number != unix.EINTR {
			break
		}
	}
	if signal := status & 0x7f; signal != 0 {
		return applet.Signalled + int(signal)
	}
	return int(status>>8) & 0xff
}

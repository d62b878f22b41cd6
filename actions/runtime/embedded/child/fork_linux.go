package child

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// cloneArgs is struct clone_args of clone3(2).
type cloneArgs struct {
	flags, pidfd, childTid, parentTid, exitSignal, stack, stackSize, tls, setTid, setTidSize, cgroup uint64
}

// fork makes a copy of this process that runs the program. The copy has one
// thread and may be in the middle of anything the other threads were doing: it
// makes system calls, and neither allocates nor returns. All that it runs is
// nosplit: at the entry of any other function the Go scheduler may ask for the
// thread, and in the copy there is nobody to give it back.
//
// cgroup is the descriptor of a v2 group to be born in, 0 for none; entering it
// later would wait for a lock over all of the machine's threads (6 ms measured).
//
//go:norace
func (p *program) fork(cgroup int) (pid int, err error) {
	growStack()
	args := &cloneArgs{flags: unix.CLONE_INTO_CGROUP, exitSignal: uint64(unix.SIGCHLD), cgroup: uint64(cgroup)}
	all, old := ^uint64(0), uint64(0)
	signalMask(&all, &old)
	var id uintptr
	var number unix.Errno
	if cgroup != 0 {
		id, _, number = unix.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(args)), unsafe.Sizeof(*args), 0)
	} else {
		id, _, number = unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	}
	if number == 0 && id == 0 {
		p.run(&old)
	}
	signalMask(&old, nil)
	runtime.KeepAlive(p)
	if number != 0 {
		return 0, number
	}
	return int(id), nil
}

// run is the whole life of the forked processes.
//
//go:norace
//go:nosplit
func (p *program) run(mask *uint64) {
	done := p.calls(p.enter, 0)
	// clone(CLONE_PARENT | SIGCHLD): from here on in the pid namespace joined, and
	// a child of the process that waits for the command.
	id, _, number := unix.RawSyscall6(unix.SYS_CLONE, unix.CLONE_PARENT|uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if number != 0 {
		p.failed(done, uint32(number))
	}
	if id != 0 {
		p.tell(begun, uint32(id))
		exit(0)
	}
	done = p.calls(p.become, done+1)
	signalMask(mask, nil)
	p.exec(done)
}

// calls makes system calls and returns the index of the next one.
//
//go:norace
//go:nosplit
func (p *program) calls(list []call, index int) int {
	for i := range list {
		c := &list[i]
		_, _, number := unix.RawSyscall6(c.number, c.a, c.b, c.c, c.d, c.e, c.f)
		if number != 0 {
			p.failed(index, uint32(number))
		}
		index++
	}
	return index
}

// exec tries every place; the first refusal other than "not there" counts most.
//
//go:norace
//go:nosplit
func (p *program) exec(index int) {
	worst, at := unix.ENOENT, index
	for i := range p.execs {
		c := &p.execs[i]
		_, _, number := unix.RawSyscall(c.number, c.a, c.b, c.c)
		if number != unix.ENOENT && number != unix.ENOTDIR && worst == unix.ENOENT {
			worst, at = number, index+i
		}
	}
	p.failed(at, uint32(worst))
}

// failed reports the index of a call and its error, and ends.
//
//go:norace
//go:nosplit
func (p *program) failed(index int, number uint32) {
	p.tell(uint32(index), number)
	exit(1)
}

// tell writes one report, in one piece.
//
//go:norace
//go:nosplit
func (p *program) tell(index, number uint32) {
	p.report[0], p.report[1] = index, number
	unix.RawSyscall(unix.SYS_WRITE, uintptr(p.status), uintptr(unsafe.Pointer(&p.report)), unsafe.Sizeof(p.report))
}

//go:norace
//go:nosplit
func exit(code int) {
	for {
		unix.RawSyscall(unix.SYS_EXIT_GROUP, uintptr(code), 0, 0)
	}
}

// signalMask sets the thread's blocked signals.
//
//go:norace
//go:nosplit
func signalMask(set, old *uint64) {
	const replace = 2 // SIG_SETMASK
	unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, replace, uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
}

// growStack makes room on the stack, so that the copy never has to ask for more.
//
//go:noinline
func growStack() {
	var room [32 << 10]byte
	runtime.KeepAlive(&room)
}

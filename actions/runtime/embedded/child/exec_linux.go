package child

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"github.com/cyphar/filepath-securejoin/pathrs-lite"
	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"
)

// Exec starts a further command in a running container and reports how it ended.
//
// setns(2) refuses a program with several threads, which every Go program is, a
// user namespace, and changes the namespaces of one thread only otherwise. So
// all system calls are prepared here and made by a forked copy of this process,
// which has one thread and runs nothing else of Go: it enters the cgroups and
// namespaces, forks once more, as a pid namespace is entered by children only,
// and that child takes the container's privileges and executes the command. The
// command is born as this process's child (CLONE_PARENT), which waits for it.
func Exec() int {
	var plan EnterPlan
	s, err := open(&plan)
	if err != nil {
		return s.fail(err)
	}
	unix.Umask(0o022)
	if plan.OOMScore != nil {
		_ = os.WriteFile("/proc/self/oom_score_adj", []byte(strconv.Itoa(*plan.OOMScore)), 0)
	}
	who, err := userIn(plan.Root, plan.Process.User)
	if err != nil {
		return s.fail(fmt.Errorf("find user %s: %w", plan.Process.User, err))
	}
	program, err := prepare(plan, who)
	if err != nil {
		return s.fail(err)
	}
	code, err := program.start(plan.Cgroup)
	if err != nil {
		_, _ = waitCommand() // as nobody else may, where PID 1 is no init
		s.code = code
		return s.fail(err)
	}
	go s.killOnHangUp(program.pid)
	exit, err := waitCommand()
	if err != nil {
		return s.fail(err)
	}
	_ = s.out.Encode(Report{Exit: &exit})
	return 0
}

// killOnHangUp ends the command when the engine closes its end of the socket.
func (s *session) killOnHangUp(pid int) {
	_, _ = s.link.Read(make([]byte, 1))
	_ = unix.Kill(pid, unix.SIGKILL)
}

// userIn resolves a user in the files of a container, without following a link
// in them to a file of the host.
func userIn(root int, spec string) (*user.ExecUser, error) {
	dir := os.NewFile(uintptr(root), "container")
	defer runtime.KeepAlive(dir)
	passwd, err := openIn(dir, "/etc/passwd")
	if err != nil {
		return nil, err
	}
	defer passwd.Close()
	group, err := openIn(dir, "/etc/group")
	if err != nil {
		return nil, err
	}
	defer group.Close()
	return user.GetExecUser(spec, &user.ExecUser{Home: "/"}, passwd, group)
}

// openIn opens a file below a root; a missing one reads as empty.
func openIn(root *os.File, name string) (io.ReadCloser, error) {
	handle, err := pathrs.OpenatInRoot(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return io.NopCloser(strings.NewReader("")), nil
	}
	if err != nil {
		return nil, err
	}
	defer handle.Close()
	return pathrs.Reopen(handle, unix.O_RDONLY)
}

// program is the life of the forked processes.
type program struct {
	enter  []call // of the first one
	become []call // of the second one
	execs  []call // tried one after the other
	status int    // the descriptor that a failure is written to
	report [2]uint32
	pid    int // of the second one, known after start
}

// begun in place of an index reports the second process's id.
const begun = ^uint32(0)

// prepare turns the plan into system calls.
func prepare(plan EnterPlan, who *user.ExecUser) (*program, error) {
	p := &program{}
	zero := []byte("0")
	for _, fd := range plan.Tasks {
		p.enter = append(p.enter, call{what: "enter the cgroup", number: unix.SYS_WRITE, a: uintptr(fd),
			b: pointer(unsafe.Pointer(&zero[0])), c: 1, keep: zero})
	}
	for _, ns := range plan.Join {
		p.enter = append(p.enter, call{what: "join " + ns.Kind + " namespace", number: unix.SYS_SETNS, a: uintptr(ns.FD)})
	}
	for _, limit := range plan.Limits {
		value := &unix.Rlimit{Cur: limit.Soft, Max: limit.Hard}
		p.become = append(p.become, call{what: limitWords(limit), number: unix.SYS_PRLIMIT64, b: uintptr(limit.Resource),
			c: pointer(unsafe.Pointer(value)), keep: value})
	}
	p.become = append(p.become, call{number: unix.SYS_SETSID})
	p.become = append(p.become, privilegeCalls(plan.Process, who)...)
	return p, p.prepareExecs(plan.Process, withHome(plan.Process.Env, who.Home))
}

// prepareExecs makes one execve(2) for each place where the command may be. Only
// the forked process is where the paths mean something, so it tries them.
func (p *program) prepareExecs(process Process, env []string) error {
	args, err := syscall.SlicePtrFromStrings(process.Args)
	if err != nil {
		return err
	}
	variables, err := syscall.SlicePtrFromStrings(env)
	if err != nil {
		return err
	}
	for _, candidate := range candidates(process.Args[0], pathOf(env)) {
		file, err := unix.BytePtrFromString(candidate)
		if err != nil {
			return err
		}
		p.execs = append(p.execs, call{what: "exec " + candidate, number: unix.SYS_EXECVE, a: pointer(unsafe.Pointer(file)),
			b: pointer(unsafe.Pointer(&args[0])), c: pointer(unsafe.Pointer(&variables[0])), keep: []any{file, args, variables}})
	}
	return nil
}

func candidates(name, searched string) []string {
	if strings.Contains(name, "/") {
		return []string{name}
	}
	var list []string
	for _, dir := range filepath.SplitList(searched) {
		list = append(list, path.Join(dir, name))
	}
	return list
}

// start runs the program and returns when the command has been executed, with
// the exit code that shells give the error otherwise.
func (p *program) start(cgroup int) (code int, err error) {
	if len(p.execs) == 0 {
		return codeNotFound, fmt.Errorf("no command, or no PATH to look for it: %w", fs.ErrNotExist)
	}
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return 0, err
	}
	p.status = pipe[1]
	first, err := p.fork(cgroup)
	_ = unix.Close(pipe[1])
	if err != nil {
		return 0, fmt.Errorf("fork: %w", err)
	}
	status := os.NewFile(uintptr(pipe[0]), "status")
	defer status.Close()
	if err := waitFirst(first); err != nil {
		return 0, err
	}
	for {
		var report [2]uint32
		err := binary.Read(status, binary.NativeEndian, &report)
		switch {
		case errors.Is(err, io.EOF):
			return 0, nil
		case err != nil:
			return 0, err
		case report[0] == begun:
			p.pid = int(report[1])
		default:
			return p.explain(int(report[0]), syscall.Errno(report[1]))
		}
	}
}

// explain words what the forked processes reported: the index of a call, counted
// through all three lists, and its error.
func (p *program) explain(index int, number syscall.Errno) (code int, err error) {
	what := "fork in the container"
	begin := len(p.enter) + 1
	switch {
	case index < len(p.enter):
		what = lastNamed(p.enter[:index+1])
	case index >= begin && index < begin+len(p.become):
		what = lastNamed(p.become[:index-begin+1])
	case index >= begin:
		what = p.execs[index-begin-len(p.become)].what
		code = codeNotExecutable
		if number == unix.ENOENT {
			code = codeNotFound
		}
	}
	return code, fmt.Errorf("%s: %w", what, number)
}

func lastNamed(calls []call) string {
	for i := len(calls) - 1; i >= 0; i-- {
		if calls[i].what != "" {
			return calls[i].what
		}
	}
	return "set up the command"
}

// waitFirst waits for the first forked process, whose own end means nothing.
func waitFirst(pid int) error {
	for {
		_, err := unix.Wait4(pid, nil, 0, nil)
		if err != unix.EINTR {
			return err
		}
	}
}

// waitCommand waits for the command, by now the only child.
func waitCommand() (Exit, error) {
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return Exit{}, fmt.Errorf("wait for the command: %w", err)
		case status.Signaled():
			return Exit{Code: 128 + int(status.Signal()), Signal: int(status.Signal())}, nil
		case status.Exited():
			return Exit{Code: status.ExitStatus()}, nil
		}
	}
}

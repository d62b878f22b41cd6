package child

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// session is the life of the new process up to the command's execution: a list
// of steps that ends at the first one which fails.
type session struct {
	link *os.File
	out  *json.Encoder
	tell bool
	err  error
	code int // exit code that goes with err, 0 when it has none
	plan Plan
	held detached
	last string // the step that is being done
}

// open reads the engine's message from the socket into message. The calling
// goroutine stays on its thread from here on: namespaces, capabilities and
// filters belong to threads.
func open(message any) (*session, error) {
	runtime.LockOSThread()
	// Nobody inside may look into or write to this program while it is still on
	// its way, see ptrace(2) on dumpable processes. The execution resets it.
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	// Die with the engine (prctl(2)). Set here: syscall.SysProcAttr's Pdeathsig
	// compares process ids of two pid namespaces and kills a healthy child. An
	// engine that is gone already closes the socket.
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
	s := &session{link: os.NewFile(LinkFD, "engine")}
	s.out = json.NewEncoder(s.link)
	if err := json.NewDecoder(s.link).Decode(message); err != nil {
		return s, fmt.Errorf("read plan: %w", err)
	}
	return s, closeOnExec()
}

// closeOnExec marks every descriptor but the standard ones.
func closeOnExec() error {
	err := unix.CloseRange(LinkFD, ^uint(0), unix.CLOSE_RANGE_CLOEXEC)
	if err == nil {
		return nil
	}
	// Before Linux 5.11. The engine hands over a few descriptors only.
	for fd := LinkFD; fd < 256; fd++ {
		unix.CloseOnExec(fd)
	}
	return nil
}

// do runs one step unless an earlier one failed. What is told of it, and what an
// error begins with, is the same sentence; a step without one belongs to the one
// before it.
func (s *session) do(what string, act func() error) {
	if s.err != nil {
		return
	}
	if what != "" {
		s.last = what
	}
	if err := act(); err != nil {
		s.err = fmt.Errorf("%s: %w", s.last, err)
		return
	}
	if what != "" {
		s.did(what)
	}
}

// did reports a step that is done.
func (s *session) did(what string) {
	if s.tell {
		_ = s.out.Encode(Report{Did: what})
	}
}

// ready reports that all is set up and waits for the engine's go-ahead: one
// byte. When the engine is gone there is nothing to wait for.
func (s *session) ready() {
	if s.err != nil {
		return
	}
	if s.err = s.out.Encode(Report{Ready: true}); s.err != nil {
		return
	}
	var goAhead [1]byte
	if _, err := io.ReadFull(s.link, goAhead[:]); err != nil {
		s.err = fmt.Errorf("the engine is gone: %w", err)
	}
}

// fail reports the error that ended the session and returns the exit code.
func (s *session) fail(err error) int {
	failure := Failure{Text: err.Error(), Code: s.code}
	var number syscall.Errno
	if errors.As(err, &number) {
		failure.Errno = int(number)
	}
	_ = s.out.Encode(Report{Fail: &failure})
	return max(s.code, 1)
}

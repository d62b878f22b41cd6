package journal

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// pipeFD is where the reaper finds the pipe to its engine.
const pipeFD = 3

// goodEnd is what the engine writes when it ends well.
const goodEnd = 'q'

// Reaper is the small process that sweeps at once when its engine dies, however
// that happens: the kernel then closes the engine's end of a pipe (pipe(7)). It is
// in a session of its own (setsid(2)), so neither a signal to the engine's process
// group nor the end of its terminal reaches it.
type Reaper struct {
	pid   int
	pipe  *os.File // the write end; close-on-exec
	ended chan struct{}
	once  sync.Once
}

// StartReaper starts the executable, usually /proc/self/exe, as a reaper. The last
// two arguments are the state directory and the session. Its standard streams are
// /dev/null: a pipeline that the engine is part of ends with the engine.
func StartReaper(executable string, args ...string) (*Reaper, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start reaper: %w", err)
	}
	defer read.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		write.Close()
		return nil, fmt.Errorf("start reaper: %w", err)
	}
	defer null.Close()
	// Not os.StartProcess, which keeps a pidfd open for as long as the process lives.
	pid, err := syscall.ForkExec(executable, append([]string{ReaperName}, args...), &syscall.ProcAttr{
		Dir:   "/",
		Env:   os.Environ(),
		Files: []uintptr{null.Fd(), null.Fd(), null.Fd(), read.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		write.Close()
		return nil, fmt.Errorf("start reaper %s: %w", executable, err)
	}
	r := &Reaper{pid: pid, pipe: write, ended: make(chan struct{})}
	go r.wait()
	return r, nil
}

// PID is the reaper's process id.
func (r *Reaper) PID() int { return r.pid }

// wait reaps the reaper.
func (r *Reaper) wait() {
	defer close(r.ended)
	for {
		if _, err := syscall.Wait4(r.pid, nil, 0, nil); err != syscall.EINTR {
			return
		}
	}
}

func (r *Reaper) dismiss(patience time.Duration) (err error) {
	r.once.Do(func() {
		// It may have been killed: then the write fails, and all is well.
		_, _ = r.pipe.Write([]byte{goodEnd})
		err = r.pipe.Close()
		select {
		case <-r.ended:
		case <-time.After(patience):
			err = fmt.Errorf("process %d has not ended in %v", r.pid, patience)
		}
	})
	return err
}

func (r *Reaper) descriptors() []int {
	if r == nil {
		return nil
	}
	return []int{int(r.pipe.Fd())}
}

// detach lets go of all that the engine's caller may wait for.
func detach() {
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGTTIN, syscall.SIGTTOU)
	closeInherited()
}

// closeInherited closes the descriptors that came with the process besides the
// streams and the pipe, such as those of another pipeline.
func closeInherited() {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, file := range files {
		fd, err := strconv.Atoi(file.Name())
		target, _ := os.Readlink(filepath.Join("/proc/self/fd", file.Name()))
		if err == nil && fd > pipeFD && !ofGo(target) {
			syscall.Close(fd)
		}
	}
}

// ofGo reports whether the Go runtime opened it: to poll, and to follow its own
// CPU limit.
func ofGo(target string) bool {
	return strings.HasPrefix(target, "anon_inode:[event") || strings.HasPrefix(filepath.Base(target), "cpu.")
}

// engineEndedWell waits until the engine says so, or its end of the pipe closes.
func engineEndedWell() bool {
	one := make([]byte, 1)
	for {
		n, err := syscall.Read(pipeFD, one)
		if err == syscall.EINTR {
			continue
		}
		return n == 1 && one[0] == goodEnd
	}
}

package embedded

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime/embedded/child"
)

// launch is one attempt to start a new process of this program: what it is
// handed, and what is heard of it.
type launch struct {
	name  string
	plan  any
	attr  os.ProcAttr
	extra []*os.File // handed over from child.LinkFD+1 on
	close []*os.File // ours, closed when the process has its copies
	link  *os.File   // our end of the socket
	far   *os.File
	lines *json.Decoder
	pidNS *os.File // a pid namespace to be born in, nil: none
}

// newLaunch opens the socket over which the plan goes out and reports come back.
func newLaunch(name string) (*launch, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socketpair: %w", err)
	}
	// Ours waits in the poller, so that a deadline or Close ends a read.
	if err := unix.SetNonblock(pair[0], true); err != nil {
		return nil, errors.Join(err, unix.Close(pair[0]), unix.Close(pair[1]))
	}
	l := &launch{name: name, link: os.NewFile(uintptr(pair[0]), "child"), far: os.NewFile(uintptr(pair[1]), "engine")}
	l.lines = json.NewDecoder(l.link)
	l.attr.Sys = &syscall.SysProcAttr{Setsid: true}
	// The new process collects no garbage and needs few threads.
	l.attr.Env = []string{"GOGC=off", "GOMAXPROCS=2"}
	return l, nil
}

// hand adds a file to those that the new process gets and returns its number
// there. The file is closed here once the process has it.
func (l *launch) hand(file *os.File) int {
	l.extra = append(l.extra, file)
	l.close = append(l.close, file)
	return child.LinkFD + len(l.extra)
}

// handPath opens and hands over.
func (l *launch) handPath(path string, flags int) (int, error) {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return l.hand(os.NewFile(uintptr(fd), path)), nil
}

// handSource hands over something of the host that is to be mounted inside. Only
// root can open it beforehand, which works for whatever root can see; otherwise
// the new process opens the path in its user namespace.
func (l *launch) handSource(source *child.Source, path string) (err error) {
	if isRoot() {
		source.FD, err = l.handTree(path)
		return err
	}
	source.Path, err = filepath.EvalSymlinks(path)
	return err
}

// handTree hands over a mount of path that is attached nowhere, see open_tree(2).
func (l *launch) handTree(path string) (int, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return 0, &os.PathError{Op: "open_tree", Path: path, Err: err}
	}
	return l.hand(os.NewFile(uintptr(fd), path)), nil
}

// enter opens what a process needs to put itself into the group: the v1 tasks
// files, and the v2 directory to be born in (clone3(2), CLONE_INTO_CGROUP) or,
// before Linux 5.7, its cgroup.procs.
func (l *launch) enter(group *cgroup.Group) (dir *os.File, tasks []int, err error) {
	if group == nil {
		return nil, nil, nil
	}
	paths := group.ProcsFiles()
	for i, procs := range paths {
		paths[i] = filepath.Join(filepath.Dir(procs), "tasks")
	}
	if group.Dir() != "" && cgroup.ClonesInto() {
		if dir, err = group.OpenDir(); err != nil {
			return nil, nil, err
		}
	} else if group.Dir() != "" {
		paths = append(paths, filepath.Join(group.Dir(), "cgroup.procs"))
	}
	for _, path := range paths {
		fd, err := l.handPath(path, unix.O_WRONLY)
		if err != nil {
			if dir != nil {
				dir.Close()
			}
			return nil, nil, err
		}
		tasks = append(tasks, fd)
	}
	return dir, tasks, nil
}

// start starts the process and sends it the plan. The caller stays on its thread
// for as long as the process is to live: the parent-death signal is sent when
// the thread ends, not the process (prctl(2), PR_SET_PDEATHSIG).
func (l *launch) start(executable, name string) (*os.Process, error) {
	goruntime.LockOSThread()
	if l.pidNS != nil {
		// For the children of this thread only; the thread ends with its container.
		if err := unix.Setns(int(l.pidNS.Fd()), unix.CLONE_NEWPID); err != nil {
			l.abandon()
			return nil, fmt.Errorf("join pid namespace: %w", err)
		}
	}
	l.attr.Files = append(l.attr.Files, l.far)
	l.attr.Files = append(l.attr.Files, l.extra...)
	process, err := os.StartProcess(executable, []string{name}, &l.attr)
	l.release()
	if err != nil {
		return nil, errors.Join(err, l.link.Close())
	}
	if err := l.send(); err != nil {
		return nil, errors.Join(fmt.Errorf("send plan: %w", err), process.Kill(), waitFor(process), l.link.Close())
	}
	return process, nil
}

func (l *launch) send() error {
	var text bytes.Buffer
	if err := json.NewEncoder(&text).Encode(l.plan); err != nil {
		return err
	}
	_, err := l.link.Write(text.Bytes())
	if errors.Is(err, syscall.EPIPE) {
		return nil // it has failed already; its report says why
	}
	return err
}

// release closes what belongs to the new process now.
func (l *launch) release() {
	_ = l.far.Close()
	for _, file := range l.close {
		_ = file.Close()
	}
}

// abandon closes everything of a launch that was not started.
func (l *launch) abandon() {
	l.release()
	_ = l.link.Close()
}

// hear calls heard for each line from the new process, until heard returns an
// error or the process closes its end, which executing the command does. When
// ctx ends first, so does this.
func (l *launch) hear(ctx context.Context, heard func(child.Report) error) error {
	stop := context.AfterFunc(ctx, func() { _ = l.link.Close() })
	defer stop()
	for {
		var report child.Report
		err := l.lines.Decode(&report)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET):
			return nil
		case err != nil:
			return fmt.Errorf("read reports: %w", err)
		}
		if report.Fail != nil {
			return failure(*report.Fail)
		}
		if err := heard(report); err != nil {
			return err
		}
	}
}

// startError is why the new process could not become the command.
type startError struct {
	text string
	code int // exit code that shells and Docker give to it; 0: none
	err  syscall.Errno
}

func (e *startError) Error() string { return e.text }

// Unwrap makes errors.Is(err, fs.ErrPermission) and the like work.
func (e *startError) Unwrap() error {
	if e.err == 0 {
		return nil
	}
	return e.err
}

func failure(f child.Failure) error {
	return &startError{text: strings.TrimSpace(f.Text), code: f.Code, err: syscall.Errno(f.Errno)}
}

func waitFor(process *os.Process) error {
	_, err := process.Wait()
	return err
}

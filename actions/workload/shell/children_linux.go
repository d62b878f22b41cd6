package shell

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/interp"

	"isolab/actions/workload/applet"
)

// child is a process that the shell started.
type child struct {
	*exec.Cmd
	pid    int
	ending bool   // somebody waits for it
	text   string // of a background command
	done   chan struct{}
	code   int            // valid when done is closed
	signal syscall.Signal // what killed it, or 0
}

// children are the shell's processes. Pipelines start theirs at the same time.
// They are waited for when SIGCHLD says that one has ended: a wait for each would
// take a thread each.
type children struct {
	mu    sync.Mutex
	watch sync.Once
	live  map[int]*child // not waited for yet
	jobs  []*child       // background commands, in order
}

func newChildren() *children {
	c := &children{live: map[int]*child{}}
	if os.Getpid() == 1 { // which gets orphans without having started anything
		c.watch.Do(c.begin)
	}
	return c
}

func (c *children) begin() {
	reserve()
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGCHLD)
	go c.reap(ended)
}

// start starts a process; done is closed when it has been waited for.
func (c *children) start(command *exec.Cmd) (*child, error) {
	c.watch.Do(c.begin)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &child{Cmd: command, pid: command.Process.Pid, done: make(chan struct{})}
	c.live[p.pid] = p
	return p, nil
}

// isPlain reports a process whose streams are files, which nobody copies.
func (p *child) isPlain() bool {
	for _, stream := range []any{p.Stdin, p.Stdout, p.Stderr} {
		if _, file := stream.(*os.File); stream != nil && !file {
			return false
		}
	}
	return true
}

// finish waits for a process that has ended, and for the rest of its output.
func (c *children) finish(p *child) {
	_ = p.Wait()
	p.judge(p.ProcessState)
	c.mu.Lock()
	delete(c.live, p.pid)
	c.mu.Unlock()
	close(p.done)
}

func (p *child) judge(state *os.ProcessState) {
	p.code = applet.Failed
	if state == nil {
		return
	}
	p.code = state.ExitCode()
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		p.signal = status.Signal()
		p.code = applet.Signalled + int(p.signal)
	}
}

func (c *children) remember(p *child, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.text = text
	c.jobs = append(c.jobs, p)
}

func (c *children) running() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.live)
}

// background lists the background commands.
func (c *children) background() []*child {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*child(nil), c.jobs...)
}

// reap waits for our own processes that have ended, and as PID 1 for those that were
// given to us.
func (c *children) reap(ended <-chan os.Signal) {
	tick := time.NewTicker(time.Second) // our own dead may hide an orphan for a moment
	for {
		select {
		case <-ended:
		case <-tick.C:
		}
		for _, p := range c.ended() {
			if p.isPlain() {
				c.finish(p)
				continue
			}
			go c.finish(p) // somebody who is still alive may hold its output
		}
		for os.Getpid() == 1 && c.reapOne() {
		}
	}
}

// ended lists those of our own that have ended, without taking them (waitid(2), WNOWAIT).
func (c *children) ended() (ended []*child) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for pid, p := range c.live {
		var info unix.Siginfo
		err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		if !p.ending && (err == unix.ECHILD || err == nil && siginfoPid(&info) == pid) {
			p.ending = true
			ended = append(ended, p)
		}
	}
	return ended
}

// reapOne looks at a child that ended without taking it (waitid(2), WNOWAIT) and
// takes it when it is not our own.
func (c *children) reapOne() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	var info unix.Siginfo
	err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	pid := siginfoPid(&info)
	if err != nil || pid == 0 || c.live[pid] != nil {
		return false
	}
	_, err = unix.Wait4(pid, nil, unix.WNOHANG, nil)
	return err == nil
}

// wait is the builtin: for all background commands, or for those named. A
// trapped signal ends it early with 128 plus its number.
func (s *shell) wait(ctx context.Context, hc interp.HandlerContext, args []string) error {
	waited := s.children.background()
	if len(args) > 0 {
		waited = nil
	}
	for _, arg := range args {
		p := s.job(arg)
		if p == nil {
			return status(complain(hc, notFound, "wait: pid %s is not a child of this shell", arg))
		}
		waited = append(waited, p)
	}
	code := 0
	for _, p := range waited {
		select {
		case <-p.done:
			code = p.code
		case n := <-s.traps.arrived:
			s.traps.arrived <- n
			if err := s.runTraps(ctx, hc); err != nil {
				return err
			}
			return status(applet.Signalled + int(n))
		}
	}
	if len(args) == 0 {
		code = 0
	}
	return status(code)
}

// job finds a background command by process id or %number.
func (s *shell) job(name string) *child {
	for i, p := range s.children.background() {
		if name == strconv.Itoa(p.pid) || name == "%"+strconv.Itoa(i+1) {
			return p
		}
	}
	return nil
}

func (s *shell) jobs(hc interp.HandlerContext) int {
	for i, p := range s.children.background() {
		select {
		case <-p.done:
		default:
			fmt.Fprintf(hc.Stdout, "[%d] %d Running %s\n", i+1, p.pid, p.text)
		}
	}
	return 0
}

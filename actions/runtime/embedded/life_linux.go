package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/runtime"
)

// life is a container that this process started, from the clone to the exit.
type life struct {
	process *os.Process
	output  *output
	ended   chan struct{} // closed when the main process has been waited for
	status  syscall.WaitStatus
	at      time.Time
	done    chan struct{} // closed when the exit is written down, too
	exit    runtime.Exit
}

func newLife(out *output) *life {
	return &life{output: out, ended: make(chan struct{}), done: make(chan struct{})}
}

// await blocks until the main process has ended; the standard library waits by
// pidfd (pidfd_open(2)) where the kernel has it.
func (l *life) await() {
	state, err := l.process.Wait()
	if err == nil {
		l.status = state.Sys().(syscall.WaitStatus)
	}
	l.at = time.Now()
	close(l.ended)
}

// finish waits for the end of a started container and writes down how it was.
func (r *Runtime) finish(rec record, l *life) {
	<-l.ended
	dropped := l.output.finish()
	l.exit = exitOf(l.status)
	l.exit.Started, l.exit.Finished = rec.Exit.Started, l.at
	l.exit.Final = r.account(rec)
	l.exit.OOMKilled = l.exit.Signal == int(unix.SIGKILL) && l.exit.Final.OOMKills > max(rec.Exit.Final.OOMKills, 0)
	err := r.amend(rec.Spec.Name, func(rec *record) { rec.State, rec.Exit, rec.Dropped = runtime.StateExited, l.exit, dropped })
	// The record is gone when another process has removed the container meanwhile.
	if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, runtime.ErrNotFound) {
		l.exit.Err = err.Error()
	}
	r.tell(rec.Spec.Name, "ended: %s", exitText(l.exit))
	close(l.done)
}

// amend changes a container's record on disk. The end of a container is written
// down whenever it comes, also while an operation holds the container's name.
func (r *Runtime) amend(name string, change func(*record)) error {
	r.books.Lock()
	defer r.books.Unlock()
	rec, err := r.dirs.load(name)
	if err != nil {
		return err
	}
	change(&rec)
	return r.dirs.save(rec)
}

// exitOf translates a wait status as shells do: 128 and the signal's number.
func exitOf(status syscall.WaitStatus) runtime.Exit {
	if status.Signaled() {
		return runtime.Exit{Code: 128 + int(status.Signal()), Signal: int(status.Signal())}
	}
	return runtime.Exit{Code: status.ExitStatus()}
}

func exitText(e runtime.Exit) string {
	if e.Signal != 0 {
		return fmt.Sprintf("killed by signal %d (%s)", e.Signal, syscall.Signal(e.Signal))
	}
	return fmt.Sprintf("exit code %d", e.Code)
}

// account reads what the kernel has counted for the container's cgroup, which
// stays until Remove.
func (r *Runtime) account(rec record) runtime.Accounting {
	counted := uncounted()
	group, err := r.group(rec)
	if err != nil {
		return counted
	}
	for _, c := range counters(&counted) {
		for _, source := range c.sources {
			file, err := group.ReadFile(source.file)
			if err != nil {
				continue
			}
			value, ok := file.Keys[source.key]
			if source.key == "" {
				value, ok = file.Value, true
			}
			if ok {
				*c.to, counted.Origins[c.name] = value*source.scale, file.Path
				break
			}
		}
		if c.more == "" || *c.to < 0 {
			continue
		}
		if more, err := group.ReadFile(c.more); err == nil {
			*c.to += more.Value
			counted.Origins[c.name] += " + " + more.Path
		}
	}
	return counted
}

// counter is one number and the files that may have it: those of cgroup v2 first.
type counter struct {
	name    string
	to      *int64
	sources []source
	more    string // a file whose number adds up with that
}

type source struct {
	file, key string
	scale     int64
}

func counters(a *runtime.Accounting) []counter {
	return []counter{
		{"oom_kills", &a.OOMKills, []source{{"memory.events", "oom_kill", 1}, {"memory.oom_control", "oom_kill", 1}}, ""},
		{"memory_peak", &a.MemoryPeak, []source{{"memory.peak", "", 1}, {"memory.max_usage_in_bytes", "", 1}}, ""},
		// v1 counts the hits of its limit on memory and swap together by themselves.
		{"failures", &a.Failures, []source{{"memory.events", "max", 1}, {"memory.failcnt", "", 1}}, "memory.memsw.failcnt"},
		{"cpu", (*int64)(&a.CPU), []source{{"cpuacct.usage", "", 1}, {"cpu.stat", "usage_usec", int64(time.Microsecond)}}, ""},
	}
}

func uncounted() runtime.Accounting {
	return runtime.Accounting{OOMKills: -1, MemoryPeak: -1, Failures: -1, CPU: -1, Origins: map[string]string{}}
}

// Wait blocks until the container's main process has ended. For a container of
// another process the end is seen too, and the exit code when that process wrote
// it down.
func (r *Runtime) Wait(ctx context.Context, name string) (runtime.Exit, error) {
	exit, err := r.wait(ctx, name)
	if err != nil {
		return exit, fmt.Errorf("wait for container %s: %w", name, err)
	}
	return exit, nil
}

func (r *Runtime) wait(ctx context.Context, name string) (runtime.Exit, error) {
	if l := r.lifeOf(name); l != nil {
		select {
		case <-l.done:
			return l.exit, nil
		case <-ctx.Done():
			return runtime.Exit{}, context.Cause(ctx)
		}
	}
	rec, err := r.current(name)
	if err != nil {
		return runtime.Exit{}, err
	}
	switch rec.State {
	case runtime.StateExited:
		return rec.Exit, nil
	case runtime.StateCreated:
		return rec.Exit, runtime.ErrNotRunning
	}
	return r.waitForeign(ctx, rec)
}

// waitForeign waits for a process that is not our child: its pidfd becomes
// readable when it ends.
func (r *Runtime) waitForeign(ctx context.Context, rec record) (runtime.Exit, error) {
	for {
		running, err := r.stillRuns(rec.Process, 100*time.Millisecond)
		if err != nil {
			return runtime.Exit{}, err
		}
		if ctx.Err() != nil {
			return runtime.Exit{}, context.Cause(ctx)
		}
		if !running {
			break
		}
	}
	// Its engine, if that still lives, is about to write the exit down.
	for range 20 {
		latest, err := r.dirs.load(rec.Spec.Name)
		if err != nil || latest.State == runtime.StateExited {
			return latest.Exit, err
		}
		select {
		case <-ctx.Done():
			return runtime.Exit{}, context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
	latest, err := r.current(rec.Spec.Name)
	return latest.Exit, err
}

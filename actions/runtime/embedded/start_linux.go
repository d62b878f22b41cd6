package embedded

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded/child"
)

// Start starts the container's command. An exited container can be started
// again; its writable layer and its cgroup's counters go on. When the command
// does not exist or cannot be executed the container has ended, with exit code
// 127 or 126, and the exit says why.
func (r *Runtime) Start(ctx context.Context, name string) error {
	if err := r.start(ctx, name); err != nil {
		return fmt.Errorf("start container %s: %w", name, err)
	}
	return nil
}

func (r *Runtime) start(ctx context.Context, name string) error {
	unlock, err := r.locks.lock(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	rec, err := r.current(name)
	if err != nil || rec.State == runtime.StateRunning {
		return err
	}
	if err := r.loosen(rec); err != nil {
		return err
	}
	w, err := r.waitingFor(ctx, &rec)
	if err != nil {
		return err
	}
	return r.follow(ctx, rec, w)
}

// setUpPIDs is how many tasks the set-up may need: this program and its threads.
const setUpPIDs = 64

// isTight reports a limit on processes under which this program could not even
// begin. In the v2 tree it is born in the container's cgroup, with all threads;
// on v1 only the thread that becomes the command enters.
func (r *Runtime) isTight(l runtime.Limits) bool {
	if l.PIDs == nil || *l.PIDs <= 0 || *l.PIDs >= setUpPIDs || r.cgroups == nil {
		return false
	}
	_, version := r.cgroups.Hierarchy("pids")
	return version == cgroup.V2
}

// loosen lifts such a limit for the set-up, and tighten sets it again before the
// command is executed.
func (r *Runtime) loosen(rec record) error { return r.setPIDs(rec, setUpPIDs) }

func (r *Runtime) tighten(rec record) error {
	if rec.Spec.Limits.PIDs == nil {
		return nil
	}
	return r.setPIDs(rec, *rec.Spec.Limits.PIDs)
}

func (r *Runtime) setPIDs(rec record, most int64) error {
	if !r.isTight(rec.Spec.Limits) {
		return nil
	}
	group, err := r.group(rec)
	if err != nil {
		return err
	}
	return group.Set(cgroup.Limits{Pids: most})
}

// waitingFor returns a process that has set the container up, or tried to: the
// one that Create began with or a new one.
func (r *Runtime) waitingFor(ctx context.Context, rec *record) (*waiting, error) {
	if w := r.takeWaiting(rec.Spec.Name); w != nil {
		if w.isReady(ctx) {
			return w, nil
		}
		w.end()
	}
	if rec.State == runtime.StateExited {
		rec.Restarts++
	}
	if err := r.renewWork(rec.Spec.Name, rec.Spec); err != nil {
		return nil, err
	}
	w, err := r.setUp(ctx, *rec)
	if err != nil {
		return nil, err
	}
	w.isReady(ctx)
	return w, nil
}

// renewWork empties overlayfs's work directory: a volatile mount leaves a mark
// there that forbids a second one, as it could not know what had been flushed.
func (r *Runtime) renewWork(name string, spec runtime.Spec) error {
	work := filepath.Join(r.dirs.layers(name), child.WorkDir)
	if err := removeTree(work); err != nil {
		return err
	}
	return r.makeDir(work, spec)
}

// follow lets the waiting process become the command, and writes down that it
// has: the record is there before the command is.
func (r *Runtime) follow(ctx context.Context, rec record, w *waiting) error {
	r.setLife(rec.Spec.Name, nil) // an earlier one, whose exit is not this one's
	err := context.Cause(ctx)
	if err == nil {
		err = w.err // nobody writes it any more: it is ready, or was heard to fail
	}
	if err == nil {
		err = r.release(&rec, w)
	}
	if err == nil {
		err = w.launch.hear(ctx, r.hearer(rec.Spec.Name))
	}
	_ = w.launch.link.Close()
	if err != nil {
		return r.failed(rec, w, err)
	}
	r.tell(rec.Spec.Name, "execve %q", rec.Command)
	r.setLife(rec.Spec.Name, w.life)
	go r.finish(rec, w.life)
	return nil
}

func (r *Runtime) release(rec *record, w *waiting) error {
	identity, err := r.identify(w.life.process.Pid)
	if err != nil {
		return err
	}
	rec.Process, rec.State = identity, runtime.StateRunning
	rec.Exit = runtime.Exit{Started: time.Now(), Final: rec.Exit.Final}
	if err := r.dirs.save(*rec); err != nil {
		return err
	}
	if err := r.tighten(*rec); err != nil {
		return err
	}
	_, err = w.launch.link.Write([]byte{1})
	return err
}

// failed ends a process that did not get to its command.
func (r *Runtime) failed(rec record, w *waiting, err error) error {
	dropped := w.end()
	rec.State, rec.Process, rec.Dropped = runtime.StateExited, process{}, dropped
	rec.Exit = runtime.Exit{Code: codeNotStarted, Err: err.Error(), Final: uncounted()}
	var start *startError
	if errors.As(err, &start) && start.code != 0 {
		rec.Exit.Code = start.code
	}
	return errors.Join(err, r.tighten(rec), r.dirs.save(rec))
}

// codeNotStarted is Docker's exit code for a container that could not be set up.
const codeNotStarted = 128

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/runtime"
)

// current reads a container's record and sets it right by the kernel: a record
// says "running" for ever when its engine was killed.
func (r *Runtime) current(name string) (record, error) {
	if err := checkName(name); err != nil {
		return record{}, fmt.Errorf("%w: %w", runtime.ErrNotFound, err)
	}
	rec, err := r.dirs.load(name)
	if err != nil || rec.State != runtime.StateRunning {
		return rec, err
	}
	if l := r.lifeOf(name); l != nil {
		select {
		case <-l.done:
			return r.dirs.load(name)
		default:
			return rec, nil
		}
	}
	fd, err := r.open(rec.Process)
	if err != nil {
		return rec, err
	}
	if fd >= 0 {
		return rec, unix.Close(fd)
	}
	if written := r.written(name); written.State == runtime.StateExited {
		return written, nil
	}
	rec.State = runtime.StateExited
	rec.Exit.Code, rec.Exit.Signal = 128+int(unix.SIGKILL), int(unix.SIGKILL)
	rec.Exit.Err = "it ended with the process that had started it, which could not write down how"
	rec.Exit.Final = r.account(rec)
	return rec, nil
}

// running is current for what needs a live process.
func (r *Runtime) running(name string) (record, error) {
	rec, err := r.current(name)
	if err == nil && rec.State != runtime.StateRunning {
		err = fmt.Errorf("it is %s: %w", rec.State, runtime.ErrNotRunning)
	}
	return rec, err
}

// Inspect says what is known of a container of this or any earlier process.
func (r *Runtime) Inspect(ctx context.Context, name string) (runtime.Inspection, error) {
	rec, err := r.current(name)
	if err != nil {
		return runtime.Inspection{}, fmt.Errorf("inspect: %w", err)
	}
	i := runtime.Inspection{
		ID: rec.ID, Name: name, State: rec.State, Image: rec.Spec.Image, Command: rec.Command,
		Exit: rec.Exit, OOMKilled: rec.Exit.OOMKilled, Runtime: "embedded", Isolation: "process",
		Limits: rec.Spec.Limits, Restarts: rec.Restarts, CreatedAt: rec.CreatedAt, StartedAt: rec.Exit.Started,
		CgroupName: rec.Cgroup,
	}
	if rec.State == runtime.StateRunning {
		i.PID = rec.Process.PID
		if group, err := r.group(rec); err == nil {
			if frozen, err := group.Frozen(); err == nil && frozen {
				i.State = runtime.StatePaused
			}
		}
	}
	return i, nil
}

// written waits a moment for the process that started a container to write down how
// it ended: it learns of the end when we do.
func (r *Runtime) written(name string) (rec record) {
	const patience, pause = 500 * time.Millisecond, 10 * time.Millisecond
	for waited := time.Duration(0); waited < patience; waited += pause {
		var err error
		if rec, err = r.dirs.load(name); err != nil || rec.State == runtime.StateExited {
			return rec
		}
		time.Sleep(pause)
	}
	return rec
}

// Logs copies what is kept of the main process's output, see Options.LogMax.
func (r *Runtime) Logs(ctx context.Context, name string, stdout, stderr io.Writer) error {
	rec, err := r.dirs.load(name)
	if err != nil {
		return fmt.Errorf("logs: %w", err)
	}
	for i, out := range []io.Writer{stdout, stderr} {
		if err := copyLog(out, r.dirs.output(name, streams[i])); err != nil {
			return err
		}
		if skipper, ok := out.(runtime.Skipper); ok {
			skipper.Skip(rec.Dropped[i])
		}
	}
	return nil
}

// List names the containers with a label, sorted; an empty label stands for all.
func (r *Runtime) List(ctx context.Context, label, value string) ([]string, error) {
	entries, err := os.ReadDir(r.dirs.containers())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	var names []string
	for _, entry := range entries {
		rec, err := r.dirs.load(filepath.Base(entry.Name()))
		if err != nil {
			continue // being made or removed
		}
		if label == "" || rec.Spec.Labels[label] == value {
			names = append(names, rec.Spec.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// HostSeesProcesses is always true: the processes are the host's own.
func (r *Runtime) HostSeesProcesses(ctx context.Context, name string) (bool, error) {
	_, err := r.current(name)
	return err == nil, err
}

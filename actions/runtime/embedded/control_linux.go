package embedded

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
)

// Signal sends a signal to the container's main process, by pidfd.
func (r *Runtime) Signal(ctx context.Context, name string, sig syscall.Signal) error {
	rec, err := r.running(name)
	if err == nil {
		err = r.signal(rec.Process, sig)
	}
	if err != nil {
		return fmt.Errorf("signal container %s: %w", name, err)
	}
	return nil
}

func (r *Runtime) signal(p process, sig syscall.Signal) error {
	fd, err := r.open(p)
	if err != nil {
		return err
	}
	if fd < 0 {
		return runtime.ErrNotRunning
	}
	defer unix.Close(fd)
	if err := unix.PidfdSendSignal(fd, sig, nil, 0); err != nil {
		if errors.Is(err, unix.ESRCH) {
			return runtime.ErrNotRunning
		}
		return fmt.Errorf("send %v to process %d: %w", sig, p.PID, err)
	}
	return nil
}

// Stop sends the stop signal, waits for the grace time, and then kills all of the
// container's processes.
func (r *Runtime) Stop(ctx context.Context, name string, grace time.Duration) error {
	if err := r.stop(ctx, name, grace); err != nil {
		return fmt.Errorf("stop container %s: %w", name, err)
	}
	return nil
}

func (r *Runtime) stop(ctx context.Context, name string, grace time.Duration) error {
	rec, err := r.current(name)
	if err != nil || rec.State != runtime.StateRunning {
		return err
	}
	sig, err := stopSignal(rec.Spec.StopSignal)
	if err != nil {
		return err
	}
	if err := r.signal(rec.Process, sig); err != nil && !errors.Is(err, runtime.ErrNotRunning) {
		return err
	}
	patience, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if _, err := r.wait(patience, name); err == nil || ctx.Err() != nil {
		return err
	}
	if err := r.killAll(ctx, rec); err != nil {
		return err
	}
	_, err = r.wait(ctx, name)
	return err
}

// killAll kills the container's processes.
func (r *Runtime) killAll(ctx context.Context, rec record) error {
	group, err := r.group(rec)
	if errors.Is(err, errNoGroup) {
		return r.killMain(ctx, rec)
	}
	if err != nil {
		return err
	}
	return group.Kill(ctx)
}

// stopSignal reads TERM, SIGTERM or 15; empty is SIGTERM.
func stopSignal(name string) (syscall.Signal, error) {
	if name == "" {
		return syscall.SIGTERM, nil
	}
	var number int
	if n, err := fmt.Sscanf(name, "%d", &number); err == nil && n == 1 && number > 0 && number < 65 {
		return syscall.Signal(number), nil
	}
	full := strings.ToUpper(name)
	if !strings.HasPrefix(full, "SIG") {
		full = "SIG" + full
	}
	if number := unix.SignalNum(full); number != 0 {
		return number, nil
	}
	return 0, fmt.Errorf("unknown signal %q; see signal(7)", name)
}

// Pause freezes all processes of the container.
func (r *Runtime) Pause(ctx context.Context, name string) error {
	return r.onGroup(name, "pause", func(group *cgroup.Group) error { return group.Freeze(ctx) })
}

// Unpause thaws them.
func (r *Runtime) Unpause(ctx context.Context, name string) error {
	return r.onGroup(name, "unpause", func(group *cgroup.Group) error { return group.Thaw(ctx) })
}

// onGroup does something to the cgroup of a running container.
func (r *Runtime) onGroup(name, operation string, act func(*cgroup.Group) error) error {
	rec, err := r.running(name)
	if err == nil {
		var group *cgroup.Group
		if group, err = r.group(rec); err == nil {
			err = act(group)
		}
	}
	if err != nil {
		return fmt.Errorf("%s container %s: %w", operation, name, unsupported(err))
	}
	return nil
}

// Update changes limits of a container that has not ended.
func (r *Runtime) Update(ctx context.Context, name string, limits runtime.Limits) error {
	if err := r.update(ctx, name, limits); err != nil {
		return fmt.Errorf("update container %s: %w", name, err)
	}
	return nil
}

func (r *Runtime) update(ctx context.Context, name string, limits runtime.Limits) error {
	unlock, err := r.locks.lock(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	rec, err := r.current(name)
	if err != nil {
		return err
	}
	if rec.State == runtime.StateExited {
		return fmt.Errorf("it is exited: %w", runtime.ErrNotRunning)
	}
	wanted, err := r.kernelLimits(limits, true)
	if err != nil {
		return err
	}
	group, err := r.group(rec)
	if err != nil {
		return err
	}
	if err := group.Set(wanted); err != nil {
		return unsupported(err)
	}
	return r.amend(name, func(rec *record) { rec.Spec.Limits = merge(rec.Spec.Limits, limits) })
}

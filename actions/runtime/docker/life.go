package docker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/volume"

	"isolab/actions/runtime"
)

// Start runs the container's command. A command that cannot be executed is an
// error; Wait then returns at once, with the code (126, 127) and the reason.
//
// By hand: docker start <name>
func (r *Runtime) Start(ctx context.Context, name string) error {
	return r.call(ctx, steady, "start container "+name, func(ctx context.Context) error {
		before, err := r.inspect(ctx, name)
		if err != nil {
			return err
		}
		w := r.watchers.begin(before.ID)
		if err := r.client.ContainerStart(ctx, name, container.StartOptions{}); err != nil {
			r.watchers.drop(before.ID)
			return err
		}
		after, err := r.inspect(ctx, name)
		if err != nil {
			w.follow(0) // it runs: the watch goes on as long as there is something to see
			return err
		}
		w.follow(after.State.Pid)
		return nil
	})
}

// Signal sends a signal to the container's main process.
//
// By hand: docker kill --signal <sig> <name>
func (r *Runtime) Signal(ctx context.Context, name string, sig syscall.Signal) error {
	return r.call(ctx, quick, fmt.Sprintf("send signal %d to container %s", int(sig), name), func(ctx context.Context) error {
		return r.client.ContainerKill(ctx, name, strconv.Itoa(int(sig)))
	})
}

// Stop asks the daemon to stop the container. The API counts the grace time in
// whole seconds; a part of a second is rounded up.
//
// By hand: docker stop --time <seconds> <name>
func (r *Runtime) Stop(ctx context.Context, name string, grace time.Duration) error {
	seconds := wholeSeconds(grace)
	return r.call(ctx, long, "stop container "+name, func(ctx context.Context) error {
		err := r.client.ContainerStop(ctx, name, container.StopOptions{Timeout: &seconds})
		if err != nil && says(err, "is paused", "unpause the container") {
			err = errors.Join(r.client.ContainerUnpause(ctx, name),
				r.client.ContainerStop(ctx, name, container.StopOptions{Timeout: &seconds}))
		}
		return err
	})
}

func wholeSeconds(d time.Duration) int {
	return int((max(d, 0) + time.Second - 1) / time.Second)
}

// Pause freezes all processes of the container, with the freezer cgroup.
//
// By hand: docker pause <name>
func (r *Runtime) Pause(ctx context.Context, name string) error {
	return r.call(ctx, quick, "pause container "+name, func(ctx context.Context) error {
		return r.client.ContainerPause(ctx, name)
	})
}

// Unpause thaws what Pause froze.
//
// By hand: docker unpause <name>
func (r *Runtime) Unpause(ctx context.Context, name string) error {
	return r.call(ctx, quick, "unpause container "+name, func(ctx context.Context) error {
		return r.client.ContainerUnpause(ctx, name)
	})
}

// Remove ends and removes the container, and the volumes that were made with it
// and that nobody else uses. It waits for a creation that this process has asked for.
// One that a dead process has asked for may not be finished yet; whoever cleans up
// after a crash asks again.
//
// By hand: docker rm --force --volumes <name>
func (r *Runtime) Remove(ctx context.Context, name string) error {
	return r.call(ctx, steady, "remove container "+name, func(ctx context.Context) error {
		if err := r.making.settled(ctx, name); err != nil {
			return err
		}
		return r.remove(ctx, name)
	})
}

func (r *Runtime) remove(ctx context.Context, name string) error {
	before, err := r.inspect(ctx, name)
	if err == nil && strings.TrimPrefix(before.Name, "/") == name { // and not an id that begins so
		r.watchers.drop(before.ID)
		err = r.removeContainer(ctx, before.ID)
	}
	if err != nil && !cerrdefs.IsNotFound(err) {
		return err
	}
	return r.removeVolumes(ctx, name)
}

// removeContainer asks until the container is gone: another removal may be under
// way, and a busy mount is let go of in a moment.
func (r *Runtime) removeContainer(ctx context.Context, id string) error {
	options := container.RemoveOptions{Force: true, RemoveVolumes: true}
	for tries := 0; ; tries++ {
		err := r.client.ContainerRemove(ctx, id, options)
		passing := err != nil && says(err, "already in progress", "device or resource busy", "paused")
		if err == nil || !passing || tries == 50 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (r *Runtime) removeVolumes(ctx context.Context, name string) error {
	list, err := r.client.VolumeList(ctx, volume.ListOptions{Filters: filters.NewArgs(filters.Arg("label", labelVolume+"="+name))})
	if err != nil {
		return err
	}
	var errs []error
	for _, v := range list.Volumes {
		err := r.client.VolumeRemove(ctx, v.Name, false)
		if err != nil && !cerrdefs.IsNotFound(err) && !cerrdefs.IsConflict(err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

var _ runtime.VolumeLister = (*Runtime)(nil)

// Volumes names the volumes that were made along with containers that carry the label.
//
// By hand: docker volume ls --filter label=<label>=<value>
func (r *Runtime) Volumes(ctx context.Context, label, value string) ([]string, error) {
	var names []string
	err := r.call(ctx, quick, "list volumes", func(ctx context.Context) error {
		list, err := r.client.VolumeList(ctx, volume.ListOptions{Filters: filters.NewArgs(filters.Arg("label", label+"="+value))})
		for _, v := range list.Volumes {
			names = append(names, v.Name)
		}
		return err
	})
	return names, err
}

// Wait blocks until the container's main process has ended.
//
// By hand: docker wait <name>
func (r *Runtime) Wait(ctx context.Context, name string) (runtime.Exit, error) {
	operation := "wait for container " + name
	var before, after container.InspectResponse
	err := r.call(ctx, quick, operation, func(ctx context.Context) (err error) {
		before, err = r.inspect(ctx, name)
		if err == nil && neverStarted(before) {
			err = fmt.Errorf("container was not started: %w", runtime.ErrNotRunning)
		}
		return err
	})
	if err != nil {
		return runtime.Exit{}, err
	}
	if before.State.Running && r.watchers.of(before.ID) == nil { // another process started it
		r.watchers.begin(before.ID).follow(before.State.Pid)
	}
	err = r.call(ctx, endless, operation, func(ctx context.Context) error { return r.ended(ctx, before.ID) })
	if err != nil {
		return runtime.Exit{}, err
	}
	err = r.call(ctx, quick, operation, func(ctx context.Context) (err error) {
		after, err = r.inspect(ctx, before.ID)
		return err
	})
	if err != nil {
		return runtime.Exit{}, err
	}
	return r.exit(ctx, after), nil
}

// ended blocks until the daemon says that the container does not run.
func (r *Runtime) ended(ctx context.Context, id string) error {
	result, failed := r.client.ContainerWait(ctx, id, container.WaitConditionNotRunning)
	select {
	case err := <-failed:
		return err
	case <-result: // how it ended, inspect tells more exactly
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// neverStarted reports a container that was created and not started; one whose
// start failed is in the same state, but carries the code and the reason.
func neverStarted(c container.InspectResponse) bool {
	return c.State.Status == container.StateCreated && c.State.ExitCode == 0 && c.State.Error == ""
}

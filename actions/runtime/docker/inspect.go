package docker

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"isolab/actions/runtime"
)

// inspect is GET /containers/<name>/json, complete or an error.
func (r *Runtime) inspect(ctx context.Context, name string) (container.InspectResponse, error) {
	c, err := r.client.ContainerInspect(ctx, name)
	if err != nil {
		return c, err
	}
	if c.ContainerJSONBase == nil || c.State == nil || c.HostConfig == nil || c.Config == nil || c.ID == "" {
		return c, errors.New("the daemon's answer lacks the container's state")
	}
	return c, nil
}

// Inspect says what the daemon knows of a container.
//
// By hand: docker inspect <name>
func (r *Runtime) Inspect(ctx context.Context, name string) (runtime.Inspection, error) {
	var inspection runtime.Inspection
	err := r.call(ctx, quick, "inspect container "+name, func(ctx context.Context) error {
		c, err := r.inspect(ctx, name)
		if err == nil {
			inspection = r.inspection(ctx, c)
		}
		return err
	})
	return inspection, err
}

func (r *Runtime) inspection(ctx context.Context, c container.InspectResponse) runtime.Inspection {
	inspection := runtime.Inspection{
		ID: c.ID, Name: strings.TrimPrefix(c.Name, "/"), State: state(c.State), PID: c.State.Pid,
		Image: c.Config.Image, Command: append([]string{c.Path}, c.Args...), OOMKilled: c.State.OOMKilled,
		Runtime: c.HostConfig.Runtime, Isolation: string(c.HostConfig.Isolation), IP: ip(c),
		Limits: recorded(c.HostConfig.Resources), Restarts: c.RestartCount,
		CreatedAt: instant(c.Created), StartedAt: instant(c.State.StartedAt),
	}
	if inspection.State == runtime.StateExited {
		inspection.Exit = r.exit(ctx, c)
	}
	return inspection
}

// state maps the daemon's seven states to the four that matter here. A failed
// start leaves "created", with an exit code: that container has ended.
func state(s *container.State) runtime.State {
	switch s.Status {
	case container.StateCreated:
		if s.ExitCode != 0 || s.Error != "" {
			return runtime.StateExited
		}
		return runtime.StateCreated
	case container.StatePaused:
		return runtime.StatePaused
	case container.StateRunning, container.StateRestarting:
		return runtime.StateRunning
	}
	return runtime.StateExited
}

// ip is the address in the first network that has one.
func ip(c container.InspectResponse) string {
	if c.NetworkSettings == nil {
		return ""
	}
	for _, endpoint := range c.NetworkSettings.Networks {
		if endpoint != nil && endpoint.IPAddress != "" {
			return endpoint.IPAddress
		}
	}
	return ""
}

// instant reads the daemon's times; one that has not happened is year 1.
func instant(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// List names the containers with the label, in every state.
//
// By hand: docker ps --all --filter label=<label>=<value>
func (r *Runtime) List(ctx context.Context, label, value string) ([]string, error) {
	var names []string
	err := r.call(ctx, quick, "list containers", func(ctx context.Context) error {
		list, err := r.client.ContainerList(ctx, container.ListOptions{
			All: true, Filters: filters.NewArgs(filters.Arg("label", label+"="+value))})
		if err == nil && list == nil { // no containers is an empty list
			err = errors.New("the daemon's answer is no list")
		}
		for _, c := range list {
			if len(c.Names) > 0 {
				names = append(names, strings.TrimPrefix(c.Names[0], "/"))
			}
		}
		return err
	})
	return names, err
}

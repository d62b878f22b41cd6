package main

import (
	"context"
	"strconv"

	"isolab/actions"
	"isolab/actions/target"
)

// locate finds the cgroup directory and the host process id of a container, or the
// directory of a cgroup that a step made: for the commands that steps show.
func locate(ctx context.Context, env *actions.Env, name, controller string) (cgroup, pid string, ok bool) {
	if env.Runtime == nil {
		return "", "", false
	}
	container, group := name, ""
	if _, live := env.Containers.Live(name); !live {
		container, group = "", name
	}
	found, err := target.Group(ctx, env, container, group)
	if err != nil {
		return "", "", false
	}
	cgroup = found.Path(controller)
	if container != "" {
		if id, err := target.PID(ctx, env, container); err == nil {
			pid = strconv.Itoa(id)
		}
	}
	return cgroup, pid, true
}

package main

import (
	"context"
	"strconv"
	"strings"

	"isolab/actions"
	"isolab/actions/target"
)

// locate finds the cgroup directory and the host process id of a container, or the
// directory of a cgroup that a step made or is about to make: for the commands that
// steps show.
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
		return planned(env, name, controller)
	}
	if cgroup = found.Path(controller); controller == "*" {
		cgroup = found.Pattern()
	}
	if container != "" {
		if id, err := target.PID(ctx, env, container); err == nil {
			pid = strconv.Itoa(id)
		}
	}
	return cgroup, pid, true
}

// planned is where a cgroup of the run will be; of a container nobody knows that.
func planned(env *actions.Env, name, controller string) (cgroup, pid string, ok bool) {
	if _, declared := env.Containers.Declared(name); declared || name == "" || strings.HasPrefix(name, "/") {
		return "", "", false
	}
	host, err := target.Host(env)
	if err != nil {
		return "", "", false
	}
	group, err := host.Group(target.OwnName(env, name))
	if err != nil {
		return "", "", false
	}
	if controller == "*" {
		return group.Pattern(), "", true
	}
	return group.Planned(controller), "", true
}

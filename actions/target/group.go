package target

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"isolab/actions"
	"isolab/actions/kernel/cgroup"
	"isolab/actions/kernel/proc"
)

// Host opens the machine's cgroup trees. Its error wraps actions.ErrUnsupported
// where there are none.
func Host(env *actions.Env) (*cgroup.Host, error) {
	host, err := cgroup.Open(env.Root)
	return host, Unsupported(err)
}

// Unsupported makes an error of the kernel packages one that skips a scenario.
func Unsupported(err error) error {
	lacks := errors.Is(err, cgroup.ErrUnsupported) || errors.Is(err, proc.ErrUnsupported)
	if lacks && !errors.Is(err, actions.ErrUnsupported) {
		return fmt.Errorf("%w: %w", actions.ErrUnsupported, err)
	}
	return err
}

// Disk is the device file of the whole disk that holds a directory.
func Disk(env *actions.Env, dir string) (string, error) {
	host, err := Host(env)
	if err != nil {
		return "", err
	}
	disk, err := host.ResolveDevice(dir)
	if err != nil {
		return "", Unsupported(err)
	}
	return "/dev/" + disk.Name, nil
}

// Group finds the cgroup of a container of the run, or, without a container, the
// one that a step made under the given name. A path with a leading slash is a
// cgroup of the machine, below each hierarchy's root.
func Group(ctx context.Context, env *actions.Env, container, name string) (*cgroup.Group, error) {
	host, err := Host(env)
	if err != nil {
		return nil, err
	}
	switch {
	case container != "" && name != "":
		return nil, fmt.Errorf("container %s and cgroup %s: name one of them", container, name)
	case container != "":
		return groupOf(ctx, env, host, container)
	case strings.HasPrefix(name, "/"):
		return existing(host, name)
	case name != "":
		return own(env, host, name)
	}
	return nil, errors.New("neither a container nor a cgroup is named")
}

// groupOf goes by the process: whatever layout the runtime has, the kernel knows.
// That holds for a sandbox too, whose own process is in the container's cgroup,
// but not for a daemon in another machine, whose process ids are not ours.
func groupOf(ctx context.Context, env *actions.Env, host *cgroup.Host, container string) (*cgroup.Group, error) {
	seen, err := running(ctx, env, container)
	if err != nil {
		return nil, err
	}
	info, err := env.Runtime.Info(ctx)
	switch {
	case err != nil:
		return nil, err
	case info.NoLimits != "": // its process is in whichever cgroup isolab itself is in
		return nil, fmt.Errorf("container %s has no cgroup of its own: %s: %w", container, info.NoLimits, actions.ErrUnsupported)
	case info.HostIsVM && isSandbox(ctx, env, seen.Name):
		return nil, fmt.Errorf("container %s runs in a virtual machine, whose cgroups are not here: %w", container, actions.ErrUnsupported)
	}
	group, err := host.OfPID(seen.PID)
	if err == nil {
		return group, nil
	}
	if _, ended := running(ctx, env, container); ended != nil {
		return nil, ended // meanwhile
	}
	return nil, Unsupported(err)
}

func own(env *actions.Env, host *cgroup.Host, name string) (*cgroup.Group, error) {
	full := OwnName(env, name)
	if !env.Ledger.Holds("cgroup", full) {
		return nil, &UnknownError{Kind: "cgroup", Name: name}
	}
	return existing(host, full)
}

func existing(host *cgroup.Host, name string) (*cgroup.Group, error) {
	group, err := host.Group(name)
	if err == nil && !group.Exists() {
		err = fmt.Errorf("there is no cgroup %s", name)
	}
	return group, err
}

// OwnName is the full name of a cgroup that a step makes: below the run's own.
func OwnName(env *actions.Env, name string) string { return path.Join(env.Run.Cgroup, name) }

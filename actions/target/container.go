package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"isolab/actions"
	"isolab/actions/runtime"
)

// UnknownError is a name that means nothing, with the names that would.
type UnknownError struct {
	Kind  string // "container" or "cgroup"
	Name  string
	Known []string
}

// Error names what there is instead.
func (e *UnknownError) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("no %s %q is declared", e.Kind, e.Name)
	}
	return fmt.Sprintf("no %s %q is declared; there is %s", e.Kind, e.Name, strings.Join(e.Known, ", "))
}

// ErrNotMade is returned for a container that is declared, but which no step has
// started or which is removed again.
var ErrNotMade = errors.New("not made yet; start it with container.start or container.run")

// Check finds names of containers that are not declared. The empty name is one
// that an expression will give later; it is left alone.
func Check(declared actions.Declared, names ...string) error {
	known := declared.Names()
	var errs []error
	for _, name := range names {
		if name != "" && !slices.Contains(known, name) {
			errs = append(errs, &UnknownError{Kind: "container", Name: name, Known: known})
		}
	}
	return errors.Join(errs...)
}

// Live returns the runtime's name of a container that a step has made.
func Live(env *actions.Env, name string) (string, error) {
	if runtimeName, ok := env.Containers.Live(name); ok {
		return runtimeName, nil
	}
	if _, ok := env.Containers.Declared(name); !ok {
		return "", &UnknownError{Kind: "container", Name: name}
	}
	return "", fmt.Errorf("container %s: %w", name, ErrNotMade)
}

// Inspect is what the runtime knows of a container of the run.
func Inspect(ctx context.Context, env *actions.Env, name string) (runtime.Inspection, error) {
	runtimeName, err := Live(env, name)
	if err != nil {
		return runtime.Inspection{}, err
	}
	seen, err := env.Runtime.Inspect(ctx, runtimeName)
	if err != nil {
		return seen, fmt.Errorf("inspect container %s: %w", name, err)
	}
	return seen, nil
}

// PID is a running container's main process as the host sees it. A container
// that does not run is ErrNotRunning (and final, if it has ended), and one whose
// processes the host cannot see (in a virtual machine, say) is ErrUnsupported.
func PID(ctx context.Context, env *actions.Env, name string) (int, error) {
	seen, err := running(ctx, env, name)
	if err != nil {
		return 0, err
	}
	if isSandbox(ctx, env, seen.Name) {
		return 0, fmt.Errorf("the processes of container %s run in a kernel of their own: %w", name, actions.ErrUnsupported)
	}
	return seen.PID, nil
}

func running(ctx context.Context, env *actions.Env, name string) (runtime.Inspection, error) {
	seen, err := Inspect(ctx, env, name)
	switch {
	case err != nil || seen.PID != 0:
		return seen, err
	case seen.State == runtime.StateExited:
		return seen, actions.Final{Err: fmt.Errorf("container %s is %w", name, ended(ctx, env, seen.Name, seen.Exit))}
	}
	return seen, fmt.Errorf("container %s has no process, it is %s: %w", name, seen.State, runtime.ErrNotRunning)
}

// isSandbox reports a container with a kernel of its own.
func isSandbox(ctx context.Context, env *actions.Env, runtimeName string) bool {
	sees, ok := env.Runtime.(runtime.Sandboxer)
	if !ok {
		return false
	}
	visible, err := sees.HostSeesProcesses(ctx, runtimeName)
	return err == nil && !visible
}

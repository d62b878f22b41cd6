package container

import (
	"context"
	"errors"
	"fmt"
	"time"

	"isolab/actions"
	"isolab/actions/runtime"
	"isolab/actions/target"
	"isolab/schema"
)

// cleanupTime bounds what is undone after a failure, when the step's own time
// may be over.
const cleanupTime = 10 * time.Second

// overrides are what a step may say differently from the declaration.
type overrides struct {
	Command []string
	Env     map[string]string
	User    string
	Limits  schema.Limits
}

func (o overrides) apply(c schema.Container) schema.Container {
	if len(o.Command) > 0 {
		c.Command = o.Command
	}
	if o.User != "" {
		c.User = o.User
	}
	if len(o.Env) > 0 {
		merged := map[string]string{}
		for _, from := range []map[string]string{c.Env, o.Env} {
			for key, value := range from {
				merged[key] = value
			}
		}
		c.Env = merged
	}
	c.Limits = override(c.Limits, o.Limits)
	return c
}

// made is a container that was created and not yet started.
type made struct {
	name     string // the runtime's
	id       string
	image    string
	warnings []string
}

// create makes a declared container, after removing an ended one of the same
// name, and where it replaces that, one that still runs. Everything that could be left
// behind is journalled before it is made.
func create(ctx context.Context, env *actions.Env, name string, o overrides, replaces bool) (made, error) {
	declared, ok := env.Containers.Declared(name)
	if !ok {
		return made{}, &target.UnknownError{Kind: "container", Name: name}
	}
	declared = o.apply(declared)
	if err := permit(env, declared); err != nil {
		return made{}, fmt.Errorf("container %s: %w", name, err)
	}
	if err := makeRoom(ctx, env, name, replaces); err != nil {
		return made{}, err
	}
	image, err := image(ctx, env, name, declared.Image)
	if err != nil {
		return made{}, err
	}
	spec, err := Spec(ctx, env, name, declared)
	if err != nil {
		return made{}, err
	}
	spec.Image = image
	return createSpec(ctx, env, name, spec)
}

func createSpec(ctx context.Context, env *actions.Env, name string, spec runtime.Spec) (made, error) {
	if env.Runtime.Name() == "embedded" {
		if err := intend(env, "cgroup", env.Run.Cgroup); err != nil {
			return made{}, err
		}
	}
	if err := intend(env, "container", spec.Name); err != nil {
		return made{}, err
	}
	created, err := env.Runtime.Create(ctx, spec)
	if err != nil {
		return made{}, errors.Join(failing(ctx, env, "create", name, spec.Name, err), undo(ctx, env, spec.Name))
	}
	env.Containers.Bind(name, spec.Name)
	for _, warning := range created.Warnings {
		env.Note(name + ": " + warning)
	}
	return made{name: spec.Name, id: created.ID, image: spec.Image, warnings: created.Warnings}, nil
}

// image makes sure that the declared image is there and returns the reference
// that the runtime knows it by.
func image(ctx context.Context, env *actions.Env, name string, declared schema.Image) (string, error) {
	var found runtime.Image
	var err error
	switch {
	case declared.Build != "":
		found, err = target.Build(ctx, env, declared.Build, env.Run.Name(name))
	case declared.Load != "":
		found, err = target.Load(ctx, env, declared.Load)
	default:
		_, err = target.Image(ctx, env, reference(declared))
		return reference(declared), err
	}
	return found.Ref, err
}

// makeRoom removes a container of the same name. One that still runs is the author's
// mistake, unless it is to be replaced.
func makeRoom(ctx context.Context, env *actions.Env, name string, replaces bool) error {
	runtimeName, ok := env.Containers.Live(name)
	if !ok {
		return nil
	}
	seen, err := env.Runtime.Inspect(ctx, runtimeName)
	runs := err == nil && (seen.State == runtime.StateRunning || seen.State == runtime.StatePaused)
	switch {
	case err != nil && !errors.Is(err, runtime.ErrNotFound):
		return fmt.Errorf("container %s: %w", name, err)
	case runs && replaces:
		env.Note(fmt.Sprintf("%s still runs, and is removed first: docker rm --force %s", name, name))
	case runs:
		return fmt.Errorf("container %s is %s already; end it first with container.stop or container.remove", name, seen.State)
	}
	return remove(ctx, env, name, runtimeName)
}

// remove takes a container away and crosses it out.
func remove(ctx context.Context, env *actions.Env, name, runtimeName string) error {
	if err := env.Runtime.Remove(ctx, runtimeName); err != nil {
		return failing(ctx, env, "remove", name, runtimeName, err)
	}
	env.Containers.Unbind(name)
	return env.Ledger.Done("container", runtimeName)
}

// undo removes what a failed create left, so that the step may be tried again.
func undo(ctx context.Context, env *actions.Env, runtimeName string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	if err := env.Runtime.Remove(ctx, runtimeName); err != nil {
		return fmt.Errorf("undo: %w", err)
	}
	return env.Ledger.Done("container", runtimeName)
}

// intend journals an object of the runtime, once.
func intend(env *actions.Env, kind, name string) error {
	if env.Ledger.Holds(kind, name) {
		return nil
	}
	if err := env.Ledger.Intend(kind, name, map[string]string{"runtime": env.Runtime.Name()}); err != nil {
		return fmt.Errorf("journal %s %s: %w", kind, name, err)
	}
	return nil
}

package container

import (
	"context"
	"errors"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/target"
	"isolab/schema"
	"isolab/schema/unit"
)

// UpdateParams are the parameters of container.update.
type UpdateParams struct {
	Container string        `json:"container" doc:"Name of a container that runs." isolab:"main,required" example:"hungry"`
	Limits    schema.Limits `json:"limits" doc:"The limits to change; keys that are left out stay as they are." isolab:"required" example:"{cpus: 1}"`
}

// UpdateResult is the result of container.update.
type UpdateResult struct {
	Limits LimitsResult `json:"limits" expr:"limits" doc:"The limits as the runtime has them recorded now."`
}

// Update is container.update.
var Update = actions.Define(actions.Spec[UpdateParams, UpdateResult]{
	Name:    "container.update",
	Summary: "Change limits of a container while it runs",
	About: `Writes the new limits into the container's cgroup; its processes are not restarted. Swap that
is not given stays as it is beside a new memory limit. (For Docker both are one number, and it
refuses a memory limit above it; so the command gives it as well.) What the kernel enforces
afterwards is read with cgroup.read.`,
	Example: `container.update: {container: hungry, limits: {cpus: 1}}
`,
	Check: func(p UpdateParams, d actions.Declared) error { return target.Check(d, p.Container) },
	Shell: func(p UpdateParams, v actions.View) []string {
		words := append([]string{"docker", "update"}, limitFlags(withSwap(p.Limits, p.Container, v))...)
		return []string{shell.Line(append(words, v.ContainerName(p.Container))...)}
	},
	Run: func(ctx context.Context, env *actions.Env, p UpdateParams) (UpdateResult, error) {
		if p.Limits == (schema.Limits{}) {
			return UpdateResult{}, errors.New("no limit is given")
		}
		runtimeName, err := target.Live(env, p.Container)
		if err != nil {
			return UpdateResult{}, err
		}
		changes, err := limits(ctx, env, p.Limits)
		if err != nil {
			return UpdateResult{}, err
		}
		if err := env.Runtime.Update(ctx, runtimeName, changes); err != nil {
			return UpdateResult{}, failing(ctx, env, "update", p.Container, runtimeName, err)
		}
		seen, err := target.Inspect(ctx, env, p.Container)
		return UpdateResult{Limits: limitsResult(seen.Limits)}, err
	},
})

// withSwap adds the swap that a container was declared with to a new memory limit, as
// the Docker runtime does: Docker refuses such a limit alone, above the old one on both,
// and where there was none.
func withSwap(l schema.Limits, name string, d actions.Declared) schema.Limits {
	declared, ok := d.Container(name)
	if !ok || l.Memory == nil || l.Swap != nil {
		return l
	}
	switch memory := declared.Limits.Memory; {
	case memory == nil || memory.IsUnlimited():
		l.Swap = ptr(unit.Unlimited)
	case declared.Limits.Swap != nil:
		l.Swap = declared.Limits.Swap
	default:
		l.Swap = memory // as Docker has it: twice the memory for both
	}
	return l
}

package container

import (
	"context"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// UnpauseParams are the parameters of container.unpause.
type UnpauseParams struct {
	Container string `json:"container" doc:"Name of a container that is paused." isolab:"main,required" example:"hungry"`
}

// Unpause is container.unpause.
var Unpause = actions.Define(actions.Spec[UnpauseParams, actions.Empty]{
	Name:    "container.unpause",
	Summary: "Let a paused container go on",
	About:   `Thaws the container's cgroup; its processes go on where container.pause stopped them.`,
	Example: `container.unpause: hungry
`,
	Check: func(p UnpauseParams, d actions.Declared) error { return target.Check(d, p.Container) },
	Shell: func(p UnpauseParams, v actions.View) []string {
		return []string{shell.Line("docker", "unpause", v.ContainerName(p.Container))}
	},
	Run: func(ctx context.Context, env *actions.Env, p UnpauseParams) (actions.Empty, error) {
		runtimeName, err := target.Live(env, p.Container)
		if err != nil {
			return actions.Empty{}, err
		}
		if err := env.Runtime.Unpause(ctx, runtimeName); err != nil {
			return actions.Empty{}, failing(ctx, env, "unpause", p.Container, runtimeName, err)
		}
		return actions.Empty{}, nil
	},
})

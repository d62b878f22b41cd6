package container

import (
	"context"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// PauseParams are the parameters of container.pause.
type PauseParams struct {
	Container string `json:"container" doc:"Name of a container that runs." isolab:"main,required" example:"hungry"`
}

// Pause is container.pause.
var Pause = actions.Define(actions.Spec[PauseParams, actions.Empty]{
	Name:    "container.pause",
	Summary: "Freeze all processes of a container",
	About: `The kernel's freezer stops every process of the container's cgroup where it stands
(cgroup v2: ` + "`cgroup.freeze`" + `, v1: ` + "`freezer.state`" + `). They keep their memory, use no CPU time and
do not notice. A frozen process of cgroup v1 cannot even be killed until it is thawed.`,
	Example: `container.pause: hungry
`,
	Check: func(p PauseParams, d actions.Declared) error { return target.Check(d, p.Container) },
	Shell: func(p PauseParams, v actions.View) []string {
		return []string{shell.Line("docker", "pause", v.ContainerName(p.Container))}
	},
	Run: func(ctx context.Context, env *actions.Env, p PauseParams) (actions.Empty, error) {
		runtimeName, err := target.Live(env, p.Container)
		if err != nil {
			return actions.Empty{}, err
		}
		if err := env.Runtime.Pause(ctx, runtimeName); err != nil {
			return actions.Empty{}, failing(ctx, env, "pause", p.Container, runtimeName, err)
		}
		return actions.Empty{}, nil
	},
})

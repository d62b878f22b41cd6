package container

import (
	"context"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// RemoveParams are the parameters of container.remove.
type RemoveParams struct {
	Container string `json:"container" doc:"Name of a container of the scenario." isolab:"main,required" example:"hungry"`
}

// Remove is container.remove.
var Remove = actions.Define(actions.Spec[RemoveParams, actions.Empty]{
	Name:    "container.remove",
	Summary: "Remove a container, ending it first when it runs",
	About: `Kills what still runs and gives back everything that was made for the container. The end of
the run does this for every container anyway; the step is for lessons that look at the
machine afterwards.`,
	Example: `container.remove: hungry
`,
	Check: func(p RemoveParams, d actions.Declared) error { return target.Check(d, p.Container) },
	Shell: func(p RemoveParams, v actions.View) []string {
		return []string{shell.Line("docker", "rm", "--force", v.ContainerName(p.Container))}
	},
	Run: func(ctx context.Context, env *actions.Env, p RemoveParams) (actions.Empty, error) {
		runtimeName, err := target.Live(env, p.Container)
		if err != nil {
			return actions.Empty{}, err
		}
		return actions.Empty{}, remove(ctx, env, p.Container, runtimeName)
	},
})

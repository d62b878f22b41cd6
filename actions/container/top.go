package container

import (
	"context"

	"isolab/actions"
	"isolab/actions/runtime"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// TopParams are the parameters of container.top.
type TopParams struct {
	Container string `json:"container" doc:"Name of a container that runs." isolab:"main,required" example:"pinger"`
}

// TopResult is the result of container.top.
type TopResult struct {
	Count     int                  `json:"count" expr:"count" doc:"How many processes there are."`
	Processes []runtime.TopProcess `json:"processes" expr:"processes" doc:"The container's processes as the runtime shows them."`
}

// Top is container.top.
var Top = actions.Define(actions.Spec[TopParams, TopResult]{
	Name:    "container.top",
	Summary: "List a container's processes as the runtime shows them",
	About: `What ` + "`docker top`" + ` says: the container's processes with the ids they have on the host. For what
the kernel itself says of them, in every PID namespace, use host.processes.`,
	Example: `container.top: pinger
as: top
expect:
  - top.count == 1
`,
	Observes: true,
	Check:    func(p TopParams, d actions.Declared) error { return target.Check(d, p.Container) },
	Shell: func(p TopParams, v actions.View) []string {
		return []string{shell.Line("docker", "top", v.ContainerName(p.Container))}
	},
	Run: func(ctx context.Context, env *actions.Env, p TopParams) (TopResult, error) {
		runtimeName, err := target.Live(env, p.Container)
		if err != nil {
			return TopResult{}, err
		}
		processes, err := env.Runtime.Top(ctx, runtimeName)
		if err != nil {
			return TopResult{}, failing(ctx, env, "top of", p.Container, runtimeName, err)
		}
		return TopResult{Count: len(processes), Processes: processes}, nil
	},
})

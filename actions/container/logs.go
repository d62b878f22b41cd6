package container

import (
	"context"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/target"
	"isolab/schema/unit"
)

// LogsParams are the parameters of container.logs.
type LogsParams struct {
	Container string `json:"container" doc:"Name of a container of the scenario." isolab:"main,required" example:"hungry"`
}

// LogsResult is the result of container.logs.
type LogsResult struct {
	Stdout      string    `json:"stdout" expr:"stdout" doc:"What the main process has written to standard output, from the start."`
	Stderr      string    `json:"stderr" expr:"stderr" doc:"What the main process has written to standard error, from the start."`
	StdoutBytes unit.Size `json:"stdout_bytes" expr:"stdout_bytes" doc:"How much it wrote to standard output, kept or not."`
	StderrBytes unit.Size `json:"stderr_bytes" expr:"stderr_bytes" doc:"How much it wrote to standard error, kept or not."`
	Truncated   bool      `json:"truncated" expr:"truncated" doc:"Whether more was written than is kept."`
}

// Logs is container.logs.
var Logs = actions.Define(actions.Spec[LogsParams, LogsResult]{
	Name:    "container.logs",
	Summary: "Read what a container has written so far",
	About: `The output of the main process, as ` + "`docker logs`" + ` shows it; of a flood the beginning is kept and
the rest is counted.`,
	Example: `container.logs: hungry
as: said
eventually: {within: 5s}
expect:
  - said.stdout contains "touched"
`,
	Observes: true,
	Check:    func(p LogsParams, d actions.Declared) error { return target.Check(d, p.Container) },
	Shell: func(p LogsParams, v actions.View) []string {
		return []string{shell.Line("docker", "logs", v.ContainerName(p.Container))}
	},
	Run: func(ctx context.Context, env *actions.Env, p LogsParams) (LogsResult, error) {
		runtimeName, err := target.Live(env, p.Container)
		if err != nil {
			return LogsResult{}, err
		}
		stdout, stderr, err := collect(ctx, env, runtimeName)
		return LogsResult{Stdout: stdout.String(), Stderr: stderr.String(), StdoutBytes: stdout.Total(),
			StderrBytes: stderr.Total(), Truncated: stdout.Truncated() || stderr.Truncated()}, err
	},
})

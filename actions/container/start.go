package container

import (
	"context"
	"errors"
	"time"

	"isolab/actions"
	"isolab/actions/runtime"
	"isolab/actions/target"
	"isolab/schema"
)

// StartParams are the parameters of container.start.
type StartParams struct {
	Container string            `json:"container" doc:"Name of a container of the scenario." isolab:"main,required" example:"hungry"`
	Command   []string          `json:"command" doc:"Another command than the declared one." example:"[eatmemory, 100MiB]"`
	Env       map[string]string `json:"env" doc:"Further environment variables."`
	User      string            `json:"user" doc:"Another user than the declared one."`
	Limits    schema.Limits     `json:"limits" doc:"Limits that replace the declared ones, key by key."`
	MayRefuse bool              `json:"may_refuse" doc:"Whether it is an answer, and no reason to skip the scenario, when the runtime cannot run such a container."`
}

// StartResult is the result of container.start.
type StartResult struct {
	Name      string    `json:"name" expr:"name" doc:"The runtime's name of the container."`
	ID        string    `json:"id" expr:"id" doc:"The runtime's id: 64 hexadecimal digits."`
	PID       int       `json:"pid" expr:"pid" doc:"The main process as the host sees it; 0 when it has ended already."`
	Image     string    `json:"image" expr:"image" doc:"The image it was made of."`
	StartedAt time.Time `json:"started_at" expr:"started_at" doc:"When the command was executed."`
	Warnings  []string  `json:"warnings" expr:"warnings" doc:"What the runtime does differently from what was asked, in its own words."`
	Refused   string    `json:"refused" expr:"refused" doc:"Why the runtime cannot run such a container, where may_refuse is set; empty when it does."`
}

// Start is container.start.
var Start = actions.Define(actions.Spec[StartParams, StartResult]{
	Name:    "container.start",
	Summary: "Start a container and go on while it runs",
	About: `Makes the declared container and runs its command detached, as ` + "`docker run -d`" + ` does.
An ended container of the same name is removed first; one that still runs is an error.

Two caps protect the machine where the author sets no limit: at most 512 processes and
threads, and without a memory limit an ` + "`oom_score_adj`" + ` of 500, so that the kernel
kills the container before anything else when the machine runs out of memory. The memory
itself stays unlimited then, which is what a lesson about no limit has to show.

What the runtime will not do as asked is in ` + "`warnings`" + `. What it cannot do at all (an image for
another machine, an isolation mode that it does not have) skips the scenario with the reason;
with ` + "`may_refuse`" + ` the reason is in ` + "`refused`" + `, for claims on it.`,
	Example: `container.start: hungry
as: started
expect:
  - started.pid > 0
`,
	Needs: func(p StartParams, d actions.Declared) []actions.Permission { return needsOf(d, p.Container) },
	Check: func(p StartParams, d actions.Declared) error { return checkCommand(d, p.Container, p.Command) },
	Shell: func(p StartParams, v actions.View) []string {
		return dockerRun(v, p.Container, startOverrides(p), detached)
	},
	Run: func(ctx context.Context, env *actions.Env, p StartParams) (StartResult, error) {
		made, err := create(ctx, env, p.Container, startOverrides(p), false)
		var result StartResult
		if err == nil {
			result, err = start(ctx, env, p.Container, made)
		}
		if p.MayRefuse && errors.Is(err, runtime.ErrUnsupported) {
			return StartResult{Refused: err.Error()}, nil
		}
		return result, err
	},
})

func startOverrides(p StartParams) overrides {
	return overrides{Command: p.Command, Env: p.Env, User: p.User, Limits: p.Limits}
}

func start(ctx context.Context, env *actions.Env, name string, made made) (StartResult, error) {
	result := StartResult{Name: made.name, ID: made.id, Image: made.image, Warnings: made.warnings}
	if err := env.Runtime.Start(ctx, made.name); err != nil {
		return result, failing(ctx, env, "start", name, made.name, err)
	}
	seen, err := target.Inspect(ctx, env, name)
	result.PID, result.StartedAt = seen.PID, seen.StartedAt
	return result, err
}

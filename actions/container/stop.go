package container

import (
	"context"
	"time"

	"isolab/actions"
	"isolab/actions/runtime"
	"isolab/actions/shell"
	"isolab/actions/signal"
	"isolab/actions/target"
)

// StopParams are the parameters of container.stop.
type StopParams struct {
	Container string         `json:"container" doc:"Name of a container of the scenario." isolab:"main,required" example:"hungry"`
	Grace     *time.Duration `json:"grace" doc:"How long it may take before it is killed; left out, the declared stop_grace, else 10s." example:"3s"`
}

// StopResult is the result of container.stop.
type StopResult struct {
	ExitCode   int           `json:"exit_code" expr:"exit_code" doc:"How the main process ended: 143 by SIGTERM, 137 when it had to be killed."`
	Signal     int           `json:"signal" expr:"signal" doc:"Number of the signal that ended it; 0 when it ended by itself."`
	SignalName string        `json:"signal_name" expr:"signal_name" doc:"Name of that signal, such as SIGTERM."`
	OOMKilled  bool          `json:"oom_killed" expr:"oom_killed" doc:"Whether the main process was killed for lack of memory."`
	Duration   time.Duration `json:"duration" expr:"duration" doc:"How long stopping took."`
	WasRunning bool          `json:"was_running" expr:"was_running" doc:"Whether it still ran when the step began."`
}

// Stop is container.stop.
var Stop = actions.Define(actions.Spec[StopParams, StopResult]{
	Name:    "container.stop",
	Summary: "Ask a container to end, and kill it when it does not",
	About: `Sends the stop signal (SIGTERM unless declared otherwise) to the main process and, after the
grace time, SIGKILL. A process that is PID 1 of its namespace ignores signals it has no
handler for (pid_namespaces(7)), which is why many containers take the whole grace time.
Stopping a container that has ended already is no error.`,
	Example: `container.stop: {container: hungry, grace: 3s}
as: stopped
expect:
  - stopped.exit_code == 137
`,
	Check: func(p StopParams, d actions.Declared) error { return target.Check(d, p.Container) },
	Shell: func(p StopParams, v actions.View) []string {
		words := []string{"docker", "stop"}
		if p.Grace != nil {
			words = append(words, "-t", seconds(*p.Grace))
		}
		return []string{shell.Line(append(words, v.ContainerName(p.Container))...)}
	},
	Run: stop,
})

func stop(ctx context.Context, env *actions.Env, p StopParams) (StopResult, error) {
	before, err := target.Inspect(ctx, env, p.Container)
	if err != nil {
		return StopResult{}, err
	}
	runtimeName, err := target.Live(env, p.Container)
	if err != nil {
		return StopResult{}, err
	}
	began := env.Clock.Now()
	if err := env.Runtime.Stop(ctx, runtimeName, grace(env, p)); err != nil {
		return StopResult{}, failing(ctx, env, "stop", p.Container, runtimeName, err)
	}
	took := env.Clock.Now().Sub(began)
	exit, err := await(ctx, env, p.Container, runtimeName)
	return StopResult{ExitCode: exit.Code, Signal: exit.Signal, SignalName: signal.Name(exit.Signal),
		OOMKilled: exit.OOMKilled, Duration: took, WasRunning: before.State == runtime.StateRunning}, err
}

// defaultGrace is Docker's.
const defaultGrace = 10 * time.Second

func grace(env *actions.Env, p StopParams) time.Duration {
	declared, _ := env.Containers.Declared(p.Container)
	switch {
	case p.Grace != nil:
		return *p.Grace
	case declared.StopGrace > 0:
		return declared.StopGrace
	}
	return defaultGrace
}

package container

import (
	"context"
	"time"

	"isolab/actions"
	"isolab/actions/runtime"
	"isolab/actions/shell"
	"isolab/actions/signal"
	"isolab/actions/target"
	"isolab/schema/unit"
)

// WaitParams are the parameters of container.wait.
type WaitParams struct {
	Container string `json:"container" doc:"Name of a container of the scenario." isolab:"main,required" example:"hungry"`
}

// WaitResult is the result of container.wait.
type WaitResult struct {
	ExitCode   int           `json:"exit_code" expr:"exit_code" doc:"How the main process ended: 0 to 255, and 128 + signal when a signal ended it."`
	Signal     int           `json:"signal" expr:"signal" doc:"Number of the signal that ended it; 0 when none did."`
	SignalName string        `json:"signal_name" expr:"signal_name" doc:"Name of that signal, such as SIGKILL; empty when none did."`
	OOMKilled  bool          `json:"oom_killed" expr:"oom_killed" doc:"Whether the main process was killed for lack of memory."`
	OOMKills   int64         `json:"oom_kills" expr:"oom_kills" doc:"How many processes of the container the kernel killed for lack of memory."`
	Failures   int64         `json:"failures" expr:"failures" doc:"How often the memory limit was hit."`
	MemoryPeak unit.Size     `json:"memory_peak" expr:"memory_peak" doc:"The most memory that was charged to the container at once."`
	CPU        time.Duration `json:"cpu" expr:"cpu" doc:"CPU time used by all processes of the container."`
	Duration   time.Duration `json:"duration" expr:"duration" doc:"How long the main process ran."`

	// Missing has the reason for every count that could not be read; it is zero then.
	Missing map[string]string `json:"missing" expr:"missing" doc:"For each count that could not be read, by its name, the reason."`

	final runtime.Accounting
}

// Origins implements actions.Sourced.
func (r WaitResult) Origins() map[string]string { return r.final.Origins }

// Wait is container.wait.
var Wait = actions.Define(actions.Spec[WaitParams, WaitResult]{
	Name:    "container.wait",
	Summary: "Wait until a container has ended",
	About: `Returns at once for a container that has ended already. An exit code other than 0 fails the
step, unless the step expects something of ` + "`exit_code`" + `, ` + "`signal`" + ` or ` + "`oom_killed`" + ` itself. When the
step's timeout is over the container is killed.`,
	Example: `container.wait: hungry
as: end
expect:
  - end.exit_code == 137
`,
	Verdict: []string{"exit_code", "signal", "signal_name", "oom_killed", "oom_kills"},
	FailsOn: func(r WaitResult) error {
		return failed("the container's command", r.ExitCode, r.Signal, r.OOMKilled, "")
	},
	Check: func(p WaitParams, d actions.Declared) error { return target.Check(d, p.Container) },
	Shell: func(p WaitParams, v actions.View) []string {
		return []string{shell.Line("docker", "wait", v.ContainerName(p.Container))}
	},
	Run: func(ctx context.Context, env *actions.Env, p WaitParams) (WaitResult, error) {
		runtimeName, err := target.Live(env, p.Container)
		if err != nil {
			return WaitResult{}, err
		}
		exit, err := await(ctx, env, p.Container, runtimeName)
		if err != nil {
			return WaitResult{}, err
		}
		final, missing := known(exit.Final)
		return WaitResult{ExitCode: exit.Code, Signal: exit.Signal, SignalName: signal.Name(exit.Signal),
			OOMKilled: exit.OOMKilled, OOMKills: final.OOMKills, Failures: final.Failures, MemoryPeak: unit.Size(final.MemoryPeak),
			CPU: final.CPU, Duration: lasted(exit), Missing: missing, final: final}, nil
	},
})

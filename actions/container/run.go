package container

import (
	"context"
	"time"

	"isolab/actions"
	"isolab/actions/output"
	"isolab/actions/runtime"
	"isolab/actions/signal"
	"isolab/schema"
	"isolab/schema/unit"
)

// RunParams are the parameters of container.run.
type RunParams struct {
	Container string            `json:"container" doc:"Name of a container of the scenario." isolab:"main,required" example:"hungry"`
	Command   []string          `json:"command" doc:"Another command than the declared one." example:"[eatmemory, 200MiB]"`
	Env       map[string]string `json:"env" doc:"Further environment variables."`
	User      string            `json:"user" doc:"Another user than the declared one."`
	Limits    schema.Limits     `json:"limits" doc:"Limits that replace the declared ones, key by key."`
	Remove    bool              `json:"remove" doc:"Whether the container is removed once it has ended; else it stays until the end of the run."`
}

// RunResult is the result of container.run.
type RunResult struct {
	Name        string        `json:"name" expr:"name" doc:"The runtime's name of the container."`
	ID          string        `json:"id" expr:"id" doc:"The runtime's id: 64 hexadecimal digits."`
	ExitCode    int           `json:"exit_code" expr:"exit_code" doc:"How the main process ended: 0 to 255, and 128 + signal when a signal ended it."`
	Signal      int           `json:"signal" expr:"signal" doc:"Number of the signal that ended it; 0 when none did."`
	SignalName  string        `json:"signal_name" expr:"signal_name" doc:"Name of that signal, such as SIGKILL; empty when none did."`
	OOMKilled   bool          `json:"oom_killed" expr:"oom_killed" doc:"Whether the main process was killed for lack of memory."`
	OOMKills    int64         `json:"oom_kills" expr:"oom_kills" doc:"How many processes of the container the kernel killed for lack of memory."`
	Failures    int64         `json:"failures" expr:"failures" doc:"How often the memory limit was hit."`
	MemoryPeak  unit.Size     `json:"memory_peak" expr:"memory_peak" doc:"The most memory that was charged to the container at once."`
	CPU         time.Duration `json:"cpu" expr:"cpu" doc:"CPU time used by all processes of the container."`
	Duration    time.Duration `json:"duration" expr:"duration" doc:"How long the main process ran."`
	Stdout      string        `json:"stdout" expr:"stdout" doc:"What the main process wrote to standard output, from the start."`
	Stderr      string        `json:"stderr" expr:"stderr" doc:"What the main process wrote to standard error, from the start."`
	StdoutBytes unit.Size     `json:"stdout_bytes" expr:"stdout_bytes" doc:"How much it wrote to standard output, kept or not."`
	StderrBytes unit.Size     `json:"stderr_bytes" expr:"stderr_bytes" doc:"How much it wrote to standard error, kept or not."`
	Truncated   bool          `json:"truncated" expr:"truncated" doc:"Whether more was written than is kept."`
	StartedAt   time.Time     `json:"started_at" expr:"started_at" doc:"When the command was executed."`
	Warnings    []string      `json:"warnings" expr:"warnings" doc:"What the runtime does differently from what was asked, in its own words."`

	// Missing has the reason for every count that could not be read; it is zero then.
	Missing map[string]string `json:"missing" expr:"missing" doc:"For each count that could not be read, by its name, the reason."`

	final runtime.Accounting
}

// Origins implements actions.Sourced.
func (r RunResult) Origins() map[string]string { return r.final.Origins }

// Run is container.run.
var Run = actions.Define(actions.Spec[RunParams, RunResult]{
	Name:    "container.run",
	Summary: "Run a container to its end and collect how it ended",
	About: `Makes the declared container, runs its command, waits for it and collects its output and
what the kernel had counted when it ended. The container stays for further steps until
another one of the same name is started or the run ends, unless ` + "`remove`" + ` is set. One of that
name that still runs is removed first. The caps of container.start hold here too.

An exit code other than 0 fails the step, unless the step expects something of ` + "`exit_code`" + `,
` + "`signal`" + ` or ` + "`oom_killed`" + ` itself. 137 alone does not prove that memory ran out: anyone can send
SIGKILL. ` + "`oom_killed`" + ` and ` + "`oom_kills`" + ` come from the kernel's counters.`,
	Example: `container.run: {container: hungry, command: [eatmemory, 200MiB]}
as: run
expect:
  - run.exit_code == 137 && run.oom_killed
`,
	Verdict: []string{"exit_code", "signal", "signal_name", "oom_killed", "oom_kills"},
	FailsOn: func(r RunResult) error {
		return failed("the container's command", r.ExitCode, r.Signal, r.OOMKilled, r.Stderr)
	},
	Needs: func(p RunParams, d actions.Declared) []actions.Permission { return needsOf(d, p.Container) },
	Check: func(p RunParams, d actions.Declared) error { return checkCommand(d, p.Container, p.Command) },
	Shell: func(p RunParams, v actions.View) []string {
		if p.Remove {
			return dockerRun(v, p.Container, runOverrides(p), removed)
		}
		return dockerRun(v, p.Container, runOverrides(p), attached)
	},
	Run: func(ctx context.Context, env *actions.Env, p RunParams) (RunResult, error) {
		made, err := create(ctx, env, p.Container, runOverrides(p), true)
		if err != nil {
			return RunResult{}, err
		}
		result, err := run(ctx, env, p.Container, made)
		if err == nil && p.Remove {
			err = remove(ctx, env, p.Container, made.name)
		}
		return result, err
	},
})

func runOverrides(p RunParams) overrides {
	return overrides{Command: p.Command, Env: p.Env, User: p.User, Limits: p.Limits}
}

func run(ctx context.Context, env *actions.Env, name string, made made) (RunResult, error) {
	if err := env.Runtime.Start(ctx, made.name); err != nil {
		return RunResult{}, failing(ctx, env, "start", name, made.name, err)
	}
	exit, err := await(ctx, env, name, made.name)
	if err != nil {
		return RunResult{}, err
	}
	stdout, stderr, err := collect(ctx, env, made.name)
	if err != nil {
		return RunResult{}, err
	}
	return ended(env, made, exit, stdout, stderr), nil
}

func ended(env *actions.Env, made made, exit runtime.Exit, stdout, stderr *output.Buffer) RunResult {
	final, missing := known(exit.Final)
	return RunResult{
		Name: made.name, ID: made.id,
		ExitCode: exit.Code, Signal: exit.Signal, SignalName: signal.Name(exit.Signal), OOMKilled: exit.OOMKilled,
		OOMKills: final.OOMKills, Failures: final.Failures, MemoryPeak: unit.Size(final.MemoryPeak), CPU: final.CPU,
		Duration: lasted(exit), StartedAt: exit.Started,
		Stdout: stdout.String(), Stderr: stderr.String(), StdoutBytes: stdout.Total(), StderrBytes: stderr.Total(),
		Truncated: output.Cut(env.Note, stdout, stderr), Warnings: made.warnings,
		Missing: missing, final: final,
	}
}

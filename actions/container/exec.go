package container

import (
	"context"
	"strings"
	"time"

	"isolab/actions"
	"isolab/actions/output"
	"isolab/actions/runtime"
	"isolab/actions/shell"
	"isolab/actions/signal"
	"isolab/actions/target"
	"isolab/schema/unit"
)

// ExecParams are the parameters of container.exec.
type ExecParams struct {
	Container string            `json:"container" doc:"Name of a container that runs." isolab:"main,required" example:"hungry"`
	Command   []string          `json:"command" doc:"The command and its arguments; no shell reads them." isolab:"required" example:"[cat, /proc/1/status]"`
	Env       map[string]string `json:"env" doc:"Further environment variables."`
	User      string            `json:"user" doc:"User name or uid[:gid] that runs the command."`
	WorkDir   string            `json:"workdir" doc:"Working directory of the command."`
	Stdin     string            `json:"stdin" doc:"What the command reads from standard input."`
}

// ExecResult is the result of container.exec.
type ExecResult struct {
	ExitCode    int           `json:"exit_code" expr:"exit_code" doc:"How the command ended: 0 to 255, and 128 + signal when a signal ended it."`
	Signal      int           `json:"signal" expr:"signal" doc:"Number of the signal that ended it; 0 when none did."`
	SignalName  string        `json:"signal_name" expr:"signal_name" doc:"Name of that signal, such as SIGKILL; empty when none did."`
	Stdout      string        `json:"stdout" expr:"stdout" doc:"What the command wrote to standard output, from the start."`
	Stderr      string        `json:"stderr" expr:"stderr" doc:"What the command wrote to standard error, from the start."`
	StdoutBytes unit.Size     `json:"stdout_bytes" expr:"stdout_bytes" doc:"How much it wrote to standard output, kept or not."`
	StderrBytes unit.Size     `json:"stderr_bytes" expr:"stderr_bytes" doc:"How much it wrote to standard error, kept or not."`
	Truncated   bool          `json:"truncated" expr:"truncated" doc:"Whether more was written than is kept."`
	Duration    time.Duration `json:"duration" expr:"duration" doc:"How long the command ran, as seen from outside."`
}

// Exec is container.exec.
var Exec = actions.Define(actions.Spec[ExecParams, ExecResult]{
	Name:    "container.exec",
	Summary: "Run a further command inside a running container",
	About: `The command joins the container's namespaces and cgroup, as ` + "`docker exec`" + ` does, and is waited
for. An exit code other than 0 fails the step, unless the step expects something of
` + "`exit_code`" + ` or ` + "`signal`" + ` itself. It may be repeated under eventually and always: keep to
commands that only look.`,
	Example: `container.exec: {container: hungry, command: [hostname]}
as: inside
expect:
  - inside.exit_code == 0
`,
	Observes: true,
	Verdict:  []string{"exit_code", "signal", "signal_name"},
	FailsOn: func(r ExecResult) error {
		return failed("the command", r.ExitCode, r.Signal, false, r.Stderr)
	},
	Check: func(p ExecParams, d actions.Declared) error { return checkExec(d, p) },
	Shell: func(p ExecParams, v actions.View) []string { return []string{execLine(p, v)} },
	Run:   exec,
})

func execLine(p ExecParams, v actions.View) string {
	var f flags
	f.on("-i", p.Stdin != "")
	f.each("--env", environment(p.Env))
	f.add("--user", p.User)
	f.add("--workdir", p.WorkDir)
	words := append([]string{"docker", "exec"}, f...)
	words = append(append(words, v.ContainerName(p.Container)), p.Command...)
	return shell.Around{Stdin: p.Stdin}.Line(words...)
}

func exec(ctx context.Context, env *actions.Env, p ExecParams) (ExecResult, error) {
	runtimeName, err := target.Live(env, p.Container)
	if err != nil {
		return ExecResult{}, err
	}
	stdout, stderr := output.New(env.OutputMax), output.New(env.OutputMax)
	began := env.Clock.Now()
	ended, err := env.Runtime.Exec(ctx, runtimeName, runtime.ExecSpec{
		Command: p.Command, Env: environment(p.Env, actions.NonceEnv+"="+env.Run.ID), User: p.User, WorkDir: p.WorkDir,
		Stdin: strings.NewReader(p.Stdin), Stdout: stdout, Stderr: stderr,
	})
	if err != nil {
		return ExecResult{}, failing(ctx, env, "exec in", p.Container, runtimeName, err)
	}
	return ExecResult{
		ExitCode: ended.Code, Signal: ended.Signal, SignalName: signal.Name(ended.Signal),
		Stdout: stdout.String(), Stderr: stderr.String(), StdoutBytes: stdout.Total(), StderrBytes: stderr.Total(),
		Truncated: output.Cut(env.Note, stdout, stderr), Duration: env.Clock.Now().Sub(began),
	}, nil
}

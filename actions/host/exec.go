package host

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"isolab/actions"
	"isolab/actions/command"
	"isolab/actions/output"
	"isolab/actions/shell"
	"isolab/actions/signal"
	"isolab/schema/unit"
)

// ExecParams are the parameters of host.exec.
type ExecParams struct {
	Command []string          `json:"command" doc:"The command and its arguments; no shell reads them, and no expression may stand in them: pass values through env." isolab:"main,required,literal" example:"[uname, -r]"`
	Env     map[string]string `json:"env" doc:"Further environment variables."`
	Dir     string            `json:"dir" doc:"Working directory, absolute; left out, the run's scratch directory."`
	Stdin   string            `json:"stdin" doc:"What the command reads from standard input."`
}

// ExecResult is the result of host.exec.
type ExecResult struct {
	PID         int           `json:"pid" expr:"pid" doc:"Process id that the command had."`
	ExitCode    int           `json:"exit_code" expr:"exit_code" doc:"How it ended: 0 to 255, and 128 + signal when a signal ended it."`
	Signal      int           `json:"signal" expr:"signal" doc:"Number of the signal that ended it; 0 when none did."`
	SignalName  string        `json:"signal_name" expr:"signal_name" doc:"Name of that signal, such as SIGKILL; empty when none did."`
	Stdout      string        `json:"stdout" expr:"stdout" doc:"What it wrote to standard output, from the start."`
	Stderr      string        `json:"stderr" expr:"stderr" doc:"What it wrote to standard error, from the start."`
	StdoutBytes unit.Size     `json:"stdout_bytes" expr:"stdout_bytes" doc:"How much it wrote to standard output, kept or not."`
	StderrBytes unit.Size     `json:"stderr_bytes" expr:"stderr_bytes" doc:"How much it wrote to standard error, kept or not."`
	Truncated   bool          `json:"truncated" expr:"truncated" doc:"Whether more was written than is kept."`
	Duration    time.Duration `json:"duration" expr:"duration" doc:"How long it ran."`
	CPU         time.Duration `json:"cpu" expr:"cpu" doc:"CPU time that it and the children it waited for used."`
}

// Exec is host.exec.
var Exec = actions.Define(actions.Spec[ExecParams, ExecResult]{
	Name:    "host.exec",
	Summary: "Run a command on the machine, outside any container",
	About: `Needs the permission ` + "`host.exec`" + `: the command runs as the user of isolab. It gets the search path, the
language and the home directory, what ` + "`env`" + ` adds, and nothing else of isolab's environment. When
the step's time is over it is killed with everything it started; what it leaves running in the
background ends with the run.

An exit code other than 0 fails the step, unless the step expects something of ` + "`exit_code`" + ` or
` + "`signal`" + ` itself.`,
	Example: `host.exec: [uname, -r]
as: kernel
expect:
  - kernel.stdout != ""
`,
	Verdict: []string{"exit_code", "signal", "signal_name"},
	FailsOn: func(r ExecResult) error {
		if r.ExitCode == 0 && r.Signal == 0 {
			return nil
		}
		return fmt.Errorf("the command ended with exit code %d %s", r.ExitCode, r.SignalName)
	},
	Needs: func(ExecParams, actions.Declared) []actions.Permission {
		return []actions.Permission{actions.HostExec}
	},
	Check: func(p ExecParams, _ actions.Declared) error {
		if p.Dir != "" && !filepath.IsAbs(p.Dir) {
			return fmt.Errorf("dir %q: want an absolute path", p.Dir)
		}
		if len(p.Command) == 0 || p.Command[0] == "" {
			return errors.New("the command is empty")
		}
		return nil
	},
	Shell: func(p ExecParams, _ actions.View) []string {
		return []string{shell.Around{Env: p.Env, Dir: p.Dir, Stdin: p.Stdin}.Line(p.Command...)}
	},
	Run: execute,
})

func execute(ctx context.Context, env *actions.Env, p ExecParams) (ExecResult, error) {
	if err := env.Permit(actions.HostExec); err != nil {
		return ExecResult{}, err
	}
	group, err := command.Enclose(env)
	if err != nil {
		return ExecResult{}, err
	}
	defer group.Close() // of nil: an error that says nothing
	dir := p.Dir
	if dir == "" {
		dir = env.Run.Dir
	}
	e, err := command.Run(ctx, env.Run, command.Command{Args: p.Command, Env: command.Environment(p.Env), Dir: dir,
		Stdin: p.Stdin, Max: env.OutputMax, Group: group})
	if err != nil {
		return ExecResult{}, err
	}
	return ExecResult{PID: e.PID, ExitCode: e.Code, Signal: e.Signal, SignalName: signal.Name(e.Signal),
		Stdout: e.Stdout.String(), Stderr: e.Stderr.String(), StdoutBytes: e.Stdout.Total(), StderrBytes: e.Stderr.Total(),
		Truncated: output.Cut(env.Note, e.Stdout, e.Stderr), Duration: e.Duration, CPU: e.CPU}, nil
}

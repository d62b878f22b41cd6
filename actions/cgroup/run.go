package cgroup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"isolab/actions"
	"isolab/actions/command"
	"isolab/actions/kernel/cgroup"
	"isolab/actions/output"
	"isolab/actions/shell"
	"isolab/actions/signal"
	"isolab/actions/target"
	"isolab/actions/workload"
	"isolab/schema/unit"
)

// RunParams are the parameters of cgroup.run.
type RunParams struct {
	Cgroup    string            `json:"cgroup" doc:"Name of a cgroup that a step made." isolab:"main,either" example:"small"`
	Container string            `json:"container" doc:"A running container whose cgroup the command joins; its namespaces it does not." isolab:"either" example:"hungry"`
	Command   []string          `json:"command" doc:"The command and its arguments; the name of a workload of isolab, or a program of the machine, which needs a permission and takes no expressions." isolab:"required" example:"[memhog, 100MiB]"`
	User      string            `json:"user" doc:"Who runs it: a user name, a user id or uid:gid; left out, the user of isolab." example:"65534"`
	Env       map[string]string `json:"env" doc:"Further environment variables."`
	Dir       string            `json:"dir" doc:"Working directory; left out, the root directory."`
	Stdin     string            `json:"stdin" doc:"What the command reads from standard input."`
	Detach    bool              `json:"detach" doc:"Whether the step goes on while the command runs; its output is not kept then, and the end of the run kills it."`
}

// RunResult is the result of cgroup.run.
type RunResult struct {
	PID         int           `json:"pid" expr:"pid" doc:"Process id of the command on the host."`
	ExitCode    int           `json:"exit_code" expr:"exit_code" doc:"How it ended: 0 to 255, and 128 + signal when a signal ended it."`
	Signal      int           `json:"signal" expr:"signal" doc:"Number of the signal that ended it; 0 when none did."`
	SignalName  string        `json:"signal_name" expr:"signal_name" doc:"Name of that signal, such as SIGKILL; empty when none did."`
	OOMKilled   bool          `json:"oom_killed" expr:"oom_killed" doc:"Whether it ended by SIGKILL while the kernel counted a kill for lack of memory in the group."`
	OOMKills    int64         `json:"oom_kills" expr:"oom_kills" doc:"How many processes of the group the kernel killed for lack of memory meanwhile."`
	Failures    int64         `json:"failures" expr:"failures" doc:"How often the group's memory limit was hit meanwhile."`
	MemoryPeak  unit.Size     `json:"memory_peak" expr:"memory_peak" doc:"The most memory that was charged to the group at once, so far."`
	CPU         time.Duration `json:"cpu" expr:"cpu" doc:"CPU time that the group used meanwhile."`
	Duration    time.Duration `json:"duration" expr:"duration" doc:"How long the command ran."`
	Stdout      string        `json:"stdout" expr:"stdout" doc:"What it wrote to standard output, from the start."`
	Stderr      string        `json:"stderr" expr:"stderr" doc:"What it wrote to standard error, from the start."`
	StdoutBytes unit.Size     `json:"stdout_bytes" expr:"stdout_bytes" doc:"How much it wrote to standard output, kept or not."`
	StderrBytes unit.Size     `json:"stderr_bytes" expr:"stderr_bytes" doc:"How much it wrote to standard error, kept or not."`
	Truncated   bool          `json:"truncated" expr:"truncated" doc:"Whether more was written than is kept."`

	// Missing has the reason for every count that this kernel does not offer, and
	// for what is known only at the end of a command that is detached; such a field
	// is zero.
	Missing map[string]string `json:"missing" expr:"missing" doc:"For each field that this kernel does not offer, or that a detached command does not have yet, by its name, the reason."`

	origins map[string]string
}

// Origins implements actions.Sourced.
func (r RunResult) Origins() map[string]string { return r.origins }

// Run is cgroup.run.
var Run = actions.Define(actions.Spec[RunParams, RunResult]{
	Name:    "cgroup.run",
	Summary: "Run a command inside a cgroup, as a given user if asked",
	About: `What ` + "`cgexec`" + ` does: a process on the machine itself, in none of a container's namespaces, which
writes itself into the group's ` + "`cgroup.procs`" + `, takes on the user, and then becomes the command.
All that the command allocates is charged to the group; nothing of it before.

The workloads of isolab that leave the machine's files alone need no permission (stress without
workers that write to the disk): ` + harmlessRows() + `.
Any other command needs ` + "`host.exec`" + `.

The command's ` + "`oom_score_adj`" + ` is 500, so that the kernel picks it first when the machine itself
runs out of memory. When the step's time is over, the command is killed with everything it
started.

An exit code other than 0 fails the step, unless the step expects something of ` + "`exit_code`" + `,
` + "`signal`" + ` or ` + "`oom_killed`" + ` itself.`,
	Example: `cgroup.run: {cgroup: small, user: "65534", command: [memhog, 100MiB]}
as: run
expect:
  - run.oom_killed && run.oom_kills == 1
`,
	Verdict: []string{"exit_code", "signal", "signal_name", "oom_killed", "oom_kills"},
	FailsOn: func(r RunResult) error {
		if r.ExitCode == 0 && r.Signal == 0 {
			return nil
		}
		return fmt.Errorf("the command ended with exit code %d %s", r.ExitCode, r.SignalName)
	},
	Needs: func(p RunParams, _ actions.Declared) []actions.Permission {
		if builtin(p.Command) {
			return nil
		}
		return []actions.Permission{actions.HostExec}
	},
	Check: func(p RunParams, d actions.Declared) error {
		return errors.Join(where{p.Container, p.Cgroup}.check(d), checkOwn(p.Cgroup), checkLiteral(p.Command))
	},
	Shell: runCommands,
	Run:   run,
})

// harmless are the workloads that only use up memory, time, processes and open
// files of their own, or print. The built-in image has others, a shell among them,
// that could touch any file here or start any program.
var harmless = []string{"burn", "caps", "eatmemory", "echo", "false", "forkbomb", "ignore-term", "memhog", "nproc",
	"openfiles", "pinger", "seq", "sleep", "spawn", "stress", "true", "yes", "zombies"}

// harmlessRows lists them for the reference page.
func harmlessRows() string {
	var rows []string
	for row := range slices.Chunk(harmless, 8) {
		rows = append(rows, "`"+strings.Join(row, "`, `")+"`")
	}
	return strings.Join(rows, ",\n")
}

// builtin reports a command that needs no permission: one of isolab's own
// workloads that leaves the machine's files alone.
func builtin(words []string) bool {
	if len(words) == 0 || !slices.Contains(harmless, words[0]) || writesFiles(words) {
		return false
	}
	return slices.ContainsFunc(workload.Applets(), func(a workload.Applet) bool { return a.Name == words[0] })
}

// writesFiles reports stress with workers that write to the disk.
func writesFiles(words []string) bool {
	return slices.ContainsFunc(words[1:], func(word string) bool {
		return strings.HasPrefix(word, "--hdd") || words[0] == "stress" && strings.HasPrefix(word, "-") &&
			!strings.HasPrefix(word, "--") && strings.Contains(word, "d")
	})
}

// checkLiteral finds expressions in commands of the machine: a word that is known
// only when the scenario runs is empty before. What a permission is asked for has
// to be seen beforehand.
func checkLiteral(words []string) error {
	if !builtin(words) && slices.Contains(words, "") {
		return fmt.Errorf("command %q: a program of the machine takes no expressions; pass values through env", words)
	}
	return nil
}

// checkOwn refuses groups of the machine: commands run in the run's own only.
func checkOwn(name string) error {
	if (where{cgroup: name}).foreign() {
		return fmt.Errorf("cgroup %s: commands run only in cgroups that a step made, named without a leading slash", name)
	}
	return checkName(name)
}

func run(ctx context.Context, env *actions.Env, p RunParams) (RunResult, error) {
	if !builtin(p.Command) {
		if err := env.Permit(actions.HostExec); err != nil {
			return RunResult{}, err
		}
	}
	if err := checkOwn(p.Cgroup); err != nil {
		return RunResult{}, err
	}
	group, err := where{p.Container, p.Cgroup}.open(ctx, env)
	if err != nil {
		return RunResult{}, err
	}
	if err := command.Journal(env); err != nil {
		return RunResult{}, err
	}
	before, err := group.Read(ctx)
	if err != nil {
		return RunResult{}, target.Unsupported(err)
	}
	if p.Detach {
		pid, err := startInside(ctx, env, group, p)
		return detached(pid), err
	}
	ended, err := runInside(ctx, env, group, p)
	if err != nil {
		return RunResult{}, err
	}
	after, err := group.Read(ctx)
	return account(env, ended, before, after), target.Unsupported(err)
}

// detached is the result for a command that still runs: of its end, nothing is known.
func detached(pid int) RunResult {
	r := RunResult{PID: pid, Missing: map[string]string{}}
	for _, name := range []string{"exit_code", "signal", "signal_name", "oom_killed", "oom_kills", "failures", "memory_peak",
		"cpu", "duration", "stdout", "stderr", "stdout_bytes", "stderr_bytes", "truncated"} {
		r.Missing[name] = "the command is detached, and its end is not waited for"
	}
	return r
}

// account puts together how the command ended and what the kernel counted for the
// group meanwhile.
func account(env *actions.Env, e command.Ended, before, after cgroup.Reading) RunResult {
	r := RunResult{
		PID: e.PID, ExitCode: e.Code, Signal: e.Signal, SignalName: signal.Name(e.Signal),
		OOMKills: after.Memory.OOMKills - before.Memory.OOMKills,
		Failures: after.Memory.Failures - before.Memory.Failures,
		CPU:      after.CPU.Usage - before.CPU.Usage, MemoryPeak: after.Memory.Peak,
		Duration: e.Duration, Stdout: e.Stdout.String(), Stderr: e.Stderr.String(),
		StdoutBytes: e.Stdout.Total(), StderrBytes: e.Stderr.Total(),
		Truncated: output.Cut(env.Note, e.Stdout, e.Stderr),
		Missing:   map[string]string{}, origins: map[string]string{},
	}
	r.OOMKilled = r.Signal == int(signal.Kill) && r.OOMKills > 0
	for name, field := range map[string]string{"oom_kills": "memory.oom_kills", "failures": "memory.failures",
		"memory_peak": "memory.peak", "cpu": "cpu.usage", "oom_killed": "memory.oom_kills"} {
		if reason := after.Missing[field]; reason != "" {
			r.Missing[name] = reason
		}
		if path := after.Origins()[field]; path != "" {
			r.origins[name] = path
		}
	}
	return r
}

// runCommands join the group with a shell that then becomes the command.
func runCommands(p RunParams, v actions.View) []string {
	w := where{p.Container, p.Cgroup}
	words := p.Command
	if p.User != "" {
		words = append([]string{"setpriv", "--reuid", p.User, "--clear-groups"}, words...)
	}
	join := "echo $$ > " + w.everywhere(v, "cgroup.procs")
	if !v2(v) {
		join = "echo $$ | tee " + w.everywhere(v, "cgroup.procs") + " > /dev/null"
	}
	around := shell.Around{Env: p.Env, Dir: p.Dir, Stdin: p.Stdin}
	return []string{around.Line("sh", "-c", join+"; exec "+shell.Line(words...))}
}

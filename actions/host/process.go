package host

import (
	"context"
	"fmt"
	"strconv"

	"isolab/actions"
	"isolab/actions/kernel/proc"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// ProcessParams are the parameters of host.process.
type ProcessParams struct {
	PID       int    `json:"pid" doc:"Process id on the host." isolab:"main,either" example:"${seen.pid}"`
	Container string `json:"container" doc:"A container: alone its main process, else the one that inside or command picks." isolab:"either" example:"pinger"`
	Inside    int    `json:"inside" doc:"The id that the process has inside the container." example:"1"`
	Command   string `json:"command" doc:"The name of the only such process of the container." example:"pinger"`
}

func (p ProcessParams) selection() target.Selection {
	return target.Selection{PID: p.PID, Container: p.Container, Inside: p.Inside, Command: p.Command}
}

// ProcessResult is the result of host.process.
type ProcessResult struct {
	proc.Process
}

// Origins implements actions.Sourced.
func (r ProcessResult) Origins() map[string]string { return r.Process.Origins() }

// Process is host.process.
var Process = actions.Define(actions.Spec[ProcessParams, ProcessResult]{
	Name:    "host.process",
	Summary: "Read everything that the kernel tells about one process",
	About: `From ` + "`/proc/<pid>`" + ` (proc(5)): user, state, memory, CPU time, capabilities, seccomp, resource limits,
namespaces, cgroups, and in ` + "`pids`" + ` its id in each nested PID namespace, the host's first and the
container's own last. What the kernel does not show is listed in ` + "`missing`" + ` with the reason.`,
	Example: `host.process: {container: pinger}
as: main
expect:
  - main.pids[1] == 1
  - main.capabilities.effective.count == 14
`,
	Observes: true,
	Check:    func(p ProcessParams, d actions.Declared) error { return p.selection().Check(d) },
	Shell: func(p ProcessParams, v actions.View) []string {
		dir := "/proc/" + pidWord(p.selection(), v)
		linux := []string{shell.Line("cat", dir+"/status"), shell.Line("ls", "-l", dir+"/ns"), shell.Line("cat", dir+"/cgroup")}
		return typed(v, linux, processCmdlets(p.selection(), v))
	},
	Run: func(ctx context.Context, env *actions.Env, p ProcessParams) (ProcessResult, error) {
		pid, err := p.selection().Find(ctx, env)
		if err != nil {
			return ProcessResult{}, err
		}
		fs, err := target.Proc(env)
		if err != nil {
			return ProcessResult{}, err
		}
		process, err := fs.Process(pid)
		return ProcessResult{process}, target.Unsupported(err)
	},
})

// pidWord is how a command names the process.
func pidWord(s target.Selection, v actions.View) string {
	switch {
	case s.PID != 0:
		return strconv.Itoa(s.PID)
	case s.Inside > 1:
		return fmt.Sprintf("<host's pid of %d in %s>", s.Inside, s.Container)
	case s.Command != "":
		return fmt.Sprintf("<pid of %s in %s>", s.Command, s.Container)
	}
	return v.PID(s.Container)
}

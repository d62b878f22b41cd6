package host

import (
	"context"
	"slices"
	"time"

	"isolab/actions"
	"isolab/actions/kernel/proc"
	"isolab/actions/shell"
	"isolab/actions/target"
	"isolab/schema/unit"
)

// ProcessesParams are the parameters of host.processes.
type ProcessesParams struct {
	Container string `json:"container" doc:"Only the processes of this container, as the host sees them." isolab:"main" example:"pinger"`
	Command   string `json:"command" doc:"Only processes called this: the kernel's name, the program's file name, or a word of the command line." example:"pinger"`
	User      string `json:"user" doc:"Only processes of this user, by name or id." example:"65534"`
	Own       bool   `json:"own" doc:"Only processes that this run started, in containers or on the machine."`
}

// ProcessesResult is the result of host.processes.
type ProcessesResult struct {
	Count     int            `json:"count" expr:"count" doc:"How many processes there are."`
	PIDs      []int          `json:"pids" expr:"pids" doc:"Their ids on the host."`
	Commands  []string       `json:"commands" expr:"commands" doc:"Their names, in the same order."`
	RSS       unit.Size      `json:"rss" expr:"rss" doc:"Memory of all of them in RAM; what they share counts several times."`
	CPUTime   time.Duration  `json:"cpu_time" expr:"cpu_time" doc:"CPU time that all of them have used."`
	Processes []proc.Summary `json:"processes" expr:"processes" doc:"The processes, by id."`
}

// Origins implements actions.Sourced.
func (ProcessesResult) Origins() map[string]string {
	return map[string]string{"count": "/proc", "pids": "/proc", "commands": "/proc/<pid>/stat",
		"rss": "/proc/<pid>/stat", "cpu_time": "/proc/<pid>/stat", "processes": "/proc/<pid>/stat and status"}
}

// Processes is host.processes.
var Processes = actions.Define(actions.Spec[ProcessesParams, ProcessesResult]{
	Name:    "host.processes",
	Summary: "List processes as the host sees them",
	About: `Without a filter all processes of the machine, as ` + "`ps -ef`" + ` lists them; a container's processes are
among them, with other ids than they have inside. With a container given, those in its cgroup.
Of a container with a kernel of its own (gVisor) only the sandbox itself is seen here, and of one
in a virtual machine nothing: that is what isolation means there.`,
	Example: `host.processes: pinger
as: seen
expect:
  - seen.count == 1
`,
	Observes: true,
	Check:    func(p ProcessesParams, d actions.Declared) error { return target.Check(d, p.Container) },
	Shell: func(p ProcessesParams, v actions.View) []string {
		return typed(v, processesCommands(p, v), processesCmdlets(p, v))
	},
	Run: processes,
})

func processes(ctx context.Context, env *actions.Env, p ProcessesParams) (ProcessesResult, error) {
	fs, err := target.Proc(env)
	if err != nil {
		return ProcessesResult{}, err
	}
	var list []proc.Summary
	if p.Container != "" {
		list, err = target.Processes(ctx, env, p.Container)
	} else {
		list, err = fs.Processes()
	}
	if err != nil {
		return ProcessesResult{}, target.Unsupported(err)
	}
	user, err := userFilter(p.User)
	if err != nil {
		return ProcessesResult{}, err
	}
	return listed(slices.DeleteFunc(list, func(s proc.Summary) bool {
		return p.Command != "" && !target.Runs(s, p.Command) || !user(s) ||
			p.Own && !fs.HasEnv(s.PID, actions.NonceEnv, env.Run.ID)
	})), nil
}

// userFilter takes a name as the list shows it, or a user of this machine.
func userFilter(name string) (func(proc.Summary) bool, error) {
	if name == "" {
		return func(proc.Summary) bool { return true }, nil
	}
	user, err := target.FindUser(name)
	if err != nil {
		return nil, err
	}
	return func(s proc.Summary) bool { return s.UID == user.UID || s.User == name }, nil
}

func listed(list []proc.Summary) ProcessesResult {
	result := ProcessesResult{Count: len(list), Processes: list}
	for _, s := range list {
		result.PIDs = append(result.PIDs, s.PID)
		result.Commands = append(result.Commands, s.Command)
		result.RSS += s.RSS
		result.CPUTime += s.CPUTime
	}
	return result
}

func processesCommands(p ProcessesParams, v actions.View) []string {
	switch {
	case p.Container != "":
		return []string{"ps -f -p $(paste -sd, " + shell.Quote(v.Cgroup(p.Container, "memory")+"/cgroup.procs") + ")"}
	case p.Command != "":
		return []string{shell.Line("pgrep", "-a", "-f", p.Command)}
	case p.User != "":
		return []string{shell.Line("ps", "-f", "-u", p.User)}
	}
	return []string{"ps -ef"}
}

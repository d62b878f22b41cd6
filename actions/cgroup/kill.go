package cgroup

import (
	"context"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// KillParams are the parameters of cgroup.kill.
type KillParams struct {
	Container string `json:"container" doc:"Name of a container that runs." isolab:"main,either" example:"hungry"`
	Cgroup    string `json:"cgroup" doc:"Name of a cgroup that a step made, or the full name of one of the machine with a leading slash, which needs a permission." isolab:"either,literal" example:"small"`
}

// KillResult is the result of cgroup.kill.
type KillResult struct {
	Killed    int   `json:"killed" expr:"killed" doc:"How many processes were there when the step began."`
	Processes []int `json:"processes" expr:"processes" doc:"Their process ids."`
}

// Kill is cgroup.kill.
var Kill = actions.Define(actions.Spec[KillParams, KillResult]{
	Name:    "cgroup.kill",
	Summary: "End every process of a cgroup at once",
	About: `One write to ` + "`cgroup.kill`" + ` (Linux 5.14; a v1 machine has it on its v2 tree) hits all processes, forks
in flight included; without it the group is frozen, each process killed, and the group
thawed. Returns when nobody is left.`,
	Example: `cgroup.kill: {cgroup: small}
as: dead
expect:
  - dead.killed == 1
`,
	Needs: func(p KillParams, _ actions.Declared) []actions.Permission {
		return where{p.Container, p.Cgroup}.needs(actions.HostKill)
	},
	Check: func(p KillParams, d actions.Declared) error { return where{p.Container, p.Cgroup}.check(d) },
	Shell: func(p KillParams, v actions.View) []string {
		w := where{p.Container, p.Cgroup}
		if !hasTree(v) {
			return []string{"kill -9 $(sort -u " + w.everywhere(v, "cgroup.procs") + ")"}
		}
		return []string{shell.Write("1", w.byName(v, "cgroup.kill"))}
	},
	Run: func(ctx context.Context, env *actions.Env, p KillParams) (KillResult, error) {
		group, err := where{p.Container, p.Cgroup}.writable(ctx, env, actions.HostKill)
		if err != nil {
			return KillResult{}, err
		}
		pids, err := group.Procs()
		if err != nil {
			return KillResult{}, target.Unsupported(err)
		}
		return KillResult{Killed: len(pids), Processes: pids}, target.Unsupported(group.Kill(ctx))
	},
})

package cgroup

import (
	"context"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// FreezeParams are the parameters of cgroup.freeze.
type FreezeParams struct {
	Container string `json:"container" doc:"Name of a container that runs." isolab:"main,either" example:"hungry"`
	Cgroup    string `json:"cgroup" doc:"Name of a cgroup that a step made, or the full name of one of the machine with a leading slash, which needs a permission." isolab:"either,literal" example:"small"`
}

// Freeze is cgroup.freeze.
var Freeze = actions.Define(actions.Spec[FreezeParams, actions.Empty]{
	Name:    "cgroup.freeze",
	Summary: "Stop every process of a cgroup where it stands",
	About: `Writes ` + "`cgroup.freeze`" + ` (v2, and the v2 tree of a hybrid machine) or ` + "`freezer.state`" + ` (v1), and returns
when all processes stand still. A process that the v1 freezer holds dies only after it is
thawed.`,
	Example: `cgroup.freeze: {cgroup: small}
`,
	Needs: func(p FreezeParams, _ actions.Declared) []actions.Permission {
		return where{p.Container, p.Cgroup}.needs(actions.CgroupWrite)
	},
	Check: func(p FreezeParams, d actions.Declared) error { return where{p.Container, p.Cgroup}.check(d) },
	Shell: func(p FreezeParams, v actions.View) []string {
		return freezeCommands(v, where{p.Container, p.Cgroup}, "FROZEN", "1")
	},
	Run: func(ctx context.Context, env *actions.Env, p FreezeParams) (actions.Empty, error) {
		group, err := where{p.Container, p.Cgroup}.writable(ctx, env, actions.CgroupWrite)
		if err != nil {
			return actions.Empty{}, err
		}
		return actions.Empty{}, target.Unsupported(group.Freeze(ctx))
	},
})

func freezeCommands(v actions.View, w where, state, freeze string) []string {
	if v2(v) || hasTree(v) && w.container == "" && !w.foreign() { // the run's own are in the tree
		return []string{shell.Write(freeze, w.byName(v, "cgroup.freeze"))}
	}
	return []string{shell.Write(state, w.file(v, "freezer", "freezer.state"))}
}

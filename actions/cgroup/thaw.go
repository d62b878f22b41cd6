package cgroup

import (
	"context"

	"isolab/actions"
	"isolab/actions/target"
)

// ThawParams are the parameters of cgroup.thaw.
type ThawParams struct {
	Container string `json:"container" doc:"Name of a container that runs." isolab:"main,either" example:"hungry"`
	Cgroup    string `json:"cgroup" doc:"Name of a cgroup that a step made, or the full name of one of the machine with a leading slash, which needs a permission." isolab:"either,literal" example:"small"`
}

// Thaw is cgroup.thaw.
var Thaw = actions.Define(actions.Spec[ThawParams, actions.Empty]{
	Name:    "cgroup.thaw",
	Summary: "Let a frozen cgroup go on",
	About:   `Undoes cgroup.freeze, and container.pause too. A group that is not frozen is left as it is.`,
	Example: `cgroup.thaw: {cgroup: small}
`,
	Needs: func(p ThawParams, _ actions.Declared) []actions.Permission {
		return where{p.Container, p.Cgroup}.needs(actions.CgroupWrite)
	},
	Check: func(p ThawParams, d actions.Declared) error { return where{p.Container, p.Cgroup}.check(d) },
	Shell: func(p ThawParams, v actions.View) []string {
		return freezeCommands(v, where{p.Container, p.Cgroup}, "THAWED", "0")
	},
	Run: func(ctx context.Context, env *actions.Env, p ThawParams) (actions.Empty, error) {
		group, err := where{p.Container, p.Cgroup}.writable(ctx, env, actions.CgroupWrite)
		if err != nil {
			return actions.Empty{}, err
		}
		return actions.Empty{}, target.Unsupported(group.Thaw(ctx))
	},
})

package cgroup

import (
	"context"
	"fmt"
	"strings"

	"isolab/actions"
	"isolab/actions/kernel/cgroup"
	"isolab/actions/target"
)

// RemoveParams are the parameters of cgroup.remove.
type RemoveParams struct {
	Cgroup string `json:"cgroup" doc:"Name of a cgroup that a step made." isolab:"main,required" example:"small"`
}

// Remove is cgroup.remove.
var Remove = actions.Define(actions.Spec[RemoveParams, actions.Empty]{
	Name:    "cgroup.remove",
	Summary: "Remove a cgroup that a step made",
	About: `A group with processes cannot be removed: end them first, with cgroup.kill if need be. The end of
the run does both for every group it made.`,
	Example: `cgroup.remove: small
`,
	Check: func(p RemoveParams, _ actions.Declared) error { return checkName(p.Cgroup) },
	Shell: func(p RemoveParams, v actions.View) []string {
		return []string{"rmdir " + where{cgroup: p.Cgroup}.everywhere(v, "")}
	},
	Run: func(ctx context.Context, env *actions.Env, p RemoveParams) (actions.Empty, error) {
		if err := checkName(p.Cgroup); err != nil {
			return actions.Empty{}, err
		}
		group, err := where{cgroup: p.Cgroup}.open(ctx, env)
		if err != nil {
			return actions.Empty{}, err
		}
		pids, err := group.Procs()
		if err == nil && len(pids) > 0 {
			err = fmt.Errorf("cgroup %s holds the processes %v; end them first with cgroup.kill", p.Cgroup, pids)
		}
		if err != nil {
			return actions.Empty{}, err
		}
		return actions.Empty{}, target.Unsupported(discard(ctx, env, group))
	},
})

// above is the group that those of all runs are below; ownPrefix is what their names
// begin with.
const (
	above     = "isolab"
	ownPrefix = above + "/"
)

// Removers remove what this family journals, in any process and by name alone:
// cgroup, with everybody in it. root is where /proc and /sys are.
func Removers(root string) map[string]actions.Remover {
	return map[string]actions.Remover{
		"cgroup": func(ctx context.Context, name string, _ map[string]string) error {
			if !strings.HasPrefix(name, ownPrefix) {
				return fmt.Errorf("remove cgroup %s: not one that a run makes", name)
			}
			host, err := cgroup.Open(root)
			if err != nil {
				return err
			}
			defer host.RemoveIfEmpty(above)
			group, err := host.Group(name)
			if err != nil || !group.Exists() {
				return err
			}
			if err := group.Kill(ctx); err != nil {
				return err
			}
			return group.Remove(ctx)
		},
	}
}

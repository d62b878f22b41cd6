package cgroup

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"isolab/actions"
	"isolab/actions/kernel/cgroup"
	"isolab/actions/shell"
	"isolab/actions/target"
	"isolab/schema"
)

// CreateParams are the parameters of cgroup.create.
type CreateParams struct {
	Name        string        `json:"name" doc:"Name of the group; it is made below the run's own group." isolab:"main,required" example:"small"`
	Controllers []string      `json:"controllers" doc:"The controllers it needs; left out, all that this machine has. CPU time and the freezer are part of every group." enum:"cpu,cpuset,memory,pids,io,freezer" example:"[memory]"`
	Owner       string        `json:"owner" doc:"Who gets the directory and its files: a user name, a user id or uid:gid." example:"65534"`
	Limits      schema.Limits `json:"limits" doc:"What the group may use." example:"{memory: 10MiB}"`
}

// CreateResult is the result of cgroup.create.
type CreateResult struct {
	Name    string            `json:"name" expr:"name" doc:"Full name of the group, below the mount points."`
	Paths   map[string]string `json:"paths" expr:"paths" doc:"The group's directory for each controller."`
	Version cgroup.Version    `json:"version" expr:"version" doc:"Which cgroup interface the machine has: v1, v2 or hybrid (controllers on v1 and a v2 tree besides)."`
	UID     int               `json:"uid" expr:"uid" doc:"User id of the owner."`
	GID     int               `json:"gid" expr:"gid" doc:"Group id of the owner."`
}

// Create is cgroup.create.
var Create = actions.Define(actions.Spec[CreateParams, CreateResult]{
	Name:    "cgroup.create",
	Summary: "Make a cgroup, for a user if asked, with limits",
	About: `Makes a directory in each hierarchy (cgroup v1) or in the one tree (v2), below the group of the
run; it is killed and removed when the run ends. ` + "`owner`" + ` gives directory and files to another
user, as ` + "`cgcreate -a -t`" + ` does. The owner needs no account: ` + "`65534`" + ` is nobody everywhere.

The run's own group above it holds at most 4096 processes, so that a group without a limit
cannot fill the machine.`,
	Example: `cgroup.create: {name: small, controllers: [memory], owner: "65534"}
as: small
expect:
  - small.uid == 65534
`,
	Check: func(p CreateParams, _ actions.Declared) error { return checkName(p.Name) },
	Shell: createCommands,
	Run:   create,
})

func create(ctx context.Context, env *actions.Env, p CreateParams) (CreateResult, error) {
	owner, err := ownerOf(p.Owner)
	if err != nil {
		return CreateResult{}, err
	}
	host, err := target.Host(env)
	if err != nil {
		return CreateResult{}, err
	}
	group, err := makeGroup(env, host, p, owner)
	if err != nil {
		return CreateResult{}, err
	}
	if err := apply(env, host, group, p.Limits); err != nil {
		return CreateResult{}, errors.Join(err, discard(ctx, env, group))
	}
	result := CreateResult{Name: group.Name(), Paths: group.Paths(), Version: host.Version()}
	if owner != nil {
		result.UID, result.GID = owner.UID, owner.GID
	}
	return result, nil
}

func ownerOf(name string) (*cgroup.Owner, error) {
	if name == "" {
		return nil, nil
	}
	user, err := target.FindUser(name)
	return &cgroup.Owner{UID: user.UID, GID: user.GID}, err
}

// makeGroup journals the group and the run's own above it, and makes both.
func makeGroup(env *actions.Env, host *cgroup.Host, p CreateParams, owner *cgroup.Owner) (*cgroup.Group, error) {
	if err := checkName(p.Name); err != nil {
		return nil, err
	}
	full := target.OwnName(env, p.Name)
	if env.Ledger.Holds("cgroup", full) {
		return nil, fmt.Errorf("cgroup %s is there already; remove it first with cgroup.remove", p.Name)
	}
	if err := runGroup(env, host); err != nil {
		return nil, err
	}
	if err := intend(env, full); err != nil {
		return nil, err
	}
	group, err := host.Create(full, cgroup.Options{Controllers: p.Controllers, Owner: owner})
	return group, target.Unsupported(err)
}

// runPids bounds all groups of a run together, where the author sets no limit.
const runPids = 4096

// runGroup makes the run's own group and sets its cap. It may be there without one:
// the embedded runtime makes it too, for containers that each have their own.
func runGroup(env *actions.Env, host *cgroup.Host) error {
	if err := intend(env, env.Run.Cgroup); err != nil {
		return err
	}
	group, err := host.Create(env.Run.Cgroup, cgroup.Options{})
	if err != nil {
		return target.Unsupported(err)
	}
	if host.Supports(cgroup.FeaturePids) != nil {
		return nil
	}
	return group.Set(cgroup.Limits{Pids: runPids})
}

// intend journals a group, once.
func intend(env *actions.Env, name string) error {
	if env.Ledger.Holds("cgroup", name) {
		return nil
	}
	if err := env.Ledger.Intend("cgroup", name, nil); err != nil {
		return fmt.Errorf("journal cgroup %s: %w", name, err)
	}
	return nil
}

// apply sets limits, if any.
func apply(env *actions.Env, host *cgroup.Host, group *cgroup.Group, l schema.Limits) error {
	if l == (schema.Limits{}) {
		return nil
	}
	converted, err := limits(env, host, l)
	if err != nil {
		return err
	}
	return target.Unsupported(group.Set(converted))
}

// discard removes a group and crosses it out.
func discard(ctx context.Context, env *actions.Env, group *cgroup.Group) error {
	if err := group.Remove(ctx); err != nil {
		return err
	}
	return env.Ledger.Done("cgroup", group.Name())
}

// createCommands make the directories by hand, in every hierarchy of cgroup v1.
func createCommands(p CreateParams, v actions.View) []string {
	w := where{cgroup: p.Name}
	controllers := controllersOf(p, v)
	var dirs []string
	for _, controller := range controllers {
		dirs = append(dirs, w.file(v, controller, ""))
	}
	slices.Sort(dirs)
	lines := []string{shell.Line(append([]string{"mkdir", "-p"}, slices.Compact(dirs)...)...)}
	if !v2(v) && slices.Contains(controllers, "cpuset") {
		lines = append(lines, cpusetCommands(v, w)...)
	}
	if p.Owner != "" {
		lines = append(lines, shell.Line("chown", "-R", p.Owner)+" "+w.everywhere(v, ""))
	}
	return append(lines, limitCommands(v, w, p.Limits)...)
}

// controllersOf are those whose directories the group has, as the kernel package makes
// them: all where none is named, and always what counts, what freezes, and the v2 tree.
func controllersOf(p CreateParams, v actions.View) []string {
	controllers := slices.Clone(p.Controllers)
	if len(controllers) == 0 {
		controllers = cgroup.Usual()
	}
	if !v2(v) {
		controllers = append(controllers, "cpuacct", "freezer")
	}
	if hasTree(v) {
		controllers = append(controllers, "unified")
	}
	return controllers
}

// cpusetCommands copy the CPUs and memory nodes of the group above, without which no
// process can enter a v1 group.
func cpusetCommands(v actions.View, w where) (lines []string) {
	above := path.Dir(w.file(v, "cpuset", ""))
	if name, nested := path.Split(w.cgroup); name != "" && nested != "" {
		above = where{cgroup: path.Clean(name)}.file(v, "cpuset", "")
	}
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		lines = append(lines, shell.Line("cat", path.Join(above, file))+" > "+shell.Quote(w.file(v, "cpuset", file)))
	}
	return lines
}

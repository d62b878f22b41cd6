package cgroup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"isolab/actions"
	"isolab/actions/kernel/cgroup"
	"isolab/actions/shell"
	"isolab/actions/target"
	"isolab/schema"
)

// SetParams are the parameters of cgroup.set.
type SetParams struct {
	Container string            `json:"container" doc:"Name of a container that runs." isolab:"main,either" example:"hungry"`
	Cgroup    string            `json:"cgroup" doc:"Name of a cgroup that a step made, or the full name of one of the machine with a leading slash, which needs a permission." isolab:"either,literal" example:"small"`
	Limits    schema.Limits     `json:"limits" doc:"The limits to set; keys that are left out stay as they are." example:"{memory: 10MiB}"`
	Files     map[string]string `json:"files" doc:"Files to write as they are, by the kernel's names." example:"{memory.high: 67108864}"`
}

// Set is cgroup.set.
var Set = actions.Define(actions.Spec[SetParams, ReadResult]{
	Name:    "cgroup.set",
	Summary: "Set limits of a container or cgroup, and read back what the kernel made of them",
	About: `Writes straight into the kernel's files, past the runtime: Docker goes on to show its own numbers.
` + "`limits`" + ` are version-neutral; ` + "`files`" + ` writes files by name, such as ` + "`memory.high`" + ` or
` + "`memory.oom.group`" + `, which no container runtime has a flag for. Files that move processes or name
programs (` + "`cgroup.procs`" + `, ` + "`release_agent`" + ` and the like) are refused; cgroup.attach moves a process.

The result is what cgroup.read gives afterwards: the kernel rounds, and may refuse.`,
	Example: `cgroup.set: {cgroup: small, limits: {memory: 10MiB}}
as: small
expect:
  - small.memory.limit == 10485760B
`,
	Needs: func(p SetParams, _ actions.Declared) []actions.Permission {
		return where{p.Container, p.Cgroup}.needs(actions.CgroupWrite)
	},
	Check: func(p SetParams, d actions.Declared) error {
		return errors.Join(where{p.Container, p.Cgroup}.check(d), checkWrites(p.Files))
	},
	Shell: func(p SetParams, v actions.View) []string {
		w := where{p.Container, p.Cgroup}
		lines := limitCommands(v, w, p.Limits)
		for _, name := range slices.Sorted(maps.Keys(p.Files)) {
			lines = append(lines, shell.Write(p.Files[name], w.byName(v, name)))
		}
		return lines
	},
	Run: set,
})

func set(ctx context.Context, env *actions.Env, p SetParams) (ReadResult, error) {
	if p.Limits == (schema.Limits{}) && len(p.Files) == 0 {
		return ReadResult{}, errors.New("nothing to set: give limits or files")
	}
	if err := checkWrites(p.Files); err != nil {
		return ReadResult{}, err
	}
	host, err := target.Host(env)
	if err != nil {
		return ReadResult{}, err
	}
	group, err := where{p.Container, p.Cgroup}.writable(ctx, env, actions.CgroupWrite)
	if err != nil {
		return ReadResult{}, err
	}
	if err := apply(env, host, group, p.Limits); err != nil {
		return ReadResult{}, err
	}
	if err := write(group, p.Files); err != nil {
		return ReadResult{}, err
	}
	return read(ctx, group)
}

func write(group *cgroup.Group, files map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := group.WriteFile(name, files[name]); err != nil {
			return target.Unsupported(err)
		}
	}
	return nil
}

// checkWrites lets through files that bound what a group uses. Others could move
// processes that are not of the run, or have the kernel start a program.
func checkWrites(files map[string]string) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		prefix, _, _ := strings.Cut(name, ".")
		bounds := slices.Contains([]string{"memory", "cpu", "cpuset", "pids", "io", "blkio", "hugetlb", "freezer"}, prefix)
		bounds = bounds || slices.Contains([]string{"cgroup.freeze", "cgroup.max.depth", "cgroup.max.descendants"}, name)
		if !bounds || checkFiles(name) != nil || strings.Contains(name, "|") {
			errs = append(errs, fmt.Errorf("file %s: only files that bound what the group uses can be written", name))
		}
	}
	return errors.Join(errs...)
}

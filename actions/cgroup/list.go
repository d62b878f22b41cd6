package cgroup

import (
	"context"
	"path/filepath"
	"slices"

	"isolab/actions"
	"isolab/actions/kernel/cgroup"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// ListParams are the parameters of cgroup.files.
type ListParams struct {
	Container  string `json:"container" doc:"Name of a container that runs." isolab:"main,either" example:"hungry"`
	Cgroup     string `json:"cgroup" doc:"Name of a cgroup that a step made, or the full name of one of the machine with a leading slash." isolab:"either" example:"small"`
	Controller string `json:"controller" doc:"Only the directory of this controller." enum:"memory,cpu,cpuacct,cpuset,pids,io,freezer,unified"`
}

// ListResult is the result of cgroup.files.
type ListResult struct {
	Count int            `json:"count" expr:"count" doc:"How many files there are."`
	User  string         `json:"user" expr:"user" doc:"Who owns the directory; its number when it has no name."`
	UID   int            `json:"uid" expr:"uid" doc:"User id of the directory's owner."`
	Users []string       `json:"users" expr:"users" doc:"Every owner of a file, once."`
	Names []string       `json:"names" expr:"names" doc:"The names of the files."`
	Files []cgroup.Entry `json:"files" expr:"files" doc:"The directory, as a dot, and its files, with owner and mode."`
}

// List is cgroup.files.
var List = actions.Define(actions.Spec[ListParams, ListResult]{
	Name:    "cgroup.files",
	Summary: "List the files of a container's cgroup with their owners",
	About: `Who owns which file decides who may move processes into a group and who may lift its limits. On
cgroup v1 a group has a directory for each controller; ` + "`controller`" + ` picks one.`,
	Example: `cgroup.files: {cgroup: small, controller: memory}
as: files
expect:
  - files.uid == 65534
`,
	Observes: true,
	Check: func(p ListParams, d actions.Declared) error {
		return where{p.Container, p.Cgroup}.check(d)
	},
	Shell: func(p ListParams, v actions.View) []string {
		w := where{p.Container, p.Cgroup}
		if p.Controller == "" {
			return []string{"ls -la " + w.everywhere(v, "")}
		}
		return []string{shell.Line("ls", "-la", w.file(v, p.Controller, ""))}
	},
	Run: list,
})

func list(ctx context.Context, env *actions.Env, p ListParams) (ListResult, error) {
	group, err := where{p.Container, p.Cgroup}.open(ctx, env)
	if err != nil {
		return ListResult{}, err
	}
	entries, err := group.Files()
	if err != nil {
		return ListResult{}, target.Unsupported(err)
	}
	if p.Controller != "" {
		dir := group.Path(p.Controller)
		entries = slices.DeleteFunc(entries, func(e cgroup.Entry) bool { return !inside(dir, e) })
	}
	return listed(entries), nil
}

func listed(entries []cgroup.Entry) ListResult {
	result := ListResult{Files: entries}
	for _, entry := range entries {
		if entry.Name == "." {
			result.User, result.UID = entry.User, entry.UID
			continue
		}
		result.Count++
		result.Names = append(result.Names, entry.Name)
		if !slices.Contains(result.Users, entry.User) {
			result.Users = append(result.Users, entry.User)
		}
	}
	return result
}

// inside reports whether an entry is a directory itself or a file in it.
func inside(dir string, e cgroup.Entry) bool {
	return e.Path == dir || filepath.Dir(e.Path) == dir
}

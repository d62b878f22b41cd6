package cgroup

import (
	"context"
	"slices"

	"isolab/actions"
	"isolab/actions/kernel/cgroup"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// ReadParams are the parameters of cgroup.read.
type ReadParams struct {
	Container string `json:"container" doc:"Name of a container that runs." isolab:"main,either" example:"hungry"`
	Cgroup    string `json:"cgroup" doc:"Name of a cgroup that a step made, or the full name of one of the machine with a leading slash." isolab:"either" example:"small"`
}

// ReadResult is the result of cgroup.read and cgroup.set: the kernel's account of
// a group, in the vocabulary of cgroup v2 on either version.
type ReadResult struct {
	Name      string            `json:"name" expr:"name" doc:"Full name of the group, below the mount points."`
	Paths     map[string]string `json:"paths" expr:"paths" doc:"The group's directory for each controller."`
	Version   cgroup.Version    `json:"version" expr:"version" doc:"Which cgroup interface the machine has: v1, v2 or hybrid (controllers on v1 and a v2 tree besides)."`
	Memory    cgroup.Memory     `json:"memory" expr:"memory" doc:"Memory limits, use and events."`
	CPU       cgroup.CPU        `json:"cpu" expr:"cpu" doc:"CPU time used, limits and throttling."`
	Pids      cgroup.Pids       `json:"pids" expr:"pids" doc:"Number of processes and threads, and its limit."`
	IO        cgroup.IO         `json:"io" expr:"io" doc:"Block device traffic and limits."`
	Pressure  cgroup.Pressure   `json:"pressure" expr:"pressure" doc:"How long the group's processes waited for CPU, memory and I/O."`
	Frozen    bool              `json:"frozen" expr:"frozen" doc:"Whether the freezer holds the group."`
	Populated bool              `json:"populated" expr:"populated" doc:"Whether a running process is in the group or below it."`
	Processes []int             `json:"processes" expr:"processes" doc:"Process ids in the group and below it, as the host sees them."`
	Missing   map[string]string `json:"missing" expr:"missing" doc:"For each field that this kernel does not offer, by its dotted name, the reason."`

	origins map[string]string
}

// Origins implements actions.Sourced.
func (r ReadResult) Origins() map[string]string { return r.origins }

// Read is cgroup.read.
var Read = actions.Define(actions.Spec[ReadParams, ReadResult]{
	Name:    "cgroup.read",
	Summary: "Read what the kernel accounts and enforces for a container or cgroup",
	About: `One vocabulary for cgroup v1 and v2: ` + "`memory.limit`" + ` is ` + "`memory.max`" + ` on v2 and
` + "`memory.limit_in_bytes`" + ` on v1. Every number says which file it comes from; what this kernel does
not offer is listed in ` + "`missing`" + ` with the reason. A container's cgroup is found from
` + "`/proc/<pid>/cgroup`" + `, so it must run; the counts of one that has ended are in the result of
container.run or container.wait.

Kernel documents: <https://docs.kernel.org/admin-guide/cgroup-v2.html>,
<https://docs.kernel.org/admin-guide/cgroup-v1/index.html>.`,
	Example: `cgroup.read: hungry
as: mem
eventually: {within: 5s}
expect:
  - mem.memory.limit == 150MiB
  - within(mem.memory.usage, 100MiB, 10%)
`,
	Observes: true,
	Check: func(p ReadParams, d actions.Declared) error {
		return where{p.Container, p.Cgroup}.check(d)
	},
	Shell: func(p ReadParams, v actions.View) []string {
		return readCommands(v, where{p.Container, p.Cgroup})
	},
	Run: func(ctx context.Context, env *actions.Env, p ReadParams) (ReadResult, error) {
		group, err := where{p.Container, p.Cgroup}.open(ctx, env)
		if err != nil {
			return ReadResult{}, err
		}
		return read(ctx, group)
	},
})

func read(ctx context.Context, group *cgroup.Group) (ReadResult, error) {
	r, err := group.Read(ctx)
	if err != nil {
		return ReadResult{}, target.Unsupported(err)
	}
	return ReadResult{Name: group.Name(), Paths: group.Paths(), Version: r.Version, Memory: r.Memory, CPU: r.CPU,
		Pids: r.Pids, IO: r.IO, Pressure: r.Pressure, Frozen: r.Frozen, Populated: r.Populated,
		Processes: r.Processes, Missing: r.Missing, origins: r.Origins()}, nil
}

// readCommands show the files that the scenario's claims come from; there are some
// forty. Without claims they are those of the memory.
func readCommands(v actions.View, w where) []string {
	lines := filesOf(v, w, v.Reads())
	if len(lines) == 0 {
		lines = filesOf(v, w, []string{"memory.limit", "memory.usage"})
	}
	return lines
}

func filesOf(v actions.View, w where, fields []string) (lines []string) {
	for _, field := range fields {
		for _, place := range cgroup.PlacesOf(cgroup.Version(v.CgroupVersion()), field) {
			if line := shell.Line("cat", w.file(v, place.Controller, place.File)); !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

package container

import (
	"context"
	"errors"
	"fmt"
	iofs "io/fs"
	"strings"
	"time"

	"isolab/actions"
	"isolab/actions/kernel/proc"
	"isolab/actions/runtime"
	"isolab/actions/shell"
	"isolab/actions/signal"
	"isolab/actions/target"
)

// InspectParams are the parameters of container.inspect.
type InspectParams struct {
	Container string `json:"container" doc:"Name of a container of the scenario." isolab:"main,required" example:"hungry"`
}

// InspectResult is the result of container.inspect.
type InspectResult struct {
	ID         string       `json:"id" expr:"id" doc:"The runtime's full id: 64 hexadecimal digits."`
	ShortID    string       `json:"short_id" expr:"short_id" doc:"The first twelve digits of the id, as docker ps shows it."`
	Name       string       `json:"name" expr:"name" doc:"The runtime's name of the container."`
	State      string       `json:"state" expr:"state" doc:"created, running, paused or exited."`
	Running    bool         `json:"running" expr:"running" doc:"Whether its main process is there, paused or not."`
	Paused     bool         `json:"paused" expr:"paused" doc:"Whether it is paused."`
	PID        int          `json:"pid" expr:"pid" doc:"The main process as the host sees it; 0 when it does not run."`
	Image      string       `json:"image" expr:"image" doc:"The image it was made of."`
	Command    []string     `json:"command" expr:"command" doc:"The command that it runs."`
	ExitCode   int          `json:"exit_code" expr:"exit_code" doc:"How the main process ended; 0 while it runs."`
	Signal     int          `json:"signal" expr:"signal" doc:"Number of the signal that ended it; 0 when none did."`
	SignalName string       `json:"signal_name" expr:"signal_name" doc:"Name of that signal, such as SIGKILL; empty when none did."`
	OOMKilled  bool         `json:"oom_killed" expr:"oom_killed" doc:"What the runtime itself says, which is no proof either way: it looks at the main process only."`
	Runtime    string       `json:"runtime" expr:"runtime" doc:"The OCI runtime that runs it, such as runc."`
	Isolation  string       `json:"isolation" expr:"isolation" doc:"How it is separated from the host: process, sandbox or hyperv."`
	IP         string       `json:"ip" expr:"ip" doc:"Its address on the network; empty without one."`
	Restarts   int          `json:"restarts" expr:"restarts" doc:"How often the runtime restarted it."`
	Limits     LimitsResult `json:"limits" expr:"limits" doc:"The limits as the runtime has them recorded; what the kernel enforces is read with cgroup.read."`
	CreatedAt  time.Time    `json:"created_at" expr:"created_at" doc:"When it was made."`
	StartedAt  time.Time    `json:"started_at" expr:"started_at" doc:"When its command was executed."`

	CgroupPaths map[string]string `json:"cgroup_paths" expr:"cgroup_paths" doc:"The directory of its cgroup for each controller, as the kernel names it."`
	Namespaces  proc.Namespaces   `json:"namespaces" expr:"namespaces" doc:"The inode number of each namespace that its main process is in, such as namespaces.pid; equal numbers are the same namespace."`

	// Missing has the reason for what the host cannot see of the container's process.
	Missing map[string]string `json:"missing" expr:"missing" doc:"For each field that could not be read, by its dotted name, the reason; namespaces and cgroup_paths when it does not run."`

	origins map[string]string
}

// Origins implements actions.Sourced.
func (r InspectResult) Origins() map[string]string { return r.origins }

// Inspect is container.inspect.
var Inspect = actions.Define(actions.Spec[InspectParams, InspectResult]{
	Name:    "container.inspect",
	Summary: "Read what the runtime has recorded of a container, and where the kernel keeps it",
	About: `State, process, exit and limits come from the runtime, as ` + "`docker inspect`" + ` shows them.
` + "`cgroup_paths`" + ` come from ` + "`/proc/<pid>/cgroup`" + ` and the mount table, never from a naming scheme, and
` + "`namespaces`" + ` from ` + "`/proc/<pid>/ns`" + `; both are there on Linux while the container runs.

` + "`memory_swap`" + ` among the limits is Docker's number, memory and swap together: twice the memory
when the author says nothing of swap.`,
	Example: `container.inspect: hungry
as: seen
expect:
  - seen.running && seen.pid > 1
  - seen.limits.memory == 150MiB
`,
	Observes: true,
	Check:    func(p InspectParams, d actions.Declared) error { return target.Check(d, p.Container) },
	Shell: func(p InspectParams, v actions.View) []string {
		lines := []string{shell.Line("docker", "inspect", v.ContainerName(p.Container))}
		if pid := v.PID(p.Container); v.System() == "linux" {
			lines = append(lines, shell.Line("cat", "/proc/"+pid+"/cgroup"), shell.Line("ls", "-l", "/proc/"+pid+"/ns"))
		}
		return lines
	},
	Run: inspect,
})

func inspect(ctx context.Context, env *actions.Env, p InspectParams) (InspectResult, error) {
	seen, err := target.Inspect(ctx, env, p.Container)
	if err != nil {
		return InspectResult{}, err
	}
	result := recorded(seen)
	return result, errors.Join(result.addNamespaces(ctx, env, p.Container), result.addCgroups(ctx, env, p.Container))
}

// shortID is how many digits of an id Docker shows in its lists.
const shortID = 12

func recorded(seen runtime.Inspection) InspectResult {
	return InspectResult{
		ID: seen.ID, ShortID: seen.ID[:min(shortID, len(seen.ID))], Name: seen.Name, State: string(seen.State),
		Running: seen.State == runtime.StateRunning || seen.State == runtime.StatePaused,
		Paused:  seen.State == runtime.StatePaused,
		PID:     seen.PID, Image: seen.Image, Command: seen.Command,
		ExitCode: seen.Exit.Code, Signal: seen.Exit.Signal, SignalName: signal.Name(seen.Exit.Signal),
		OOMKilled: seen.OOMKilled, Runtime: seen.Runtime, Isolation: seen.Isolation, IP: seen.IP,
		Restarts: seen.Restarts, Limits: limitsResult(seen.Limits), CreatedAt: seen.CreatedAt, StartedAt: seen.StartedAt,
		CgroupPaths: map[string]string{}, Missing: map[string]string{}, origins: map[string]string{},
	}
}

// addNamespaces looks the container's process up in the kernel. What the host
// cannot see is missing: the runtime's own account is still a result.
func (r *InspectResult) addNamespaces(ctx context.Context, env *actions.Env, name string) error {
	pid, err := target.PID(ctx, env, name)
	if err != nil {
		return r.unseen("namespaces", err)
	}
	fs, err := target.Proc(env)
	if err != nil {
		return r.unseen("namespaces", err)
	}
	process, err := fs.Process(pid)
	if err != nil {
		return r.unseen("namespaces", err)
	}
	r.Namespaces = process.Namespaces
	copyNamespaces(r.Missing, process.Missing)
	copyNamespaces(r.origins, process.Origins())
	return nil
}

// copyNamespaces copies what is said of the namespaces among a process's fields.
func copyNamespaces(to, from map[string]string) {
	for field, said := range from {
		if field == "namespaces" || strings.HasPrefix(field, "namespaces.") {
			to[field] = said
		}
	}
}

func (r *InspectResult) addCgroups(ctx context.Context, env *actions.Env, name string) error {
	group, err := target.Group(ctx, env, name, "")
	if err != nil {
		return r.unseen("cgroup_paths", err)
	}
	r.CgroupPaths = group.Paths()
	for controller := range r.CgroupPaths {
		r.origins["cgroup_paths."+controller] = fmt.Sprintf("/proc/%d/cgroup", r.PID)
	}
	return nil
}

// unseen makes a field missing that is the process's when that one is in another
// kernel, does not run, or ended while it was looked at.
func (r *InspectResult) unseen(field string, err error) error {
	if errors.Is(err, actions.ErrUnsupported) || errors.Is(err, iofs.ErrNotExist) || errors.Is(err, runtime.ErrNotRunning) {
		r.Missing[field] = err.Error()
		return nil
	}
	return err
}

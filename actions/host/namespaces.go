package host

import (
	"cmp"
	"context"
	"os"

	"isolab/actions"
	"isolab/actions/kernel/proc"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// NamespacesParams are the parameters of host.namespaces.
type NamespacesParams struct {
	Container string `json:"container" doc:"A container: alone its main process, else the one that inside or command picks." isolab:"main,either" example:"pinger"`
	PID       int    `json:"pid" doc:"Process id on the host." isolab:"either" example:"${seen.pid}"`
	Inside    int    `json:"inside" doc:"The id that the process has inside the container." example:"1"`
	Command   string `json:"command" doc:"The name of the only such process of the container." example:"pinger"`
}

func (p NamespacesParams) selection() target.Selection {
	return target.Selection{PID: p.PID, Container: p.Container, Inside: p.Inside, Command: p.Command}
}

// NamespacesResult is the result of host.namespaces.
type NamespacesResult struct {
	PID            int             `json:"pid" expr:"pid" doc:"The process on the host."`
	Namespaces     proc.Namespaces `json:"namespaces" expr:"namespaces" doc:"Inode numbers of its namespaces; equal numbers mean the same namespace."`
	Host           proc.Namespaces `json:"host" expr:"host" doc:"Inode numbers of the host's namespaces: those that isolab itself is in."`
	SharedWithHost Shared          `json:"shared_with_host" expr:"shared_with_host" doc:"Which of its namespaces are the host's."`
	Own            []string        `json:"own" expr:"own" doc:"The kinds of namespaces that are not the host's."`

	// Missing has the reason for every field that could not be read.
	Missing map[string]string `json:"missing" expr:"missing" doc:"For each field that could not be read, by its dotted name, the reason."`

	origins map[string]string
}

// Origins implements actions.Sourced.
func (r NamespacesResult) Origins() map[string]string { return r.origins }

// Shared says for each kind of namespace whether two processes are in the same.
type Shared struct {
	PID    bool `json:"pid" expr:"pid" doc:"Process ids."`
	Mount  bool `json:"mnt" expr:"mnt" doc:"Mounts."`
	UTS    bool `json:"uts" expr:"uts" doc:"Host name."`
	IPC    bool `json:"ipc" expr:"ipc" doc:"System V IPC and POSIX message queues."`
	Net    bool `json:"net" expr:"net" doc:"Network devices, addresses and ports."`
	User   bool `json:"user" expr:"user" doc:"User and group ids, and capabilities."`
	Cgroup bool `json:"cgroup" expr:"cgroup" doc:"Root of the cgroup view."`
	Time   bool `json:"time" expr:"time" doc:"Boot and monotonic clocks."`
}

// Namespaces is host.namespaces.
var Namespaces = actions.Define(actions.Spec[NamespacesParams, NamespacesResult]{
	Name:    "host.namespaces",
	Summary: "Compare the namespaces of a process with the host's",
	About: `A namespace has an inode number, seen in ` + "`/proc/<pid>/ns`" + ` (namespaces(7)); two processes with the
same number share it. By default a container has a PID, mount, UTS, IPC and network namespace
of its own, and shares user with the host; time too, but for Docker since version 29.`,
	Example: `host.namespaces: pinger
as: ns
expect:
  - not ns.shared_with_host.pid
  - ns.shared_with_host.user
`,
	Observes: true,
	Check:    func(p NamespacesParams, d actions.Declared) error { return p.selection().Check(d) },
	Shell: func(p NamespacesParams, v actions.View) []string {
		pid := pidWord(p.selection(), v)
		return []string{shell.Line("lsns", "-p", pid), shell.Line("ls", "-l", "/proc/"+pid+"/ns", "/proc/self/ns")}
	},
	Run: func(ctx context.Context, env *actions.Env, p NamespacesParams) (NamespacesResult, error) {
		pid, err := p.selection().Find(ctx, env)
		if err != nil {
			return NamespacesResult{}, err
		}
		fs, err := target.Proc(env)
		if err != nil {
			return NamespacesResult{}, err
		}
		process, err := fs.Process(pid)
		if err != nil {
			return NamespacesResult{}, target.Unsupported(err)
		}
		self, err := fs.Process(os.Getpid())
		return compared(process, self), target.Unsupported(err)
	},
})

// compared holds the namespaces of two processes against each other. What could
// not be read of one of them, such as those of another user's process, is neither
// shared nor the process's own.
func compared(process, self proc.Process) NamespacesResult {
	n, h := process.Namespaces, self.Namespaces
	r := NamespacesResult{PID: process.PID, Namespaces: n, Host: h, Missing: map[string]string{}, origins: map[string]string{}}
	if why := process.Missing["namespaces"]; why != "" { // this system has none
		for _, field := range []string{"namespaces", "host", "shared_with_host", "own"} {
			r.Missing[field] = why
		}
		return r
	}
	s := &r.SharedWithHost
	for _, kind := range []struct {
		name string
		a, b int64
		same *bool
	}{
		{"pid", n.PID, h.PID, &s.PID}, {"mnt", n.Mount, h.Mount, &s.Mount}, {"uts", n.UTS, h.UTS, &s.UTS},
		{"ipc", n.IPC, h.IPC, &s.IPC}, {"net", n.Net, h.Net, &s.Net}, {"user", n.User, h.User, &s.User},
		{"cgroup", n.Cgroup, h.Cgroup, &s.Cgroup}, {"time", n.Time, h.Time, &s.Time},
	} {
		from := process.Origins()["namespaces."+kind.name]
		r.origins["namespaces."+kind.name], r.origins["shared_with_host."+kind.name] = from, from
		r.origins["host."+kind.name] = self.Origins()["namespaces."+kind.name]
		if r.misses(kind.name, process.Missing, self.Missing) {
			continue
		}
		*kind.same = kind.a == kind.b
		if kind.a != kind.b {
			r.Own = append(r.Own, kind.name)
		}
	}
	return r
}

// misses notes what could not be read of a kind. One that is missing on both sides
// is a kind that this kernel does not have, and so nobody's own.
func (r *NamespacesResult) misses(kind string, process, self map[string]string) bool {
	there, here := process["namespaces."+kind], self["namespaces."+kind]
	for field, why := range map[string]string{
		"namespaces." + kind: there, "host." + kind: here, "shared_with_host." + kind: cmp.Or(there, here),
	} {
		if why != "" {
			r.Missing[field] = why
		}
	}
	if there != "" && here == "" {
		r.Missing["own"] = there
	}
	return there != "" || here != ""
}

package host

import (
	"context"

	"isolab/actions"
	"isolab/actions/kernel/proc"
	"isolab/actions/target"
	"isolab/schema/unit"
)

// InfoParams are the parameters of host.info, which has none.
type InfoParams struct{}

// InfoResult is the result of host.info.
type InfoResult struct {
	proc.Info
	Swap        unit.Size `json:"swap" expr:"swap" doc:"Size of all swap areas."`
	Cgroup      string    `json:"cgroup" expr:"cgroup" doc:"Which cgroup interface carries the controllers: v1, v2 or hybrid; empty without cgroups."`
	Controllers []string  `json:"controllers" expr:"controllers" doc:"The cgroup controllers, by the names of v2."`
	Runtime     string    `json:"runtime" expr:"runtime" doc:"The container runtime of this run: docker or embedded."`
}

// Info is host.info.
var Info = actions.Define(actions.Spec[InfoParams, InfoResult]{
	Name:    "host.info",
	Summary: "Say what the machine is",
	About:   `Kernel, distribution, CPUs, memory, and which cgroup interface carries the controllers.`,
	Example: `host.info: {}
as: machine
expect:
  - machine.os == "linux"
`,
	Observes: true,
	Shell: func(_ InfoParams, v actions.View) []string {
		return typed(v, []string{"uname -a", "cat /etc/os-release", "nproc", "free", "mount -t cgroup,cgroup2"}, infoCmdlets())
	},
	Run: func(_ context.Context, env *actions.Env, _ InfoParams) (InfoResult, error) {
		fs, err := target.Proc(env)
		if err != nil {
			return InfoResult{}, err
		}
		info, err := fs.Info()
		if err != nil {
			return InfoResult{}, target.Unsupported(err)
		}
		result := InfoResult{Info: info}
		if memory, err := fs.Memory(); err == nil {
			result.Swap = memory.SwapTotal
		}
		if host, err := target.Host(env); err == nil {
			result.Cgroup, result.Controllers = string(host.Version()), host.Controllers()
		}
		if env.Runtime != nil {
			result.Runtime = env.Runtime.Name()
		}
		return result, nil
	},
})

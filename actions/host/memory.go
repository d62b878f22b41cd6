package host

import (
	"context"

	"isolab/actions"
	"isolab/actions/kernel/proc"
	"isolab/actions/target"
)

// MemoryParams are the parameters of host.memory, which has none.
type MemoryParams struct{}

// Memory is host.memory.
var Memory = actions.Define(actions.Spec[MemoryParams, proc.Memory]{
	Name:    "host.memory",
	Summary: "Read the machine's memory",
	About: `From ` + "`/proc/meminfo`" + ` (proc_meminfo(5)). ` + "`available`" + ` is what programs could get without swapping; ` + "`free`" + `
is less, as the page cache uses what nobody else needs.`,
	Example: `host.memory: {}
as: before
expect:
  - before.available > 0B
`,
	Observes: true,
	Shell: func(_ MemoryParams, v actions.View) []string {
		return typed(v, []string{"cat /proc/meminfo"}, memoryCmdlets())
	},
	Run: func(_ context.Context, env *actions.Env, _ MemoryParams) (proc.Memory, error) {
		fs, err := target.Proc(env)
		if err != nil {
			return proc.Memory{}, err
		}
		memory, err := fs.Memory()
		return memory, target.Unsupported(err)
	},
})

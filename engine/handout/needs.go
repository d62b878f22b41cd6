package handout

import (
	"fmt"
	"strings"

	"isolab/schema"
)

// needs says in words what a machine must offer; empty when it is nothing.
func needs(r schema.Requires) string {
	var words []string
	add := func(wanted bool, format string, args ...any) {
		if wanted {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(r.OS == "windows", "Windows containers")
	add(r.OS == "linux", "Linux")
	add(r.Kernel != "", "kernel %s", r.Kernel)
	add(r.Root, "root")
	add(r.Runtime != "", "the %s runtime", r.Runtime)
	add(len(r.Isolation) > 0, "isolation %s", strings.Join(r.Isolation, " and "))
	add(r.Cgroup != 0, "cgroup v%d", r.Cgroup)
	add(len(r.Controllers) > 0, "the cgroup controllers %s", strings.Join(r.Controllers, ", "))
	add(r.CPUs > 0, "%d CPUs", r.CPUs)
	add(r.Memory != "", "%s of memory", r.Memory)
	if r.Swap != nil {
		add(*r.Swap, "swap space")
		add(!*r.Swap, "no swap space")
	}
	add(r.BlockDevice, "a disk whose bandwidth can be limited")
	add(len(r.Features) > 0, "of the kernel: %s", strings.Join(r.Features, ", "))
	return strings.Join(words, "; ")
}

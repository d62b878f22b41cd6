package cgroup

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/proc"
)

// killEach sends SIGKILL to processes that are still in the group: a process id which
// was given to another process meanwhile is never hit.
func (g *Group) killEach(procs []int) error {
	var errs []error
	for _, pid := range procs {
		err := proc.SignalIf(pid, unix.SIGKILL, func() bool { return g.holds(pid) })
		if err != nil && !errors.Is(err, proc.ErrGone) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// holds looks at /proc/<pid>/cgroup: in any own hierarchy, in the group or below.
func (g *Group) holds(pid int) bool {
	of, err := g.host.OfPID(pid)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(of.members, func(m member) bool {
		return g.ownIn(m.tree) != nil && (m.rel == g.name || len(m.rel) > len(g.name) && m.rel[:len(g.name)+1] == g.name+"/")
	})
}

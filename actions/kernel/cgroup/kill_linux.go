package cgroup

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// killEach sends SIGKILL to processes that are still in the group. A pidfd is
// taken before the membership is looked at again, so that a process id which was
// given to another process meanwhile is never hit (pidfd_open(2)).
func (g *Group) killEach(procs []int) error {
	var errs []error
	for _, pid := range procs {
		if err := g.killMember(pid); err != nil && !errors.Is(err, unix.ESRCH) {
			errs = append(errs, fmt.Errorf("process %d: %w", pid, err))
		}
	}
	return errors.Join(errs...)
}

func (g *Group) killMember(pid int) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if !g.holds(pid) {
		return nil
	}
	return unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
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

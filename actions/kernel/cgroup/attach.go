package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
)

// Attach moves a process, with all its threads, into the group in every hierarchy
// where the group exists; what it forks later starts there. Memory that it
// already uses stays charged where it was (cgroup-v2.html#memory-ownership), so
// attach first and allocate then. The error wraps fs.ErrNotExist when the group
// has no directory, and is ESRCH when there is no such process.
//
// By hand: echo <pid> > <group>/cgroup.procs in each hierarchy, or cgclassify.
func (g *Group) Attach(pid int) error {
	if pid <= 0 {
		return fmt.Errorf("attach process %d to cgroup %s: not a process id", pid, g.Name())
	}
	attached := false
	var errs []error
	for _, m := range g.own() {
		if !isDir(m.dir) {
			continue
		}
		errs = append(errs, attachIn(m, pid))
		attached = true
	}
	err := errors.Join(errs...)
	if !attached {
		err = fs.ErrNotExist
	}
	if err != nil {
		return fmt.Errorf("attach process %d to cgroup %s: %w", pid, g.Name(), err)
	}
	return nil
}

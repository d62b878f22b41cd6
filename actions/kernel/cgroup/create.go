package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Options say what [Host.Create] makes.
type Options struct {
	// Controllers that the group needs, by v2 names. Empty: all that account for
	// or limit processes (cpu, cpuacct, cpuset, memory, pids, io, freezer), as far
	// as this machine has them. One that is named here and missing is an error.
	// cpuacct and freezer, which every v2 group has, come along on v1 too.
	Controllers []string
	// Owner, when set, gets the directory and all files in it, as with
	// cgcreate -a -t. The kernel's advice for v2 is to hand over cgroup.procs,
	// cgroup.threads and cgroup.subtree_control only: an owner of the limit files
	// can lift its own limits.
	Owner *Owner
}

// Owner is a user and a group by number.
type Owner struct{ UID, GID int }

// Usual are the controllers of a group that was asked for without naming any.
func Usual() []string {
	return []string{"cpu", "cpuacct", "cpuset", "memory", "pids", "io", "freezer"}
}

// Create makes the group, and groups above it, in every hierarchy that carries a
// wanted controller, and in the v2 tree where one is mounted, so that
// cgroup.kill and cgroup.events work on v1 machines too. What exists is taken as
// it is; on failure the directories made by this call are removed again.
//
// On v1 cpuset.cpus and cpuset.mems are copied from the group above, without
// which no process can enter. On v2 the controllers are enabled in
// cgroup.subtree_control from the top down, which the kernel refuses (EBUSY) for
// a group that holds processes itself.
//
// By hand: mkdir in each hierarchy, or cgcreate -g memory,cpu:name.
func (h *Host) Create(name string, opts Options) (*Group, error) {
	group, err := h.Group(name)
	if err == nil {
		err = group.guard("create")
	}
	if err != nil {
		return nil, fmt.Errorf("create cgroup: %w", err)
	}
	trees, err := h.wanted(opts.Controllers)
	if err != nil {
		return nil, fmt.Errorf("create cgroup %s: %w", group.name, err)
	}
	made, err := group.make(trees, opts)
	for range 10 { // whoever removes the last neighbour takes the group above along
		// os.MkdirAll says that a directory exists which was there, and then was not.
		if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrExist) && !isGone(err) {
			break
		}
		var more []string
		more, err = group.make(trees, opts)
		made = append(made, more...)
	}
	if err == nil && opts.Owner != nil {
		err = group.chown(*opts.Owner)
	}
	if err != nil {
		return nil, fmt.Errorf("create cgroup %s: %w", group.name, errors.Join(err, removeAll(made)))
	}
	return group, nil
}

// wanted finds the hierarchies for the controllers asked for.
func (h *Host) wanted(controllers []string) ([]*hierarchy, error) {
	var trees []*hierarchy
	var errs []error
	names := append(slices.Clone(controllers), "cpuacct", "freezer")
	if len(controllers) == 0 {
		names = Usual()
	}
	for _, name := range names {
		tree := h.hierarchyOf(name)
		if tree == nil && slices.Contains(controllers, name) {
			errs = append(errs, unsupported(name, "this machine has no "+name+" controller", "it has: "+fmt.Sprint(h.Controllers())))
		}
		if tree != nil && !slices.Contains(trees, tree) {
			trees = append(trees, tree)
		}
	}
	if h.unified != nil && !slices.Contains(trees, h.unified) {
		trees = append(trees, h.unified)
	}
	return trees, errors.Join(errs...)
}

// make creates the group tree by tree; made lists the new directories.
func (g *Group) make(trees []*hierarchy, opts Options) (made []string, err error) {
	for _, m := range g.members {
		if !slices.Contains(trees, m.tree) {
			continue
		}
		made = append(made, absent(m.tree.mount, m.dir)...)
		if err := g.makeIn(m, opts); err != nil {
			return made, err
		}
	}
	return made, nil
}

// absent lists the directories that making dir would create, the deepest last.
func absent(top, dir string) []string {
	if dir == top || isDir(dir) {
		return nil
	}
	return append(absent(top, filepath.Dir(dir)), dir)
}

// removeAll takes back directories, the last first.
func removeAll(dirs []string) error {
	var errs []error
	for _, dir := range slices.Backward(dirs) {
		if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (g *Group) chown(owner Owner) error {
	for _, m := range g.own() {
		entries, err := os.ReadDir(m.dir)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		paths := []string{m.dir}
		for _, entry := range entries {
			if !entry.IsDir() {
				paths = append(paths, filepath.Join(m.dir, entry.Name()))
			}
		}
		for _, path := range paths {
			if err := os.Chown(path, owner.UID, owner.GID); err != nil {
				return err
			}
		}
	}
	return nil
}

package cgroup

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/containerd/cgroups/v3/cgroup2"
	"golang.org/x/sys/unix"
)

// makeIn creates the group in one hierarchy.
func (g *Group) makeIn(m member, opts Options) error {
	if m.tree.version == V2 {
		return g.makeV2(m, opts)
	}
	if slices.Contains(m.tree.controllers, "cpuset") && filepath.Base(m.tree.mount) != "cpuset" && !isDir(filepath.Join(filepath.Dir(m.tree.mount), "cpuset")) {
		return unsupported("cpuset", "its hierarchy is mounted at "+m.tree.mount, "mount it at a directory named cpuset")
	}
	return explain(createV1(m))
}

// makeV2 creates the directory and enables the wanted controllers in
// cgroup.subtree_control of every group above it.
func (g *Group) makeV2(m member, opts Options) error {
	manager, err := cgroup2.NewManager(m.tree.mount, "/"+m.rel, &cgroup2.Resources{})
	if err != nil {
		return explain(err)
	}
	var enable []string
	for _, controller := range m.tree.controllers {
		asked := slices.Contains(opts.Controllers, controller)
		if asked || len(opts.Controllers) == 0 && slices.Contains(Usual(), controller) {
			enable = append(enable, controller)
		}
	}
	if len(enable) == 0 {
		return nil
	}
	return explain(manager.ToggleControllers(enable, cgroup2.Enable))
}

// explain adds what the kernel means by a bare error number.
func explain(err error) error {
	switch {
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("%w (a v2 group either holds processes or hands controllers to groups below it; move its processes into one below first)", err)
	case errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w (the cgroup mount is read-only, as in an unprivileged container)", err)
	case errors.Is(err, unix.ENOSPC):
		return fmt.Errorf("%w (a cpuset without cpus or mems takes no process)", err)
	}
	return err
}

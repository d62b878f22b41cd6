package cgroup

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
)

// Open finds the cgroup trees mounted under root, "/" for the live machine or
// the top of a copied tree. It reads <root>/proc/self/mountinfo
// (proc_pid_mountinfo(5)) and each v2 tree's cgroup.controllers. The error wraps
// [ErrUnsupported] when no cgroup tree is mounted.
func Open(root string) (*Host, error) {
	file, err := os.Open(filepath.Join(root, "proc/self/mountinfo"))
	if err != nil {
		return nil, fmt.Errorf("find cgroup mounts: %w", err)
	}
	defer file.Close()
	mounts, err := mountinfo.GetMountsFromReader(file, mountinfo.FSTypeFilter("cgroup", "cgroup2"))
	if err != nil {
		return nil, fmt.Errorf("find cgroup mounts: %s: %w", file.Name(), err)
	}
	host := &Host{root: root, byController: map[string]*hierarchy{}}
	for _, mount := range visible(mounts) {
		host.add(mount)
	}
	if len(host.hierarchies) == 0 {
		return nil, unsupported("cgroups", "no cgroup tree is mounted", "mount one: mount -t cgroup2 none /sys/fs/cgroup")
	}
	host.addUnifiedControllers()
	return host, nil
}

// visible drops mounts that a later one on the same directory hides, and orders
// whole trees (root "/") before parts of one, so that these win.
func visible(mounts []*mountinfo.Info) []*mountinfo.Info {
	var kept []*mountinfo.Info
	for i, m := range mounts {
		hidden := slices.ContainsFunc(mounts[i+1:], func(o *mountinfo.Info) bool { return o.Mountpoint == m.Mountpoint })
		if !hidden {
			kept = append(kept, m)
		}
	}
	slices.SortStableFunc(kept, func(a, b *mountinfo.Info) int { return len(a.Root) - len(b.Root) })
	return kept
}

func (h *Host) add(m *mountinfo.Info) {
	tree := &hierarchy{version: V1, mount: filepath.Join(h.root, m.Mountpoint), mountRoot: m.Root}
	if m.FSType == "cgroup2" {
		if h.unified == nil {
			tree.version, h.unified = V2, tree
			h.hierarchies = append(h.hierarchies, tree)
		}
		return
	}
	for _, word := range strings.Split(m.VFSOptions, ",") {
		name := canonical(word)
		known := isNamed(word) || slices.Contains(v1Controllers(), word)
		if known && h.byController[name] == nil {
			h.byController[name] = tree
			tree.controllers = append(tree.controllers, name)
		}
	}
	if len(tree.controllers) > 0 {
		h.hierarchies = append(h.hierarchies, tree)
	}
}

// addUnifiedControllers asks the v2 tree what it carries; a controller that a v1
// hierarchy has taken is not in that list.
func (h *Host) addUnifiedControllers() {
	if h.unified == nil {
		return
	}
	h.hierarchies = append(slices.DeleteFunc(h.hierarchies, func(t *hierarchy) bool { return t == h.unified }), h.unified)
	text, err := os.ReadFile(filepath.Join(h.unified.mount, "cgroup.controllers"))
	if err != nil {
		return
	}
	for _, name := range strings.Fields(string(text)) {
		if h.byController[name] == nil {
			h.byController[name] = h.unified
			h.unified.controllers = append(h.unified.controllers, name)
		}
	}
}

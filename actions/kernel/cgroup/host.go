package cgroup

import (
	"maps"
	"slices"
	"strings"
)

// Version says which cgroup interface carries a machine's controllers.
type Version string

// The three kinds of machine.
const (
	V1     Version = "v1"     // every controller has a v1 hierarchy
	V2     Version = "v2"     // one v2 tree carries them all
	Hybrid Version = "hybrid" // controllers on v1, and a v2 tree is mounted besides
)

// unifiedKey is the key of the v2 tree in [Group.Paths].
const unifiedKey = "unified"

// Host is what is mounted on one machine. It does not change after [Open] and is
// safe for concurrent use.
type Host struct {
	root         string                // prefix of every path read, "/" on the live machine
	hierarchies  []*hierarchy          // v1 in mount order, v2 last
	unified      *hierarchy            // nil without a v2 mount
	byController map[string]*hierarchy // canonical controller name
}

// hierarchy is one mounted cgroup tree.
type hierarchy struct {
	version     Version // V1 or V2
	mount       string  // directory, with the host's root in front
	mountRoot   string  // the group that the mount shows as its top; "/" outside containers
	controllers []string
}

// Version tells v1, v2 and hybrid apart. A machine is hybrid when at least one
// controller is on v1 and a v2 tree is mounted too.
func (h *Host) Version() Version {
	v1 := false
	for controller, tree := range h.byController {
		v1 = v1 || tree.version == V1 && !isNamed(controller)
	}
	switch {
	case v1 && h.unified != nil:
		return Hybrid
	case v1:
		return V1
	}
	return V2
}

// Controllers lists what this machine can account for or limit, sorted, by the
// names of cgroup v2: v1's blkio is "io". Names that v2 has no controller for
// (cpuacct, devices, freezer, …) are listed where v1 carries them.
func (h *Host) Controllers() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(h.byController)), isNamed)
}

// Hierarchy says where a controller is mounted and which interface serves it;
// the mount point is empty when this machine has no such controller. Both "io"
// and "blkio" name the block controller. cpuacct and freezer are part of every
// v2 group, so without a v1 hierarchy of theirs they are served by the v2 tree.
func (h *Host) Hierarchy(controller string) (mountpoint string, version Version) {
	if t := h.hierarchyOf(controller); t != nil {
		return t.mount, t.version
	}
	return "", ""
}

// Unified is the mount point of the v2 tree, empty when none is mounted.
func (h *Host) Unified() string {
	if h.unified == nil {
		return ""
	}
	return h.unified.mount
}

func (h *Host) hierarchyOf(controller string) *hierarchy {
	name := canonical(controller)
	if t := h.byController[name]; t != nil {
		return t
	}
	switch name {
	case "cpuacct", "freezer", unifiedKey, "":
		return h.unified
	}
	return nil
}

// canonical gives v1's controller names their v2 name.
func canonical(controller string) string {
	if controller == "blkio" {
		return "io"
	}
	return controller
}

// kernelName is the reverse of canonical for a v1 hierarchy.
func kernelName(controller string) string {
	if controller == "io" {
		return "blkio"
	}
	return controller
}

// v1Controllers are the names that a cgroup v1 mount may carry (CONFIG_CGROUP_*);
// all other words of its mount options are options.
func v1Controllers() []string {
	return []string{"cpu", "cpuacct", "cpuset", "memory", "blkio", "pids", "freezer", "devices",
		"net_cls", "net_prio", "perf_event", "hugetlb", "rdma", "misc"}
}

// isNamed reports a v1 hierarchy without controllers, such as name=systemd.
func isNamed(controller string) bool { return strings.HasPrefix(controller, "name=") }

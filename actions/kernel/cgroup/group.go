package cgroup

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Group is one control group: a directory in each hierarchy that knows it. It
// holds names, not file descriptors; nothing needs closing, and the directories
// may come and go. It is safe for concurrent use.
type Group struct {
	host    *Host
	name    string // without a leading slash, relative to the mount points; "" is the root
	members []member
}

// member is the group's directory in one hierarchy. A process can be in another,
// usually coarser, group there: then rel differs from the group's name and the
// directory is only ever read.
type member struct {
	tree *hierarchy
	rel  string
	dir  string
}

// Group opens a group by name without creating or checking it: "isolab/run-1" is
// that directory below the mount point of every hierarchy. The empty name or "/"
// is the root, which can be read only.
func (h *Host) Group(name string) (*Group, error) {
	rel, err := cleanName(name)
	if err != nil {
		return nil, err
	}
	group := &Group{host: h, name: rel}
	for _, tree := range h.hierarchies {
		group.members = append(group.members, newMember(tree, rel))
	}
	return group, nil
}

func newMember(tree *hierarchy, rel string) member {
	return member{tree: tree, rel: rel, dir: filepath.Join(tree.mount, rel)}
}

// cleanName refuses what could leave the mount point or be ambiguous.
func cleanName(name string) (string, error) {
	rel := strings.Trim(name, "/")
	if rel == "" {
		return "", nil
	}
	if strings.ContainsAny(rel, "\x00\n") || filepath.Clean(rel) != rel || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("cgroup name %q: want path elements without . or .., such as isolab/run-1", name)
	}
	return rel, nil
}

// Name is the group's path below the mount points, without a leading slash; the
// root is "/". For a group found by [Host.OfPID] it is the deepest of the paths
// that the process has in the hierarchies.
func (g *Group) Name() string {
	if g.name == "" {
		return "/"
	}
	return g.name
}

// Path is the group's directory in the hierarchy that serves a controller, or
// "" when that controller is not mounted or the directory is not there.
func (g *Group) Path(controller string) string {
	if dir := g.Planned(controller); dir != "" && isDir(dir) {
		return dir
	}
	return ""
}

// Planned is the same for a group that is yet to be made: where the directory will be.
func (g *Group) Planned(controller string) string {
	if m := g.member(controller); m != nil {
		return m.dir
	}
	return ""
}

// Pattern is a path with a star in the place of the hierarchy, for the group's own
// directories in all of them; on v2 it is the one directory. It takes hierarchies to
// be mounted beside each other, as they are everywhere (cgroups(7)).
func (g *Group) Pattern() string {
	for _, m := range g.own() {
		if m.tree.version == V1 {
			return filepath.Join(filepath.Dir(m.tree.mount), "*", m.rel)
		}
	}
	return g.Dir()
}

// Paths maps every controller to the group's directory there. The v2 tree is
// besides under "unified", also when it carries no controller. Directories that
// do not exist are left out.
func (g *Group) Paths() map[string]string {
	paths := map[string]string{}
	for _, m := range g.members {
		if !isDir(m.dir) {
			continue
		}
		for _, controller := range m.tree.controllers {
			paths[controller] = m.dir
		}
		if m.tree.version == V2 {
			paths[unifiedKey] = m.dir
		}
	}
	return paths
}

// Exists reports whether the group has a directory in any hierarchy.
func (g *Group) Exists() bool {
	return slices.ContainsFunc(g.members, func(m member) bool { return isDir(m.dir) })
}

// Dir is the group's directory in the v2 tree, or "" when it has none. A process
// can be cloned straight into it (clone3 with CLONE_INTO_CGROUP, see
// [Group.OpenDir]).
func (g *Group) Dir() string {
	if m := g.unified(); m != nil && isDir(m.dir) {
		return m.dir
	}
	return ""
}

// ProcsFiles lists the group's v1 cgroup.procs files, each once. A child that
// was cloned into [Group.Dir] writes "0" into each of them to put itself into
// the v1 hierarchies too; on a v2 machine the list is empty.
func (g *Group) ProcsFiles() []string {
	var files []string
	for _, m := range g.own() {
		if m.tree.version == V1 && isDir(m.dir) {
			files = append(files, filepath.Join(m.dir, "cgroup.procs"))
		}
	}
	return files
}

// member finds the directory that serves a controller.
func (g *Group) member(controller string) *member {
	tree := g.host.hierarchyOf(controller)
	i := slices.IndexFunc(g.members, func(m member) bool { return tree != nil && m.tree == tree })
	if i < 0 {
		return nil
	}
	return &g.members[i]
}

// own are the directories that belong to this group alone: those that carry its
// name. The root has none.
func (g *Group) own() []member {
	var own []member
	for _, m := range g.members {
		if m.rel == g.name && g.name != "" {
			own = append(own, m)
		}
	}
	return own
}

// unified is the group's own place in the v2 tree.
func (g *Group) unified() *member { return g.ownIn(g.host.unified) }

func (g *Group) ownIn(tree *hierarchy) *member {
	for _, m := range g.own() {
		if tree != nil && m.tree == tree {
			return &m
		}
	}
	return nil
}

// guard refuses what must never be done to the whole machine.
func (g *Group) guard(operation string) error {
	if g.name == "" {
		return fmt.Errorf("%s cgroup /: %w", operation, ErrRoot)
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

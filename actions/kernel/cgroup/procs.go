package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Procs lists the processes of the group and of the groups below it, sorted, as
// process ids of the reader's pid namespace. Zombies are no longer listed. A
// process that is in the group in one hierarchy only is listed too.
func (g *Group) Procs() ([]int, error) { return g.ids("cgroup.procs", "cgroup.procs") }

// Threads lists the thread ids, like Procs.
func (g *Group) Threads() ([]int, error) { return g.ids("tasks", "cgroup.threads") }

func (g *Group) ids(v1File, v2File string) ([]int, error) {
	seen := map[int]bool{}
	var ids []int
	for _, m := range g.listed() {
		file := v1File
		if m.tree.version == V2 {
			file = v2File
		}
		err := walkGroups(m.dir, func(dir string) error {
			found, err := readIDs(filepath.Join(dir, file))
			for _, id := range found {
				if !seen[id] {
					seen[id] = true
					ids = append(ids, id)
				}
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list processes of cgroup %s: %w", g.Name(), err)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// listed are the directories whose processes are the group's; the root has one
// list for all hierarchies.
func (g *Group) listed() []member {
	if g.name == "" {
		return g.members[len(g.members)-1:]
	}
	return g.own()
}

// walkGroups calls visit for a group directory and those below it, those below
// first. What disappears meanwhile is skipped.
func walkGroups(dir string, visit func(dir string) error) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return unlessGone(err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := walkGroups(filepath.Join(dir, entry.Name()), visit); err != nil {
				return err
			}
		}
	}
	return unlessGone(visit(dir))
}

// readIDs reads one number a line; 0 stands for a process of a pid namespace
// that the reader does not see, and is left out.
func readIDs(path string) ([]int, error) {
	text, err := os.ReadFile(path)
	if isThreaded(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []int
	for word := range strings.FieldsSeq(string(text)) {
		id, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if id > 0 {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// unlessGone drops the errors of a group that was removed meanwhile.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || isGone(err) {
		return nil
	}
	return err
}

// Populated reports whether a process that still runs is in the group or below
// it: "populated" of cgroup.events in the v2 tree, and besides, the process lists
// of v1. A group that does not exist is not populated.
func (g *Group) Populated() (bool, error) {
	if m := g.unified(); m != nil {
		events, err := os.ReadFile(filepath.Join(m.dir, "cgroup.events"))
		if err == nil && parseFile("", string(events)).Keys["populated"] == 1 {
			return true, nil
		}
		if err == nil && len(g.own()) == 1 {
			return false, nil
		}
	}
	procs, err := g.Procs()
	return len(procs) > 0, err
}

// Names lists the groups below a name in any hierarchy, sorted, the name itself
// included when it exists. It is how a sweep finds what a dead run left.
func (h *Host) Names(under string) ([]string, error) {
	group, err := h.Group(under)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range group.members {
		err := walkGroups(m.dir, func(dir string) error {
			rel, err := filepath.Rel(m.tree.mount, dir)
			if err == nil && rel != "." && !slices.Contains(names, rel) {
				names = append(names, rel)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list cgroups below %s: %w", group.Name(), err)
		}
	}
	slices.Sort(names)
	return names, nil
}

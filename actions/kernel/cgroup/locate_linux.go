package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/cgroups/v3"
)

// OfPID finds the group of a process: the paths in /proc/<pid>/cgroup
// (cgroups(7)) joined with where those hierarchies are mounted. It holds in a
// container and in a cgroup namespace too, where a mount shows only a part of
// the tree. The error wraps fs.ErrNotExist when there is no such process, when it
// is about to end, or when nothing of its group is visible from here.
func (h *Host) OfPID(pid int) (*Group, error) {
	path := filepath.Join(h.root, "proc", strconv.Itoa(pid), "cgroup")
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("find cgroup of process %d: %w", pid, err)
	}
	defer file.Close()
	paths, unified, err := cgroups.ParseCgroupFromReaderUnified(file)
	if err != nil {
		return nil, fmt.Errorf("find cgroup of process %d: %s: %w", pid, path, err)
	}
	if err := h.stays(pid); err != nil {
		return nil, fmt.Errorf("find cgroup of process %d: %w", pid, err)
	}
	group := &Group{host: h}
	for _, tree := range h.hierarchies {
		at, listed := pathIn(tree, paths, unified)
		if !listed {
			continue
		}
		if rel, visible := tree.relative(at, pid); visible {
			group.members = append(group.members, newMember(tree, rel))
		}
	}
	if len(group.members) == 0 {
		return nil, fmt.Errorf("find cgroup of process %d: none of %s is below a cgroup mount here: %w",
			pid, strings.Join(slices.Sorted(maps.Values(paths)), " "), fs.ErrNotExist)
	}
	group.name = deepest(group.members)
	return group, nil
}

// exiting is PF_EXITING of linux/sched.h, among the flags in /proc/<pid>/stat.
const exiting = 0x4

// stays refuses a process that is ending: the kernel shows it in the root of each v1
// hierarchy, where it never was (proc_cgroup_show in kernel/cgroup/cgroup.c). What was
// read before it had the flag is right.
func (h *Host) stays(pid int) error {
	text, err := os.ReadFile(filepath.Join(h.root, "proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return err
	}
	const flags = 6 // counted from the state, which follows the name in parentheses
	line := string(text)
	fields := strings.Fields(line[strings.LastIndex(line, ")")+1:])
	if len(fields) <= flags {
		return fmt.Errorf("/proc/%d/stat is %q", pid, text)
	}
	if set, err := strconv.ParseUint(fields[flags], 10, 64); err != nil || set&exiting != 0 {
		return errors.Join(err, fmt.Errorf("it is ending: %w", fs.ErrNotExist))
	}
	return nil
}

// pathIn picks a hierarchy's line of /proc/<pid>/cgroup.
func pathIn(tree *hierarchy, paths map[string]string, unified string) (string, bool) {
	if tree.version == V2 {
		return strings.TrimSuffix(unified, " (deleted)"), unified != ""
	}
	path, ok := paths[kernelName(tree.controllers[0])]
	return strings.TrimSuffix(path, " (deleted)"), ok
}

// relative turns a path as the kernel prints it into one below the mount point.
// Both it and the mount's root are relative to the reader's cgroup namespace and
// climb out of it with "/.."; a mount of an ancestor (root "/..") hides the name
// of the namespace's own group, which is then looked up by the process.
func (t *hierarchy) relative(path string, pid int) (rel string, visible bool) {
	if t.mountRoot == "/" {
		return strings.Trim(path, "/"), !strings.HasPrefix(path, "/..")
	}
	if path == t.mountRoot {
		return "", true
	}
	if below, ok := strings.CutPrefix(path, t.mountRoot+"/"); ok && !strings.HasPrefix(below, "..") {
		return below, true
	}
	return t.search(pid)
}

// search walks the tree for the group whose cgroup.procs lists the process.
func (t *hierarchy) search(pid int) (rel string, found bool) {
	want := strconv.Itoa(pid)
	_ = filepath.WalkDir(t.mount, func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		if err != nil || !slices.Contains(strings.Fields(string(text)), want) {
			return nil
		}
		rel, err = filepath.Rel(t.mount, dir)
		found = err == nil
		return fs.SkipAll
	})
	if rel == "." {
		rel = ""
	}
	return rel, found
}

// deepest picks the path with the most elements, the group that is narrowest
// around the process; among equals the one that most hierarchies share. (Docker
// on a hybrid machine leaves the v2 tree at its daemon's service, as deep as the
// container's own /docker/<id> on v1.) Hierarchies that keep the process in
// another group are read, never written.
func deepest(members []member) string {
	best, most := "", 0
	for _, m := range members {
		shared := 0
		for _, other := range members {
			if other.rel == m.rel {
				shared++
			}
		}
		depth := strings.Count(m.rel, "/") - strings.Count(best, "/")
		if m.rel != "" && (best == "" || depth > 0 || depth == 0 && shared >= most) {
			best, most = m.rel, shared
		}
	}
	return best
}

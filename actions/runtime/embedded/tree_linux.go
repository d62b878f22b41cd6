package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/sys/mountinfo"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime/embedded/child"
)

// tree is one cgroup hierarchy as it is mounted here, for the container to see
// its own part of.
type tree struct {
	dir     string // last element of the mount point; "" when it is /sys/fs/cgroup itself
	mount   string
	version int
	options string // what mounts the same hierarchy again: cpu,cpuacct or none,name=systemd
}

// findTrees reads /proc/self/mountinfo (proc_pid_mountinfo(5)). A hierarchy that is
// mounted in several places has one device number there, and counts once.
func findTrees() ([]tree, error) {
	mounts, err := mountinfo.GetMounts(mountinfo.FSTypeFilter("cgroup", "cgroup2"))
	if err != nil {
		return nil, fmt.Errorf("find cgroup mounts: %w", err)
	}
	var trees []tree
	seen := map[[2]int]bool{}
	for _, m := range mounts {
		device := [2]int{m.Major, m.Minor}
		if seen[device] {
			continue
		}
		seen[device] = true
		t := tree{mount: m.Mountpoint, dir: filepath.Base(m.Mountpoint), version: 1, options: hierarchyOptions(m.VFSOptions)}
		if m.FSType == "cgroup2" {
			t.version, t.options = 2, ""
			if m.Mountpoint == "/sys/fs/cgroup" {
				t.dir = ""
			}
		}
		trees = append(trees, t)
	}
	return trees, nil
}

// hierarchyOptions leaves of a mount's options those that name the hierarchy.
func hierarchyOptions(all string) string {
	var kept []string
	for option := range strings.SplitSeq(all, ",") {
		switch option {
		case "rw", "ro", "xattr", "clone_children", "noprefix", "":
		default:
			if name, ok := strings.CutPrefix(option, "name="); ok {
				kept = append(kept, "none", "name="+name)
				continue
			}
			if !strings.Contains(option, "=") && !strings.HasPrefix(option, "memory_") {
				kept = append(kept, option)
			}
		}
	}
	return strings.Join(kept, ",")
}

// cgroupMounts plans /sys/fs/cgroup. With a cgroup namespace every hierarchy is
// mounted anew and begins at the container's group; without one the group's own
// directory is bound there, as Docker does on cgroup v1, or the whole v2 tree.
func (r *Runtime) cgroupMounts(group *cgroup.Group, private bool) []child.CgroupMount {
	var mounts []child.CgroupMount
	for _, t := range r.trees {
		m := child.CgroupMount{Dir: t.dir, Type: "cgroup", Options: t.options}
		if t.version == 2 {
			m.Type = "cgroup2"
		}
		if !private {
			m.Source = child.Source{Path: t.mount}
			if own := filepath.Join(t.mount, groupName(group)); t.dir != "" && isDir(own) {
				m.Source.Path = own
			}
		}
		if t.dir == "" {
			return []child.CgroupMount{m}
		}
		mounts = append(mounts, m)
	}
	return mounts
}

func groupName(group *cgroup.Group) string {
	if group == nil {
		return ""
	}
	return group.Name()
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

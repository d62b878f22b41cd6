package cgroup

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/containerd/cgroups/v3/cgroup2"
	"golang.org/x/sys/unix"
)

// attachIn moves a process in one hierarchy; the library retries what the kernel
// answers (EINVAL) for a process that is just being made.
func attachIn(m member, pid int) error {
	if m.tree.version == V2 {
		manager, err := cgroup2.Load("/"+m.rel, cgroup2.WithMountpoint(m.tree.mount))
		if err != nil {
			return err
		}
		return explain(manager.AddProc(uint64(pid)))
	}
	manager, err := loadV1(m)
	if err != nil {
		return err
	}
	if manager == nil { // no controller of it is ours, such as name=systemd
		return explain(writeFile(filepath.Join(m.dir, "cgroup.procs"), strconv.Itoa(pid)))
	}
	return explain(manager.AddProc(uint64(pid)))
}

// OpenDir opens the group's directory in the v2 tree for clone3 with
// CLONE_INTO_CGROUP: set syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: fd}
// and the child never runs anywhere else. The caller closes the file. The error
// wraps [ErrUnsupported] when the group is not in a v2 tree.
func (g *Group) OpenDir() (*os.File, error) {
	dir := g.Dir()
	if dir == "" {
		return nil, unsupported("clone into cgroup "+g.Name(), "it is not in a cgroup v2 tree", "start the process and attach it, or let it write itself into ProcsFiles")
	}
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open cgroup %s: %w", dir, err)
	}
	return os.NewFile(uintptr(fd), dir), nil
}

// ClonesInto reports whether this kernel can start a process inside a v2 group:
// CLONE_INTO_CGROUP, since Linux 5.7 (clone(2)).
func ClonesInto() bool {
	var name unix.Utsname
	var major, minor int
	if unix.Uname(&name) != nil {
		return false
	}
	n, _ := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &major, &minor)
	return n == 2 && (major > 5 || major == 5 && minor >= 7)
}

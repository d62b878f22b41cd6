package child

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// protect hides and locks what a container must not reach, and then the root
// itself if it is to be read-only.
func (s *session) protect() {
	s.sysctls()
	if dir := s.plan.Process.WorkDir; s.plan.Process.MakeWorkDir && s.err == nil {
		s.err = os.MkdirAll(dir, 0o755)
	}
	if len(s.plan.Masked) > 0 {
		s.do("mask "+strings.Join(s.plan.Masked, " "), func() error { return each(s.plan.Masked, mask) })
	}
	if len(s.plan.ReadOnly) > 0 {
		s.do("make read-only "+strings.Join(s.plan.ReadOnly, " "), func() error { return each(s.plan.ReadOnly, lock) })
	}
	if s.plan.Root.ReadOnly {
		s.do("make / read-only", func() error { return remount("/", unix.MS_RDONLY) })
	}
}

// each applies act to the paths that exist.
func each(paths []string, act func(string) error) error {
	for _, path := range paths {
		if err := act(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return &os.PathError{Op: "protect", Path: path, Err: err}
		}
	}
	return nil
}

// mask covers a file with /dev/null and a directory with an empty file system.
func mask(path string) error {
	err := unix.Mount("/dev/null", path, "", unix.MS_BIND, "")
	if errors.Is(err, unix.ENOTDIR) {
		return unix.Mount("tmpfs", path, "tmpfs", unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "size=0k,nr_inodes=1")
	}
	return err
}

// lock makes a path a read-only mount of itself.
func lock(path string) error {
	if err := unix.Mount(path, path, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	return remount(path, unix.MS_RDONLY)
}

// cgroupMounts shows the container its cgroups under /sys/fs/cgroup: mounted
// from inside a cgroup namespace each hierarchy has the container's own group
// as its top, see cgroup_namespaces(7).
func (s *session) cgroupMounts() {
	if len(s.plan.Cgroups) == 0 {
		return
	}
	flags := uintptr(unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC)
	if !s.plan.Privileged {
		flags |= unix.MS_RDONLY
	}
	const top = "/sys/fs/cgroup"
	if s.plan.Cgroups[0].Dir == "" {
		s.do("mount cgroup2 on "+top, func() error {
			// sysfs has the directory; what stands in for it on a shared network has not.
			if err := os.MkdirAll(top, 0o755); err != nil {
				return err
			}
			return s.cgroupMount(0, top, flags)
		})
		return
	}
	s.mount("tmpfs", top, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=755,size=64k")
	names := make([]string, len(s.plan.Cgroups))
	for i, m := range s.plan.Cgroups {
		names[i] = m.Dir
	}
	s.do("mount cgroup hierarchies "+strings.Join(names, " "), func() error {
		for i, m := range s.plan.Cgroups {
			if err := os.Mkdir(top+"/"+m.Dir, 0o755); err != nil {
				return err
			}
			if err := s.cgroupMount(i, top+"/"+m.Dir, flags); err != nil {
				return &os.PathError{Op: "mount", Path: top + "/" + m.Dir, Err: err}
			}
		}
		return remount(top, unix.MS_RDONLY)
	})
}

func (s *session) cgroupMount(i int, target string, flags uintptr) error {
	m := s.plan.Cgroups[i]
	if fd := s.held.cgroups[i]; fd != 0 {
		return attach(fd, target, flags)
	}
	return unix.Mount(m.Type, target, m.Type, flags, m.Options)
}

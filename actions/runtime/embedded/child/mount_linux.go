package child

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"isolab/actions/workload"
)

// detached holds what was taken from the host before the root changed: mounts
// that are attached nowhere yet, by the path they came from or are meant for.
type detached struct {
	binary  int
	program int // this program, to be executed as the reaper
	proc    int
	sys     int
	mounts  []int
	devices []int
	cgroups []int
}

// sources opens everything of the host that will be visible inside. open_tree(2)
// with OPEN_TREE_CLONE (Linux 5.2) makes a mount that survives the loss of the
// path it was made of.
func (s *session) sources() {
	d := &s.held
	d.proc = s.newProc()
	d.sys = s.newSys()
	if s.plan.Root.Lower == 0 {
		d.binary = s.openSource("open this program", s.plan.Root.Binary)
	}
	if s.plan.Process.Reap {
		s.do("open this program as the reaper", func() (err error) {
			d.program, err = unix.Open("/proc/self/exe", unix.O_PATH|unix.O_CLOEXEC, 0)
			return err
		})
	}
	for _, m := range s.plan.Mounts {
		fd := 0
		if m.Source != (Source{}) {
			fd = s.openSource("open "+m.Source.Path, m.Source)
		}
		d.mounts = append(d.mounts, fd)
	}
	for _, path := range s.plan.Devices {
		d.devices = append(d.devices, s.openSource("open "+path, Source{Path: path}))
	}
	for _, m := range s.plan.Cgroups {
		fd := 0
		if m.Source != (Source{}) {
			fd = s.openSource("open "+m.Source.Path, m.Source)
		}
		d.cgroups = append(d.cgroups, fd)
	}
}

// openSource opens quietly: the step that is told of is where it gets mounted.
func (s *session) openSource(what string, source Source) (fd int) {
	if s.err != nil || source.FD != 0 {
		return source.FD
	}
	return s.openTree(what, source.Path, 0)
}

func (s *session) openTree(what, path string, flags uint) (fd int) {
	if s.err != nil {
		return 0
	}
	fd, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|flags)
	if err != nil {
		s.err = fmt.Errorf("%s: %w", what, err)
	}
	return fd
}

// attach mounts a detached tree on a path inside and keeps what is mounted below
// it from reaching back to the host.
func attach(fd int, target string, flags uintptr) error {
	if err := unix.MoveMount(fd, "", unix.AT_FDCWD, target, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return err
	}
	_ = unix.Close(fd)
	if err := unix.Mount("", target, "", unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	return remount(target, flags)
}

// remount sets flags of a bind mount. Those the source had (nosuid, nodev,
// noexec) must be kept, or a user namespace is refused the change.
func remount(target string, flags uintptr) error {
	if flags == 0 {
		return nil
	}
	var stat unix.Statfs_t
	if err := unix.Statfs(target, &stat); err != nil {
		return err
	}
	keep := uintptr(stat.Flags) & (unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_RDONLY | unix.MS_NOATIME | unix.MS_NODIRATIME | unix.MS_RELATIME)
	return unix.Mount("", target, "", unix.MS_BIND|unix.MS_REMOUNT|keep|flags, "")
}

// system mounts what every container has, as Docker lays it out: /proc, /dev and
// /sys. The cgroup file systems follow later, see enterCgroups.
func (s *session) system() {
	const kernel = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	s.attach("mount proc on /proc", s.held.proc, "/proc")
	s.mount("tmpfs", "/dev", "tmpfs", unix.MS_NOSUID|unix.MS_NOEXEC|s.deviceFlag(), "mode=755,size=65536k")
	s.mount("devpts", "/dev/pts", "devpts", unix.MS_NOSUID|unix.MS_NOEXEC, s.ptsOptions())
	s.mount("tmpfs", "/dev/shm", "tmpfs", kernel, fmt.Sprintf("mode=1777,size=%d", s.plan.ShmSize))
	if !(s.plan.HostIPC && s.plan.Process.InUserNS) { // only an IPC namespace's owner may mount its queues
		s.mount("mqueue", "/dev/mqueue", "mqueue", kernel, "")
	}
	s.devices(s.held.devices)
	if s.held.sys != 0 {
		s.attach("mount sysfs on /sys", s.held.sys, "/sys")
		return
	}
	s.mount("tmpfs", "/sys", "tmpfs", kernel, "mode=755,size=1m")
}

// ptsOptions gives terminals to the group tty (5 by convention) where that group
// exists in the user namespace.
func (s *session) ptsOptions() string {
	if s.plan.Process.NoSetgroups {
		return "newinstance,ptmxmode=0666,mode=0620"
	}
	return "newinstance,ptmxmode=0666,mode=0620,gid=5"
}

// newSys is sysfs, which belongs to the network namespace: where that is the
// host's and the user namespace is not, the kernel refuses, and /sys stays empty.
func (s *session) newSys() int {
	if s.plan.SharedNet && s.plan.Process.InUserNS {
		return 0
	}
	flags := unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC
	if !s.plan.Privileged {
		flags |= unix.MOUNT_ATTR_RDONLY
	}
	return s.newMount("sysfs", flags)
}

// newProc makes the container's /proc. Only the owner of a PID namespace may mount
// one of it, so that of the host's namespace is the host's own, with what is mounted
// below it (mount_namespaces(7): in a user namespace one does not come apart).
func (s *session) newProc() int {
	if s.plan.HostPID && s.plan.Process.InUserNS {
		return s.openTree("open /proc", "/proc", unix.AT_RECURSIVE)
	}
	return s.newMount("proc", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
}

// newMount makes a file system that is attached nowhere yet (fsopen(2)). In a
// user namespace the kernel gives proc and sysfs only to whoever sees them
// already, so they are made while the host's root is still there.
func (s *session) newMount(kind string, flags int) (fd int) {
	if s.err != nil {
		return 0
	}
	fs, err := unix.Fsopen(kind, unix.FSOPEN_CLOEXEC)
	if err == nil {
		defer unix.Close(fs)
		err = unix.FsconfigCreate(fs)
	}
	if err == nil {
		fd, err = unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, flags)
	}
	if err != nil {
		s.err = fmt.Errorf("make %s: %w", kind, err)
	}
	return fd
}

// attach is attach as a step, with the mount point made.
func (s *session) attach(what string, fd int, target string) {
	s.do(what, func() error {
		if err := os.MkdirAll(target, 0o755); err != nil {
			return err
		}
		return attach(fd, target, 0)
	})
}

func (s *session) mount(source, target, kind string, flags uintptr, options string) {
	what := "mount " + kind + " on " + target
	s.do(what, func() error {
		if err := os.MkdirAll(target, 0o755); err != nil {
			return err
		}
		return unix.Mount(source, target, kind, flags, options)
	})
}

// deviceLinks are the symbolic links of /dev.
func deviceLinks() [][2]string {
	return [][2]string{{"/proc/self/fd", "/dev/fd"}, {"/proc/self/fd/0", "/dev/stdin"}, {"/proc/self/fd/1", "/dev/stdout"},
		{"/proc/self/fd/2", "/dev/stderr"}, {"pts/ptmx", "/dev/ptmx"}, {"/proc/kcore", "/dev/core"}}
}

// devices binds the host's nodes: unlike mknod(2) that works in a user namespace
// too, and leaves /dev itself without working device nodes.
func (s *session) devices(fds []int) {
	names := make([]string, len(s.plan.Devices))
	for i, path := range s.plan.Devices {
		names[i] = strings.TrimPrefix(path, "/dev/")
	}
	s.do("bind devices "+strings.Join(names, " "), func() error {
		for i, path := range s.plan.Devices {
			if err := makeMountPoint(path, unix.S_IFREG); err != nil {
				return err
			}
			if err := attach(fds[i], path, 0); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
		for _, link := range deviceLinks() {
			if err := os.Symlink(link[0], link[1]); err != nil {
				return err
			}
		}
		return nil
	})
}

// mounts attaches the program, volumes and directories, and writes files.
func (s *session) mounts() {
	if s.held.binary != 0 {
		s.do("bind this program on "+workload.Binary+", read-only", func() error {
			return attach(s.held.binary, workload.Binary, unix.MS_RDONLY|unix.MS_NODEV|unix.MS_NOSUID)
		})
	}
	for _, file := range s.plan.Files {
		s.do("write "+file.Path, func() error { return writeFile(file) })
	}
	for i, m := range s.plan.Mounts {
		s.place(m, s.held.mounts[i])
	}
}

// place mounts one file system that was asked for.
func (s *session) place(m Mount, fd int) {
	if fd == 0 {
		options := "mode=1777"
		if m.Size > 0 {
			options += fmt.Sprintf(",size=%d", m.Size)
		}
		flags := uintptr(unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC)
		s.mount("tmpfs", m.Target, "tmpfs", flags, options)
		if m.ReadOnly {
			s.do("make "+m.Target+" read-only", func() error { return remount(m.Target, unix.MS_RDONLY) })
		}
		return
	}
	s.do("bind "+m.Source.Path+" on "+m.Target, func() error {
		var stat unix.Stat_t
		if err := unix.Fstatat(fd, "", &stat, unix.AT_EMPTY_PATH); err != nil {
			return err
		}
		if err := makeMountPoint(m.Target, stat.Mode&unix.S_IFMT); err != nil {
			return err
		}
		flags := s.deviceFlag()
		if m.ReadOnly {
			flags |= unix.MS_RDONLY
		}
		return attach(fd, m.Target, flags)
	})
}

// makeMountPoint makes a directory, or an empty file for anything else.
func makeMountPoint(path string, kind uint32) error {
	if kind == unix.S_IFDIR {
		return os.MkdirAll(path, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o644)
	if err != nil && errors.Is(err, os.ErrPermission) {
		_, err = os.Lstat(path)
		return err
	}
	if err != nil {
		return err
	}
	return file.Close()
}

func writeFile(file File) error {
	if err := os.MkdirAll(filepath.Dir(file.Path), 0o755); err != nil {
		return err
	}
	// A new file: what the image has there may be a link or shared with a layer.
	if err := os.Remove(file.Path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(file.Path, []byte(file.Text), 0o644)
}

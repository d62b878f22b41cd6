package docker

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
)

// place is a controller's hierarchy, and in it the container's directory once it
// has been found.
type place struct {
	controller string
	mount      string
	version    cgroup.Version
	dir        string
}

// finder waits for the kernel to tell, through inotify(7), that a directory with
// the container's id in its name was made in a cgroup tree. Daemons put it one
// level below a directory of their own (docker/<id>, system.slice/docker-<id>.scope),
// so the top of the tree and what is right below it are watched. Where a daemon
// does otherwise, the main process's id tells the cgroup a little later.
type finder struct {
	id     string
	fd     int
	places []*place
	dirs   map[int32]watched
}

// watched is a directory under watch: the top of a tree, or one right below it.
type watched struct {
	mount, dir string
}

// newFinder starts to look; fd is -1 when the kernel has no more inotify
// instances to give.
func newFinder(id string, places []*place) *finder {
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		fd = -1
	}
	f := &finder{id: id, fd: fd, places: places, dirs: map[int32]watched{}}
	for _, p := range places {
		if p.dir == "" { // controllers can share a tree, on cgroup v2 all do
			f.watch(p.mount, p.mount)
		}
	}
	return f
}

// watch adds a directory, and looks at what is in it already.
func (f *finder) watch(mount, dir string) {
	if f.fd < 0 {
		return
	}
	wd, err := unix.InotifyAddWatch(f.fd, dir, unix.IN_CREATE|unix.IN_ONLYDIR)
	if err != nil {
		return
	}
	in := watched{mount: mount, dir: dir}
	f.dirs[int32(wd)] = in
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.IsDir() {
			f.made(in, entry.Name())
		}
	}
}

// made looks at one directory. Podman has a second one for its monitor.
func (f *finder) made(in watched, name string) {
	dir := filepath.Join(in.dir, name)
	switch {
	case strings.Contains(name, f.id) && !strings.Contains(name, "conmon"):
		for _, p := range f.places {
			if p.mount == in.mount && p.dir == "" {
				p.dir = dir
			}
		}
	case in.dir == in.mount:
		f.watch(in.mount, dir)
	}
}

// read takes in what inotify has to tell: a header of 16 bytes (watch, mask,
// cookie, length of the name) and the name, padded with zeros.
func (f *finder) read() {
	var buffer [16 << 10]byte
	for f.fd >= 0 {
		n, err := unix.Read(f.fd, buffer[:])
		if err != nil || n <= 0 {
			break
		}
		for rest := buffer[:n]; len(rest) >= unix.SizeofInotifyEvent; {
			wd := int32(binary.NativeEndian.Uint32(rest))
			mask := binary.NativeEndian.Uint32(rest[4:])
			end := min(unix.SizeofInotifyEvent+int(binary.NativeEndian.Uint32(rest[12:])), len(rest))
			name := string(bytes.TrimRight(rest[unix.SizeofInotifyEvent:end], "\x00"))
			if in, ok := f.dirs[wd]; ok && mask&unix.IN_ISDIR != 0 {
				f.made(in, name)
			}
			rest = rest[end:]
		}
	}
	if f.found() {
		f.close()
	}
}

// found reports whether all places are known.
func (f *finder) found() bool {
	for _, p := range f.places {
		if p.dir == "" {
			return false
		}
	}
	return true
}

// close lets go of inotify, beside the caller: the kernel waits for all its
// readers then, some 20 ms, in which a container may end.
func (f *finder) close() {
	if f.fd >= 0 {
		go unix.Close(f.fd)
		f.fd = -1
	}
}

// places are the hierarchies that carry what is read.
func places(host *cgroup.Host) []*place {
	var list []*place
	for _, controller := range []string{"memory", "cpuacct"} {
		if mount, version := host.Hierarchy(controller); mount != "" {
			list = append(list, &place{controller: controller, mount: mount, version: version})
		}
	}
	return list
}

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/runtime"
)

// removeTimeout bounds what is undone after a failed Create.
const removeTimeout = 10 * time.Second

// Remove ends what still runs and removes all that was made under the name, by
// this process or an earlier one, complete or half made. What is not there is
// not missed.
func (r *Runtime) Remove(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	unlock, err := r.locks.lock(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	if err := r.discard(ctx, name); err != nil {
		return fmt.Errorf("remove container %s: %w", name, err)
	}
	return nil
}

// discard removes in the order that keeps the rest findable: the processes, the
// cgroup, the layers, and the record last.
func (r *Runtime) discard(ctx context.Context, name string) error {
	if w := r.takeWaiting(name); w != nil {
		w.end()
	}
	rec, err := r.dirs.load(name)
	if err != nil && !errors.Is(err, runtime.ErrNotFound) {
		if rec, err = r.remains(name, err); err != nil {
			return err
		}
	}
	if err := r.removeProcesses(ctx, rec); err != nil {
		return err
	}
	if l := r.lifeOf(name); l != nil {
		select {
		case <-l.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		r.setLife(name, nil)
	}
	if err := removeTree(r.dirs.layers(name)); err != nil {
		return err
	}
	if err := r.removeVolumes(rec); err != nil {
		return err
	}
	return removeTree(r.dirs.container(name))
}

// remains is what there is to remove of a container whose record cannot be read: the
// link names its cgroup. Without one its processes are not known, and the container
// stays, unless the machine has started anew since: then there are none.
func (r *Runtime) remains(name string, unreadable error) (record, error) {
	group, err := os.Readlink(r.dirs.group(name))
	if err == nil && r.cgroups != nil {
		return record{Cgroup: group, Spec: runtime.Spec{Name: name, CgroupPath: filepath.Dir(group)}}, nil
	}
	if r.sinceBoot(r.dirs.record(name)) {
		return record{}, fmt.Errorf("%w; end its processes, and remove %s", unreadable, r.dirs.container(name))
	}
	return record{}, nil
}

// sinceBoot reports whether a file was written since the machine started, as far as
// can be told (sysinfo(2)).
func (r *Runtime) sinceBoot(path string) bool {
	var machine unix.Sysinfo_t
	info, err := os.Stat(path)
	if err != nil || unix.Sysinfo(&machine) != nil {
		return true
	}
	return time.Since(info.ModTime()) < time.Duration(machine.Uptime)*time.Second
}

// removeProcesses kills everything in the cgroup and removes it. Without a
// cgroup the main process takes its pid namespace with it.
func (r *Runtime) removeProcesses(ctx context.Context, rec record) error {
	if rec.Cgroup == "" || r.cgroups == nil {
		return r.killMain(ctx, rec)
	}
	group, err := r.group(rec)
	if err != nil {
		return err
	}
	if populated, err := group.Populated(); err != nil || populated {
		if err := group.Kill(ctx); err != nil {
			return err
		}
	}
	if err := r.killMain(ctx, rec); err != nil {
		return err
	}
	if err := group.Remove(ctx); err != nil {
		return err
	}
	r.removeParents(rec)
	return nil
}

// killMain is for a main process that its cgroup does not know: one that moved
// itself out, or that had not got in.
func (r *Runtime) killMain(ctx context.Context, rec record) error {
	fd, err := r.open(rec.Process)
	if err != nil || fd < 0 {
		return err
	}
	defer unix.Close(fd)
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return err
	}
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for ctx.Err() == nil {
		if n, err := unix.Poll(poll, 100); n > 0 || err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
	}
	return context.Cause(ctx)
}

// removeParents takes away the run-level cgroup, and what it is below, with the last
// container. As root, one that the caller named is the caller's to remove; in a
// delegated cgroup only this runtime knows where it is.
func (r *Runtime) removeParents(rec record) {
	if rec.Spec.CgroupPath != "" && isRoot() {
		return
	}
	above := rec.Cgroup
	for range strings.Split(runLevel(rec.Spec), "/") {
		above = filepath.Dir(above)
		r.cgroups.RemoveIfEmpty(above)
	}
}

// removeTree is os.RemoveAll for trees with directories that their owner may not
// enter, such as overlayfs's work directory when we are not root.
func removeTree(dir string) error {
	err := os.RemoveAll(dir)
	if err == nil || !errors.Is(err, fs.ErrPermission) || !strings.Contains(dir, "containers") {
		return err
	}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}

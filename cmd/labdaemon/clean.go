//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
)

// cleanTime bounds one cleanup.
const cleanTime = 30 * time.Second

// sweep cleans up after labs whose processes were all killed: those that nobody
// holds locked.
func sweep(parent string) {
	parent, err := absolute(parent)
	if err != nil {
		return
	}
	dirs, _ := filepath.Glob(filepath.Join(parent, prefix+"*"))
	for _, dir := range dirs {
		lock, err := lockDir(dir, unix.LOCK_NB)
		if err != nil {
			continue
		}
		if l := (&lab{dir: dir, lock: lock}); l.abandoned() {
			if err := l.clean(context.Background()); err != nil {
				fmt.Fprintln(os.Stderr, "labdaemon: clean up after an earlier one:", err)
			}
		}
		lock.Close()
	}
}

// abandoned leaves a directory alone that is being made just now: it has no
// configuration yet.
func (l *lab) abandoned() bool {
	if _, err := os.Stat(l.path("daemon.json")); err == nil {
		return true
	}
	info, err := os.Stat(l.dir)
	return err == nil && time.Since(info.ModTime()) > time.Minute
}

// clean removes all that the daemon made, whatever is left of it. It is idempotent.
func (l *lab) clean(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, cleanTime)
	defer cancel()
	group, err := l.killAll(ctx)
	for _, socket := range l.shimSockets() {
		_ = os.Remove(socket)
	}
	err = errors.Join(err, l.unmount())
	if group != nil {
		err = errors.Join(err, group.Remove(ctx))
	}
	return errors.Join(err, os.RemoveAll(l.dir))
}

// killAll ends the daemon, containerd, the shims and all containers: every process
// below the lab's cgroup.
func (l *lab) killAll(ctx context.Context) (*cgroup.Group, error) {
	host, err := cgroup.Open("/")
	if err != nil {
		return nil, err
	}
	group, err := host.Group(l.group())
	if err != nil || !group.Exists() {
		return nil, err
	}
	return group, group.Kill(ctx)
}

// shimSockets are the sockets of containerd's shims, which lie in a directory that
// all containerds share, /run/containerd/s. Each container's bundle says which one
// is its shim's: older containerds in the file address, newer ones in
// bootstrap.json.
func (l *lab) shimSockets() []string {
	var sockets []string
	for _, pattern := range []string{"exec/containerd/daemon/*/*/*/address", "exec/containerd/daemon/*/*/*/bootstrap.json"} {
		files, _ := filepath.Glob(l.path(pattern))
		for _, file := range files {
			if socket := shimSocket(file); socket != "" {
				sockets = append(sockets, socket)
			}
		}
	}
	return sockets
}

func shimSocket(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	address := string(text)
	if filepath.Ext(file) == ".json" {
		var bootstrap struct{ Address string }
		if json.Unmarshal(text, &bootstrap) != nil {
			return ""
		}
		address = bootstrap.Address
	}
	path, ok := strings.CutPrefix(strings.TrimSpace(address), "unix://")
	if !ok || !filepath.IsAbs(path) {
		return ""
	}
	return path
}

// unmount lets go of all mounts below the directory, the latest first.
func (l *lab) unmount() error {
	mounts, err := mountinfo.GetMounts(mountinfo.PrefixFilter(l.dir))
	if err != nil {
		return err
	}
	slices.Reverse(mounts)
	var errs []error
	for _, m := range mounts {
		if err := unix.Unmount(m.Mountpoint, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil && !errors.Is(err, unix.EINVAL) {
			errs = append(errs, fmt.Errorf("unmount %s: %w", m.Mountpoint, err))
		}
	}
	return errors.Join(errs...)
}

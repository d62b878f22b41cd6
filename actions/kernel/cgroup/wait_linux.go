package cgroup

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// waitFile returns when the content of a file satisfies done. The kernel tells
// of every change of cgroup.events with an inotify modify event
// (cgroup-v2.html#basic-operations); the watch is set before the first look, so
// no change is missed. The error is os.ErrNotExist or ENODEV when the group is
// removed meanwhile.
func waitFile(ctx context.Context, path string, done func(text string) bool) error {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return pollFile(ctx, path, done) // the user's inotify instances are used up
	}
	events := os.NewFile(uintptr(fd), "inotify")
	defer events.Close()
	if _, err := unix.InotifyAddWatch(fd, path, unix.IN_MODIFY); err != nil {
		return pollFile(ctx, path, done)
	}
	stop := context.AfterFunc(ctx, func() { _ = events.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buffer := make([]byte, 4096)
	for {
		text, err := os.ReadFile(path)
		if err != nil || done(string(text)) {
			return err
		}
		if _, err := events.Read(buffer); err != nil {
			return errors.Join(context.Cause(ctx), unlessTimeout(err))
		}
	}
}

func unlessTimeout(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

package image

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// lockPoll is how often a taken lock is asked for again.
const lockPoll = 20 * time.Millisecond

// lock waits for the store (flock(2)): any number may add at once, and whoever
// deletes is alone.
func (s *Store) lock(ctx context.Context, alone bool) (unlock func(), err error) {
	if err := os.MkdirAll(s.dir, 0o710); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	how := unix.LOCK_SH | unix.LOCK_NB
	if alone {
		how = unix.LOCK_EX | unix.LOCK_NB
	}
	for {
		err := unix.Flock(int(file.Fd()), how)
		if err == nil {
			break
		}
		if err != unix.EINTR && err != unix.EWOULDBLOCK || ctx.Err() != nil {
			_ = file.Close()
			return nil, fmt.Errorf("lock %s: %w", file.Name(), errors.Join(err, ctx.Err()))
		}
		time.Sleep(lockPoll)
	}
	return func() { _ = file.Close() }, nil
}

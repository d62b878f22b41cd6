package cgroup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// pollEvery is how often something without an event is looked at.
const pollEvery = 5 * time.Millisecond

// WaitEmpty returns when no process of the group or below it runs any more, or
// with the context's error. Where the group is in the v2 tree the kernel reports
// the change (inotify on cgroup.events); else the process lists are polled.
func (g *Group) WaitEmpty(ctx context.Context) error {
	if m := g.unified(); m != nil {
		err := waitFile(ctx, filepath.Join(m.dir, "cgroup.events"), func(text string) bool {
			return parseFile("", text).Keys["populated"] == 0
		})
		if err != nil && !gone(err) {
			return fmt.Errorf("wait until cgroup %s is empty: %w", g.Name(), err)
		}
	}
	return g.poll(ctx, "wait until cgroup "+g.Name()+" is empty", func() (bool, error) {
		populated, err := g.Populated()
		return !populated, err
	})
}

// poll asks until done, an error or the end of the context.
func (g *Group) poll(ctx context.Context, what string, done func() (bool, error)) error {
	for {
		ok, err := done()
		if err == nil && !ok {
			err = sleep(ctx, pollEvery)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if ok {
			return nil
		}
	}
}

// pollFile is waitFile without the kernel's events.
func pollFile(ctx context.Context, path string, done func(text string) bool) error {
	for {
		text, err := os.ReadFile(path)
		if err != nil || done(string(text)) {
			return err
		}
		if err := sleep(ctx, pollEvery); err != nil {
			return err
		}
	}
}

// gone reports that a group was removed meanwhile.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || isGone(err) }

package cgroup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Remove removes the group and the groups below it from every hierarchy. It does
// not end processes: while some run it waits for them to go, and it tries again
// what the kernel still holds busy, until ctx is over. The error then names the
// processes that are left. A group that does not exist is a success, so Remove
// can be repeated.
//
// By hand: rmdir, the deepest first.
func (g *Group) Remove(ctx context.Context) error {
	if err := g.guard("remove"); err != nil {
		return err
	}
	for delay := time.Millisecond; ; delay = min(2*delay, 50*time.Millisecond) {
		err := g.rmdir()
		if err == nil {
			return nil
		}
		if !isBusy(err) {
			return fmt.Errorf("remove cgroup %s: %w", g.name, err)
		}
		if g.settle(ctx, delay) != nil {
			return g.stillThere(ctx, err)
		}
	}
}

// RemoveIfEmpty takes a group away from every hierarchy where no other is below it
// and no process in it: the one that the groups of several runs are below. The
// kernel refuses the rest (EBUSY), which is no error here.
func (h *Host) RemoveIfEmpty(name string) {
	group, err := h.Group(name)
	if err != nil || group.guard("remove") != nil {
		return
	}
	for _, m := range group.own() {
		_ = os.Remove(m.dir)
	}
}

// rmdir makes one attempt in each hierarchy.
func (g *Group) rmdir() error {
	var errs []error
	for _, m := range g.own() {
		errs = append(errs, walkGroups(m.dir, func(dir string) error {
			if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil
		}))
	}
	return errors.Join(errs...)
}

// settle waits until the group is empty and a moment longer: the kernel frees an
// exiting process a little after the group counts as empty.
func (g *Group) settle(ctx context.Context, delay time.Duration) error {
	if err := g.WaitEmpty(ctx); err != nil {
		return err
	}
	return sleep(ctx, delay)
}

func (g *Group) stillThere(ctx context.Context, busy error) error {
	procs, _ := g.Procs()
	if len(procs) > 0 {
		return fmt.Errorf("remove cgroup %s: processes %v still run: %w", g.name, procs, errors.Join(context.Cause(ctx), busy))
	}
	return fmt.Errorf("remove cgroup %s: %w", g.name, errors.Join(context.Cause(ctx), busy))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

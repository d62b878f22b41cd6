package cgroup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Kill ends every process of the group and below it with SIGKILL, a fork bomb
// included, and returns when none is left or ctx is over. In the v2 tree, also
// that of a hybrid machine, one write to cgroup.kill (Linux 5.14) hits all of
// them at once, forks in flight too. Without it the group is frozen, each process
// is killed, and the group is thawed, again and again until it is empty.
//
// A frozen group is thawed, as a process that the v1 freezer holds cannot die.
// Killing a group that holds the calling process is refused.
func (g *Group) Kill(ctx context.Context) error {
	if err := g.guard("kill"); err != nil {
		return err
	}
	for {
		err := g.killOnce()
		if err != nil {
			return fmt.Errorf("kill cgroup %s: %w", g.name, err)
		}
		empty, err := g.emptyWithin(ctx, 20*time.Millisecond)
		if empty {
			return nil
		}
		if err != nil {
			procs, _ := g.Procs()
			return fmt.Errorf("kill cgroup %s: processes %v are left: %w", g.name, procs, err)
		}
	}
}

// killOnce signals all processes that are there now.
func (g *Group) killOnce() error {
	procs, err := g.Procs()
	if err != nil {
		return err
	}
	if slices.Contains(procs, os.Getpid()) && g.host.root == "/" {
		return errors.New("the calling process is in it")
	}
	if m := g.unified(); m != nil && isFile(filepath.Join(m.dir, "cgroup.kill")) {
		err = unlessGone(writeFile(filepath.Join(m.dir, "cgroup.kill"), "1"))
		if err == nil {
			procs, err = g.stragglers()
		}
	} else {
		g.holdStill()
		procs, err = g.Procs()
	}
	if err == nil {
		err = g.killEach(procs)
	}
	return errors.Join(err, g.unfreeze())
}

// stragglers are processes that are in the group on v1 only, which cgroup.kill
// did not reach.
func (g *Group) stragglers() ([]int, error) {
	if len(g.own()) == 1 {
		return nil, nil
	}
	return g.Procs()
}

// holdStill asks the freezer to stop forks, without waiting for it.
func (g *Group) holdStill() {
	if state := g.freezerState(); state != "" {
		_ = writeFile(state, "FROZEN")
	}
	if m := g.unified(); m != nil {
		_ = writeFile(filepath.Join(m.dir, "cgroup.freeze"), "1")
	}
}

// emptyWithin waits for a short time; the error is that of ctx.
func (g *Group) emptyWithin(ctx context.Context, d time.Duration) (bool, error) {
	short, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	err := g.WaitEmpty(short)
	if err == nil || ctx.Err() == nil && short.Err() != nil {
		return err == nil, nil
	}
	return false, err
}

package cgroup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Freeze stops every process of the group and below it, and returns when all
// stand still. On v2 (and the v2 tree of a hybrid machine) it writes
// cgroup.freeze and a frozen process can still be killed; on v1 it writes
// freezer.state and a frozen process dies only after [Group.Thaw]. When ctx is
// over before all stand still, the group is thawed again.
func (g *Group) Freeze(ctx context.Context) error {
	if err := g.guard("freeze"); err != nil {
		return err
	}
	err := g.freeze(ctx)
	if err != nil && ctx.Err() != nil {
		err = errors.Join(err, g.unfreeze())
	}
	if err != nil {
		return fmt.Errorf("freeze cgroup %s: %w", g.name, err)
	}
	return nil
}

func (g *Group) freeze(ctx context.Context) error {
	if m := g.unified(); m != nil && isFile(filepath.Join(m.dir, "cgroup.freeze")) {
		if err := writeFile(filepath.Join(m.dir, "cgroup.freeze"), "1"); err != nil {
			return err
		}
		return waitFile(ctx, filepath.Join(m.dir, "cgroup.events"), isFrozenV2)
	}
	state := g.freezerState()
	if state == "" {
		return unsupported("freeze", "there is neither a v2 tree nor a v1 freezer", "mount one: mount -t cgroup2 none <dir>")
	}
	return g.poll(ctx, "wait for "+state, func() (bool, error) {
		// Written again each time: a process that was forking may have been missed.
		if err := writeFile(state, "FROZEN"); err != nil {
			return false, err
		}
		return readText(state) == "FROZEN", nil
	})
}

// Thaw lets a frozen group run on, whichever version froze it, and returns when
// it does. A group that is not frozen is a success.
func (g *Group) Thaw(ctx context.Context) error {
	if err := g.guard("thaw"); err != nil {
		return err
	}
	err := g.unfreeze()
	if err == nil {
		err = g.poll(ctx, "wait for it to run", func() (bool, error) {
			frozen, err := g.Frozen()
			return !frozen, err
		})
	}
	if err != nil {
		return fmt.Errorf("thaw cgroup %s: %w", g.name, err)
	}
	return nil
}

// unfreeze writes the wish without waiting.
func (g *Group) unfreeze() error {
	var errs []error
	if m := g.unified(); m != nil && isFile(filepath.Join(m.dir, "cgroup.freeze")) {
		errs = append(errs, unlessGone(writeFile(filepath.Join(m.dir, "cgroup.freeze"), "0")))
	}
	if state := g.freezerState(); state != "" && readText(state) != "THAWED" {
		errs = append(errs, unlessGone(writeFile(state, "THAWED")))
	}
	return errors.Join(errs...)
}

// Frozen reports whether the group stands still, by either version's freezer.
func (g *Group) Frozen() (bool, error) {
	if state := g.freezerState(); state != "" && readText(state) == "FROZEN" {
		return true, nil
	}
	m := g.unified()
	if m == nil {
		return false, nil
	}
	text, err := os.ReadFile(filepath.Join(m.dir, "cgroup.events"))
	return isFrozenV2(string(text)), unlessGone(err)
}

func isFrozenV2(events string) bool {
	return strings.Contains(events, "frozen 1")
}

// freezerState is the group's v1 freezer.state, "" where there is none.
func (g *Group) freezerState() string {
	m := g.ownIn(g.host.byController["freezer"])
	if m == nil || !isFile(filepath.Join(m.dir, "freezer.state")) {
		return ""
	}
	return filepath.Join(m.dir, "freezer.state")
}

package cgroup

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"isolab/actions"
	"isolab/actions/kernel/cgroup"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// where is what a step acts on: a container or a cgroup, one of them.
type where struct{ container, cgroup string }

// check finds what is wrong with it before anything runs. Both may be empty when
// an expression gives them later; the machine's groups start with a slash.
func (w where) check(declared actions.Declared) error {
	if w.container != "" && w.cgroup != "" {
		return fmt.Errorf("container %s and cgroup %s: name one of them", w.container, w.cgroup)
	}
	return errors.Join(target.Check(declared, w.container), w.checkGroup())
}

// checkGroup refuses names that lead up: the run's own group holds the cap on all
// that the run does, so no step changes it. Those of the machine are checked where
// they are looked up.
func (w where) checkGroup() error {
	if w.foreign() {
		return nil
	}
	return checkName(w.cgroup)
}

// foreign reports a group that no step of the run made.
func (w where) foreign() bool { return strings.HasPrefix(w.cgroup, "/") }

// needs is the permission for changing a group.
func (w where) needs(permission actions.Permission) []actions.Permission {
	if w.foreign() {
		return []actions.Permission{permission}
	}
	return nil
}

// label is what messages and commands call it.
func (w where) label() string {
	if w.container != "" {
		return w.container
	}
	return w.cgroup
}

// open finds the group for reading.
func (w where) open(ctx context.Context, env *actions.Env) (*cgroup.Group, error) {
	if err := w.checkGroup(); err != nil {
		return nil, err
	}
	return target.Group(ctx, env, w.container, w.cgroup)
}

// writable finds the group for a change; one of the machine takes a permission.
func (w where) writable(ctx context.Context, env *actions.Env, permission actions.Permission) (*cgroup.Group, error) {
	if w.foreign() {
		if err := env.Permit(permission); err != nil {
			return nil, fmt.Errorf("cgroup %s: %w", w.cgroup, err)
		}
	}
	group, err := w.open(ctx, env)
	if err == nil && group.Name() == "/" {
		err = fmt.Errorf("%s: %w", w.label(), cgroup.ErrRoot)
	}
	return group, err
}

// file is the path of one of the group's files, for the equivalent commands.
func (w where) file(v actions.View, controller, name string) string {
	return path.Join(v.Cgroup(w.label(), controller), name)
}

// everywhere is a pattern for one of the group's files in all hierarchies that it is
// in, as a shell takes it.
func (w where) everywhere(v actions.View, name string) string {
	return shell.Pattern(w.file(v, "*", name))
}

// byName is the path of a file of which only the name is given.
func (w where) byName(v actions.View, name string) string {
	return w.file(v, controllerOf(v, name), name)
}

// controllerOf says in which hierarchy a file lies, by its name; the kernel's order is
// that of cgroup.Group.ReadFile.
func controllerOf(v actions.View, name string) string {
	controller, rest, dotted := strings.Cut(name, ".")
	switch {
	case (controller == "cgroup" || rest == "pressure") && hasTree(v):
		return "unified"
	case controller == "cgroup" || !dotted: // in every directory
		return "memory"
	}
	return controller
}

// hasTree reports whether groups are in a v2 tree, whatever has the controllers.
func hasTree(v actions.View) bool { return v2(v) || v.CgroupVersion() == string(cgroup.Hybrid) }

// v2 reports whether the controllers are on cgroup v2.
func v2(v actions.View) bool { return v.CgroupVersion() == string(cgroup.V2) }

// named picks the kernel's file name for the version at hand.
func named(v actions.View, v1Name, v2Name string) string {
	if v2(v) {
		return v2Name
	}
	return v1Name
}

// checkName accepts names of groups below the run's own.
func checkName(name string) error {
	if name == "" {
		return nil
	}
	for element := range strings.SplitSeq(name, "/") {
		if element == "" || strings.HasPrefix(element, ".") || strings.Trim(element, nameChars) != "" {
			return fmt.Errorf("cgroup name %q: want letters, digits, dots, dashes and underscores, with single slashes between groups", name)
		}
	}
	if len(name) > nameMax {
		return errors.New("cgroup name: at most 64 characters")
	}
	return nil
}

const (
	nameChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	nameMax   = 64
)

package embedded

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
)

// Info says what this runtime can do on this machine, or why it cannot run.
func (r *Runtime) Info(ctx context.Context) (runtime.Info, error) {
	if err := r.ready(); err != nil {
		return runtime.Info{}, err
	}
	version := "1"
	if r.cgroups.Version() == cgroup.V2 {
		version = "2"
	}
	noLimits := ""
	if !isRoot() {
		if _, err := r.rootless.base(); err != nil {
			noLimits = noDelegation
		}
	}
	noWorkload := ""
	if _, err := r.program.check(); err != nil {
		noWorkload = err.Error()
	}
	return runtime.Info{
		NoLimits: noLimits, NoWorkload: noWorkload,
		Name: "embedded", Version: "Linux " + release(), OS: "linux", CgroupVersion: version, CgroupDriver: "cgroupfs",
		Rootless: !isRoot(), Isolation: []string{"process"}, Storage: "overlay", DataRoot: r.dirs.data,
	}, nil
}

// ready returns nil when containers can run here.
func (r *Runtime) ready() error {
	if r.missing != nil {
		return fmt.Errorf("embedded runtime: %w: %w", runtime.ErrUnavailable, r.missing)
	}
	if isRoot() {
		return nil
	}
	if err := r.rootless.refused(); err != nil {
		return fmt.Errorf("embedded runtime: %w: %w", runtime.ErrUnavailable, err)
	}
	return nil
}

// release is the kernel's version, as uname -r prints it.
func release() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return ""
	}
	return strings.TrimRight(string(name.Release[:]), "\x00")
}

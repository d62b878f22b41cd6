package embedded

import (
	"context"
	"errors"
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

// call is a system call that containers are made with, and a harmless use of it.
type call struct {
	name string
	try  func() error
}

// needed are the latest calls that nothing stands in for: open_tree and fsopen came
// with Linux 5.2, pidfd_open with 5.3.
var needed = []call{
	{"open_tree", func() error { _, err := unix.OpenTree(-1, "", 0); return err }},
	{"fsopen", func() error { _, err := unix.Fsopen("", 0); return err }},
	{"pidfd_open", func() error { _, err := unix.PidfdOpen(-1, 0); return err }},
}

// lacking is an error that names the first call which this kernel does not have.
func lacking(calls []call) error {
	for _, c := range calls {
		if errors.Is(c.try(), unix.ENOSYS) {
			return fmt.Errorf("Linux %s has no %s(2): it needs Linux 5.3, or --runtime docker", release(), c.name)
		}
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

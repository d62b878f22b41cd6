package engine

import (
	"context"
	"fmt"
	"runtime"

	"isolab/schema"
)

// planView names things that do not exist yet: placeholders in angle brackets. It
// implements actions.View.
type planView struct {
	declared
	system  string
	runtime string
	cgroup  string
	reads   []string
}

// planFor is the view of a machine that has what the scenario requires, which this one
// may not have, and of this one in all else.
func planFor(needs schema.Requires, runtimeName, cgroupVersion string) planView {
	v := planView{system: runtime.GOOS, runtime: runtimeName, cgroup: cgroupVersion}
	switch {
	case needs.OS != "" && needs.OS != v.system:
		v.system, v.cgroup = needs.OS, ""
	case needs.Cgroup == 1 && v.cgroup == "v2":
		v.cgroup = "v1"
	case needs.Cgroup == 2:
		v.cgroup = "v2"
	}
	return v
}

// Reads are the fields that the scenario's expressions read.
func (v planView) Reads() []string { return v.reads }

// System is the one that the scenario is for.
func (v planView) System() string { return v.system }

// Runtime is the runtime that the plan is for.
func (v planView) Runtime() string { return v.runtime }

// ContainerName is how a person would call the container: by its declared name.
func (v planView) ContainerName(name string) string { return name }

// CgroupVersion is that of this machine.
func (v planView) CgroupVersion() string { return v.cgroup }

// Cgroup stands for the directory of a container's cgroup.
func (v planView) Cgroup(target, controller string) string {
	if v.cgroup == "v2" {
		return fmt.Sprintf("/sys/fs/cgroup/<%s's cgroup>", target)
	}
	if controller == "io" {
		controller = "blkio" // its name on cgroup v1
	}
	return fmt.Sprintf("/sys/fs/cgroup/%s/<%s's cgroup>", controller, target)
}

// PID stands for a container's main process.
func (v planView) PID(name string) string {
	if name == "" {
		return "<pid>"
	}
	return fmt.Sprintf("<%s's pid>", name)
}

// liveView names what exists while a case runs, and falls back to a plan's
// placeholders for the rest. It implements actions.View.
type liveView struct {
	ctx   context.Context
	run   *caseRun
	reads []string
}

// Reads are the fields that the scenario's expressions read.
func (v *liveView) Reads() []string { return v.reads }

// Container returns the declaration, evaluated.
func (v *liveView) Container(name string) (schema.Container, bool) {
	return v.run.live.Declared(name)
}

// Names lists the declared containers.
func (v *liveView) Names() []string { return v.run.live.Names() }

// System is the one that isolab runs on.
func (v *liveView) System() string { return runtime.GOOS }

// Made reports whether the run has made an image under that reference.
func (v *liveView) Made(image string) bool { return v.run.env.Ledger.Holds("image", image) }

// Runtime is the runtime that the case runs on.
func (v *liveView) Runtime() string {
	if v.run.env.Runtime == nil {
		return ""
	}
	return v.run.env.Runtime.Name()
}

// ContainerName is how a person would call the container.
func (v *liveView) ContainerName(name string) string { return name }

// CgroupVersion is that of this machine.
func (v *liveView) CgroupVersion() string {
	return v.run.session.services.Machine.Describe(v.ctx).Cgroup
}

// Cgroup is the path of the target's cgroup for a controller.
func (v *liveView) Cgroup(target, controller string) string {
	if path, _, ok := v.run.session.services.Locate(v.ctx, v.run.env, target, controller); ok && path != "" {
		return path
	}
	return v.plan().Cgroup(target, controller)
}

// PID is a container's main process on the host.
func (v *liveView) PID(name string) string {
	if _, pid, ok := v.run.session.services.Locate(v.ctx, v.run.env, name, ""); ok && pid != "" {
		return pid
	}
	return v.plan().PID(name)
}

func (v *liveView) plan() planView {
	return planView{system: v.System(), runtime: v.Runtime(), cgroup: v.CgroupVersion()}
}

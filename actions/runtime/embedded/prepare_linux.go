package embedded

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded/child"
)

// prepare opens all that the first process is handed.
func (r *Runtime) prepare(ctx context.Context, rec record, group *cgroup.Group) (*launch, *output, error) {
	config, err := r.imageConfig(ctx, rec.Spec.Image)
	if err != nil {
		return nil, nil, err
	}
	plan, err := r.plan(rec, config, group)
	if err != nil {
		return nil, nil, err
	}
	l, err := newLaunch(rec.Spec.Name)
	if err != nil {
		return nil, nil, err
	}
	out, err := r.openOutput(rec.Spec.Name, l)
	if err == nil {
		err = r.handOver(l, &plan, rec, config, group)
	}
	if err != nil {
		if out != nil {
			out.close()
		}
		l.abandon()
		return nil, nil, err
	}
	plan.Tell = r.observer() != nil
	l.plan = plan
	return l, out, nil
}

// handOver opens what of the host the container will hold.
func (r *Runtime) handOver(l *launch, plan *child.Plan, rec record, config imageConfig, group *cgroup.Group) (err error) {
	l.attr.Sys.Cloneflags = cloneFlags(rec.Spec)
	l.userNamespace(rec.Spec)
	dir, tasks, err := l.enter(group)
	if err != nil {
		return err
	}
	plan.Tasks = tasks
	if dir != nil {
		l.close = append(l.close, dir)
		l.attr.Sys.UseCgroupFD, l.attr.Sys.CgroupFD = true, int(dir.Fd())
	}
	if err := r.shareNamespaces(l, plan, rec.Spec); err != nil {
		return err
	}
	if len(config.Layers) == 0 {
		if err := l.handSource(&plan.Root.Binary, r.options.Executable); err != nil {
			return err
		}
	}
	for i := range plan.Mounts {
		if source := &plan.Mounts[i].Source; source.Path != "" {
			if err := l.handSource(source, source.Path); err != nil {
				return err
			}
		}
	}
	return nil
}

// userBase is the first of the host's user ids that stand for those of a user
// namespace, and userCount how many they are. Nobody else has them: accounts end
// far below, and the ranges of /etc/subuid and systemd (524288 to 1879048191)
// are handed out from the bottom.
const (
	userBase  = 1 << 30
	userCount = 1 << 16
)

// hasUserNS reports whether the container gets a user namespace of its own.
func hasUserNS(spec runtime.Spec) bool { return spec.UserNS == "private" || !isRoot() }

// userNamespace maps the container's users to ones that may do nothing outside,
// and without root its only one to the user that runs this process.
func (l *launch) userNamespace(spec runtime.Spec) {
	sys := l.attr.Sys
	switch {
	case !isRoot():
		sys.Cloneflags |= unix.CLONE_NEWUSER
		sys.UidMappings, sys.GidMappings = selfMapping(os.Geteuid()), selfMapping(os.Getegid())
	case spec.UserNS == "private":
		mapping := []syscall.SysProcIDMap{{ContainerID: 0, HostID: userBase, Size: userCount}}
		sys.Cloneflags |= unix.CLONE_NEWUSER
		sys.UidMappings, sys.GidMappings, sys.GidMappingsEnableSetgroups = mapping, mapping, true
		sys.Credential = &syscall.Credential{}
	}
}

// cloneFlags are the namespaces made anew. The cgroup namespace follows later,
// when the process is in its cgroups: its root is where the process is then.
func cloneFlags(spec runtime.Spec) uintptr {
	flags := uintptr(unix.CLONE_NEWNS)
	for _, ns := range namespaceKinds(spec) {
		if ns.mode == "" {
			flags |= ns.flag
		}
	}
	return flags
}

// namespaceKind is one namespace that can be shared, and whose it is to be.
type namespaceKind struct {
	name string // as in /proc/<pid>/ns
	flag uintptr
	mode string // "" own; "host"; "container:<name>"
}

func namespaceKinds(spec runtime.Spec) []namespaceKind {
	network := spec.Network
	if network == "none" {
		network = ""
	}
	return []namespaceKind{{"pid", unix.CLONE_NEWPID, spec.PIDMode}, {"ipc", unix.CLONE_NEWIPC, spec.IPCMode},
		{"uts", unix.CLONE_NEWUTS, spec.UTSMode}, {"net", unix.CLONE_NEWNET, network}}
}

// shareNamespaces opens those of other containers. A pid namespace is entered by
// the children of a process, so the starting thread joins it, see start.
func (r *Runtime) shareNamespaces(l *launch, plan *child.Plan, spec runtime.Spec) error {
	for _, ns := range namespaceKinds(spec) {
		other, ok := strings.CutPrefix(ns.mode, "container:")
		if !ok {
			continue
		}
		rec, err := r.current(other)
		if err == nil && rec.State != runtime.StateRunning {
			err = runtime.ErrNotRunning
		}
		if err != nil {
			return fmt.Errorf("%s namespace of container %s: %w", ns.name, other, err)
		}
		path := fmt.Sprintf("/proc/%d/ns/%s", rec.Process.PID, ns.name)
		if ns.name == "pid" {
			fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				return &os.PathError{Op: "open", Path: path, Err: err}
			}
			l.pidNS = os.NewFile(uintptr(fd), path)
			l.close = append(l.close, l.pidNS)
			continue
		}
		fd, err := l.handPath(path, unix.O_RDONLY)
		if err != nil {
			return err
		}
		plan.Join = append(plan.Join, child.Namespace{Kind: ns.name, FD: fd})
	}
	return nil
}

func flagNames(flags uintptr) string {
	names := []struct {
		flag uintptr
		name string
	}{{unix.CLONE_NEWUSER, "user"}, {unix.CLONE_NEWPID, "pid"}, {unix.CLONE_NEWNS, "mnt"}, {unix.CLONE_NEWUTS, "uts"},
		{unix.CLONE_NEWIPC, "ipc"}, {unix.CLONE_NEWNET, "net"}}
	var list []string
	for _, n := range names {
		if flags&n.flag != 0 {
			list = append(list, n.name)
		}
	}
	return "new " + strings.Join(list, ", ") + " namespaces"
}

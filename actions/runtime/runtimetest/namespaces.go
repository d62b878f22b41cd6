package runtimetest

import (
	"net"
	"os"
	"strings"

	"isolab/actions/runtime"
)

func namespaceCases() []testCase {
	return []testCase{
		must("own_namespaces", ownNamespaces),
		must("hostname", func(f *fixture) {
			spec := f.spec("hostname")
			spec.Hostname = "isolated"
			equal(f, "hostname", f.output(spec), "isolated")
		}),
		must("hostname_is_the_short_id", shortID),
		must("network_none_has_only_lo", func(f *fixture) {
			equal(f, "interfaces", interfaces(f.output(f.spec("cat", "/proc/net/dev"))), "lo")
		}),
		must("network_host", sharedWithHost("net", func(s *runtime.Spec) { s.Network = "host" })),
		must("pid_host", sharedWithHost("pid", func(s *runtime.Spec) { s.PIDMode = "host" })),
		must("ipc_host", sharedWithHost("ipc", func(s *runtime.Spec) { s.IPCMode = "host" })),
		must("uts_host", sharedWithHost("uts", func(s *runtime.Spec) { s.UTSMode = "host" })),
		must("pid_of_another_container", pidOfAnother),
		may("network_bridge", bridge),
		may("cgroup_private", cgroupPrivate),
		may("user_private", userPrivate),
		may("isolation_sandbox", func(f *fixture) {
			spec := f.spec("true")
			spec.Isolation = "sandbox"
			equal(f, "code", f.run(spec).Code, 0)
		}),
		must("isolation_process", func(f *fixture) {
			spec := f.spec("true")
			spec.Isolation = "process"
			equal(f, "code", f.run(spec).Code, 0)
		}),
		must("isolation_hyperv_is_not_of_linux", func(f *fixture) {
			spec := f.spec("true")
			spec.Isolation = "hyperv"
			_, err := f.rt.Create(f.ctx, spec)
			f.is(err, runtime.ErrUnsupported)
		}),
	}
}

// namespace names one of a process's namespaces, such as pid:[4026531836]
// (namespaces(7)).
func (f *fixture) namespace(pid int, kind string) string {
	f.Helper()
	link, err := os.Readlink(procPath(pid, "ns/"+kind))
	if err != nil {
		f.Skipf("the host does not see process %d: %v", pid, err)
	}
	return link
}

func ownNamespaces(f *fixture) {
	pid := f.inspect(f.start(f.spec("sleep", "60"))).PID
	for _, kind := range []string{"pid", "mnt", "uts", "ipc", "net"} {
		if f.namespace(pid, kind) == f.namespace(os.Getpid(), kind) {
			f.Errorf("%s namespace is the host's", kind)
		}
	}
}

func sharedWithHost(kind string, ask func(*runtime.Spec)) func(*fixture) {
	return func(f *fixture) {
		spec := f.spec("sleep", "60")
		ask(&spec)
		pid := f.inspect(f.start(spec)).PID
		equal(f, kind+" namespace", f.namespace(pid, kind), f.namespace(os.Getpid(), kind))
	}
}

func pidOfAnother(f *fixture) {
	first := f.start(f.spec("sleep", "60"))
	spec := f.spec("sleep", "60")
	spec.PIDMode = "container:" + first
	second := f.start(spec)
	equal(f, "pid namespace", f.namespace(f.inspect(second).PID, "pid"), f.namespace(f.inspect(first).PID, "pid"))
}

func shortID(f *fixture) {
	spec := f.spec("hostname")
	made, err := f.rt.Create(f.ctx, spec)
	f.check(err)
	f.check(f.rt.Start(f.ctx, spec.Name))
	equal(f, "hostname", strings.TrimSpace(f.wait(spec.Name).stdout), made.ID[:12])
}

// interfaces are the names in /proc/net/dev, behind two lines of headings.
func interfaces(text string) string {
	var names []string
	for line := range strings.Lines(text) {
		if name, _, ok := strings.Cut(line, ":"); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return strings.Join(names, " ")
}

func bridge(f *fixture) {
	spec := f.spec("sleep", "60")
	spec.Network = "bridge"
	name := f.start(spec)
	found := interfaces(f.exec(name, runtime.ExecSpec{Command: []string{"cat", "/proc/net/dev"}}))
	if !strings.Contains(found, "eth0") {
		f.Errorf("interfaces: %s", found)
	}
	if net.ParseIP(f.inspect(name).IP) == nil {
		f.Errorf("address is %q", f.inspect(name).IP)
	}
}

// cgroupPrivate: in a cgroup namespace of its own a process is at the root
// (cgroup_namespaces(7)).
func cgroupPrivate(f *fixture) {
	spec := f.spec("cat", "/proc/self/cgroup")
	spec.CgroupNS = "private"
	for line := range strings.Lines(f.output(spec)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) == 3 && (strings.Contains(parts[1], "memory") || parts[0] == "0") && parts[2] != "/" {
			f.Errorf("cgroup is %q", line)
		}
	}
}

// userPrivate: root inside is nobody in particular outside (user_namespaces(7)).
func userPrivate(f *fixture) {
	spec := f.spec("sleep", "60")
	spec.UserNS = "private"
	name := f.start(spec)
	equal(f, "uid inside", f.exec(name, runtime.ExecSpec{Command: []string{"id", "-u"}}), "0")
	if uids := strings.Fields(field(f.status(f.inspect(name).PID), "Uid")); len(uids) == 0 || uids[0] == "0" {
		f.Errorf("uid outside is %q", uids)
	}
}

package runtimetest

import (
	"os"
	"strings"

	"isolab/actions/runtime"
)

// Docker's default set of 14 capabilities, as CapEff of /proc/<pid>/status shows
// it (capabilities(7)).
const defaultCaps = "00000000a80425fb"

// denyMkdir is a seccomp profile that lets all through but mkdir(2).
const denyMkdir = `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
	{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}`

func securityCases() []testCase {
	return []testCase{
		must("default_capabilities", statusLine("CapEff", defaultCaps, nil)),
		must("drop_all", statusLine("CapEff", "0000000000000000", func(s *runtime.Security) { s.CapDrop = []string{"ALL"} })),
		must("drop_one", statusLine("CapEff", "00000000a80425fa", func(s *runtime.Security) { s.CapDrop = []string{"CHOWN"} })),
		must("add_one", statusLine("CapEff", "00000000aa0425fb", func(s *runtime.Security) { s.CapAdd = []string{"CAP_SYS_TIME"} })),
		must("drop_all_but_one", statusLine("CapEff", "0000000000000400", func(s *runtime.Security) {
			s.CapDrop, s.CapAdd = []string{"ALL"}, []string{"NET_BIND_SERVICE"}
		})),
		must("capabilities_of_a_user", userCaps),
		must("capabilities_of_exec", execCaps),
		must("privileged", privileged),
		must("new_privileges_by_default", statusLine("NoNewPrivs", "0", nil)),
		must("no_new_privileges", statusLine("NoNewPrivs", "1", func(s *runtime.Security) { s.NoNewPrivileges = true })),
		must("seccomp_default", statusLine("Seccomp", "2", nil)),
		must("seccomp_unconfined", statusLine("Seccomp", "0", func(s *runtime.Security) { s.Seccomp = "unconfined" })),
		must("seccomp_profile", seccompProfile),
		must("seccomp_of_exec", func(f *fixture) {
			name := f.start(f.spec("sleep", "60"))
			equal(f, "Seccomp", field(f.exec(name, runtime.ExecSpec{Command: []string{"cat", "/proc/self/status"}}), "Seccomp"), "2")
		}),
		must("masked_paths", masked),
		must("sysctls_are_read_only", func(f *fixture) {
			e := f.run(f.spec("sh", "-c", "echo 1 > /proc/sys/kernel/panic"))
			if e.Code == 0 {
				f.Error("a container may write to /proc/sys")
			}
		}),
	}
}

// statusLine claims one line of /proc/self/status.
func statusLine(name, want string, ask func(*runtime.Security)) func(*fixture) {
	return func(f *fixture) {
		spec := f.spec("cat", "/proc/self/status")
		if ask != nil {
			ask(&spec.Security)
		}
		equal(f, name, field(f.output(spec), name), want)
	}
}

// userCaps: without root there is nothing in the effective set, and the bounding
// set is what root may have.
func userCaps(f *fixture) {
	spec := f.spec("cat", "/proc/self/status")
	spec.User = "1000"
	status := f.output(spec)
	equal(f, "CapEff", field(status, "CapEff"), "0000000000000000")
	equal(f, "CapBnd", field(status, "CapBnd"), defaultCaps)
}

func execCaps(f *fixture) {
	spec := f.spec("sleep", "60")
	spec.Security.CapDrop = []string{"ALL"}
	status := f.exec(f.start(spec), runtime.ExecSpec{Command: []string{"cat", "/proc/self/status"}})
	equal(f, "CapEff", field(status, "CapEff"), "0000000000000000")
}

// masked: what would tell of the host reads as empty. Not every kernel has each of
// these files.
func masked(f *fixture) {
	for _, path := range []string{"/proc/keys", "/proc/timer_list", "/proc/kcore"} {
		if _, err := os.Stat(path); err == nil {
			equal(f, path, f.output(f.spec("cat", path)), "")
			return
		}
	}
	f.Skip("this kernel has none of the files that are masked")
}

// privileged gives all that the runtime itself has; inside a container or a
// virtual machine that can be less than all.
func privileged(f *fixture) {
	const all = "1ffffffffff" // up to CAP_CHECKPOINT_RESTORE, the 41st
	if self, err := os.ReadFile("/proc/self/status"); err == nil && !strings.HasSuffix(field(string(self), "CapBnd"), all) {
		f.Skipf("this process may not hand on all capabilities: CapBnd is %s", field(string(self), "CapBnd"))
	}
	spec := f.spec("cat", "/proc/self/status")
	spec.Security.Privileged = true
	status := f.output(spec)
	equal(f, "Seccomp", field(status, "Seccomp"), "0")
	if caps := field(status, "CapEff"); !strings.HasSuffix(caps, "ffffffff") {
		f.Errorf("CapEff is %s", caps)
	}
}

func seccompProfile(f *fixture) {
	spec := f.spec("mkdir", "/tmp/x")
	spec.Security.Seccomp = denyMkdir
	e := f.run(spec)
	if e.Code == 0 || !strings.Contains(e.stderr, "Operation not permitted") {
		f.Errorf("mkdir ended with %d: %s", e.Code, e.stderr)
	}
}

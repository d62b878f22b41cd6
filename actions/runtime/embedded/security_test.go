//go:build linux

package embedded_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"isolab/actions/runtime"
	"isolab/actions/workload"
)

func TestSecurity_environmentIsExactlyWhatWasAskedFor(t *testing.T) {
	got := strings.Split(output(t, newRuntime(t), runtime.Spec{Command: inside("env"), Env: []string{"A=1", "PATH=/bin:/x"}, Hostname: "h"}), "\n")
	slices.Sort(got)
	if want := []string{"A=1", "HOME=/root", "HOSTNAME=h", "PATH=/bin:/x"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// No file of the host is handed in: three standard streams, and the directory
// that is being read.
func TestSecurity_noDescriptorLeaks(t *testing.T) {
	rt := newRuntime(t)
	if got := strings.Fields(output(t, rt, runtime.Spec{Command: inside("fds")})); len(got) != 3 {
		t.Errorf("descriptors of the command: %q", got)
	}
	container := start(t, rt, runtime.Spec{Command: inside("sleep", "60")})
	var out bytes.Buffer
	if result, err := rt.Exec(bounded(t), container, runtime.ExecSpec{Command: inside("fds"), Stdout: &out}); err != nil || result.Code != 0 {
		t.Fatal(result, err)
	}
	if got := strings.Fields(out.String()); len(got) != 3 {
		t.Errorf("descriptors of a further command: %q", got)
	}
}

func TestSecurity_seccompBlocksUserNamespaces(t *testing.T) {
	rt := newRuntime(t)
	exit, stdout, _ := run(t, rt, runtime.Spec{Command: inside("unshare")})
	if exit.Code != 1 || !strings.Contains(stdout, unix.EPERM.Error()) {
		t.Errorf("%+v %q", exit, stdout)
	}
	exit, stdout, _ = run(t, rt, runtime.Spec{Command: inside("unshare"), Security: runtime.Security{Seccomp: "unconfined"}})
	if strings.Contains(stdout, unix.EPERM.Error()) {
		t.Errorf("unconfined: %+v %q", exit, stdout)
	}
}

// CAP_MKNOD is one of Docker's default capabilities, but what it makes opens no
// device anywhere.
func TestSecurity_madeDevicesDoNotWork(t *testing.T) {
	rt := newRuntime(t)
	for _, path := range []string{"/null", "/dev/zero2", "/tmp/null", "/dev/shm/null", "/scratch/null", "/volume/null"} {
		exit, stdout, stderr := run(t, rt, runtime.Spec{Command: inside("mknod", path), Mounts: []runtime.Mount{
			{Kind: runtime.MountTmpfs, Target: "/scratch"}, {Kind: runtime.MountVolume, Source: "v", Target: "/volume"}}})
		if exit.Code == 0 || !strings.Contains(stdout, "permission denied") {
			t.Errorf("%s: %+v %q %q", path, exit, stdout, stderr)
		}
	}
}

func TestSecurity_theProgramCannotBeChangedFromInside(t *testing.T) {
	exit, _, stderr := run(t, newRuntime(t), runtime.Spec{Command: inside("write", workload.Binary, "x")})
	if exit.Code == 0 || !strings.Contains(stderr, "read-only") && !strings.Contains(stderr, "text file busy") {
		t.Errorf("%+v %q", exit, stderr)
	}
}

func TestSecurity_maskedAndReadOnlyPaths(t *testing.T) {
	rt := newRuntime(t)
	for _, path := range []string{"/proc/kcore", "/proc/keys", "/proc/timer_list"} {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		if got := output(t, rt, runtime.Spec{Command: inside("cat", path)}); got != "" {
			t.Errorf("%s reads %q", path, got)
		}
	}
	if got := output(t, rt, runtime.Spec{Command: inside("ls", "/sys/firmware")}); got != "" {
		t.Errorf("/sys/firmware has %q", got)
	}
	for _, path := range []string{"/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/sys/kernel/profiling", "/sys/fs/cgroup/new", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if exit, _, stderr := run(t, rt, runtime.Spec{Command: inside("write", path, "1")}); exit.Code == 0 || !strings.Contains(stderr, "read-only") && !strings.Contains(stderr, "no such file") {
			t.Errorf("%s: %+v %q", path, exit, stderr)
		}
	}
}

func TestSecurity_privileged(t *testing.T) {
	rt := newRuntime(t)
	spec := runtime.Spec{Command: inside("cat", "/proc/self/status"), Security: runtime.Security{Privileged: true}}
	status := output(t, rt, spec)
	self := read(t, "/proc/self/status")
	for _, key := range []string{"CapBnd"} {
		if got, want := line(status, key), line(self, key); got != want {
			t.Errorf("%s inside is %q, outside %q", key, got, want)
		}
	}
	if got := line(status, "Seccomp"); got != "0" {
		t.Errorf("Seccomp is %s", got)
	}
	spec.Command = inside("mknod", "/dev/null2")
	if exit, stdout, _ := run(t, rt, spec); exit.Code != 0 {
		t.Errorf("mknod: %+v %s", exit, stdout)
	}
}

func line(status, key string) string {
	for l := range strings.Lines(status) {
		if value, ok := strings.CutPrefix(l, key+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// In a user namespace of its own root is nobody outside, for the main process
// and for a further command, and owns its files all the same.
func TestSecurity_userNamespace(t *testing.T) {
	rt := newRuntime(t)
	container := start(t, rt, runtime.Spec{Command: inside("sleep", "60"), UserNS: "private",
		Mounts: []runtime.Mount{{Kind: runtime.MountVolume, Source: "v", Target: "/v"}}})
	i, err := rt.Inspect(bounded(t), container)
	if err != nil {
		t.Fatal(err)
	}
	if uid := line(read(t, filepath.Join("/proc", itoa(i.PID), "status")), "Uid"); !strings.HasPrefix(uid, "1073741824\t") {
		t.Errorf("uid outside is %q", uid)
	}
	for _, path := range []string{"/v/file", "/file", "/tmp/file"} {
		var out bytes.Buffer
		result, err := rt.Exec(bounded(t), container, runtime.ExecSpec{Command: inside("write", path, "x"), Stderr: &out})
		if err != nil || result.Code != 0 {
			t.Errorf("%s: %+v, %v %s", path, result, err, out.String())
		}
	}
	var out bytes.Buffer
	result, err := rt.Exec(bounded(t), container, runtime.ExecSpec{Command: inside("cat", "/proc/self/uid_map"), Stdout: &out})
	if err != nil || result.Code != 0 || strings.Join(strings.Fields(out.String()), " ") != "0 1073741824 65536" {
		t.Errorf("%+v, %v %q", result, err, out.String())
	}
}

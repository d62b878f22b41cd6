//go:build linux

package embedded_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded"
	"isolab/schema/unit"
)

// What is done to make a container is told in the order of the kernel's doing.
func TestObserve_tellsInOrder(t *testing.T) {
	rt := newRuntime(t)
	var mu sync.Mutex
	var told []string
	rt.Observe(func(name, did string) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, did)
	})
	memory := 64 * unit.MiB
	run(t, rt, runtime.Spec{Command: inside("exit", "0"), Limits: runtime.Limits{Memory: &memory}})
	mu.Lock()
	defer mu.Unlock()
	at := 0
	for _, want := range []string{"mkdir cgroup", "set limits", "clone with new pid, mnt, uts, ipc, net namespaces", "make every mount private",
		"set hostname", "bring up lo", "mount overlay", "pivot_root", "mount proc on /proc", "bind devices", "mask /proc",
		"unshare cgroup namespace", "drop the bounding set to 14 capabilities", "install a seccomp filter", "become uid 0", "drop to 14 capabilities", "execve [", "ended: exit code 0"} {
		i := slices.IndexFunc(told[at:], func(did string) bool { return strings.HasPrefix(did, want) })
		if i < 0 {
			t.Fatalf("%q was not told after %q:\n%s", want, told[:at], strings.Join(told, "\n"))
		}
		at += i + 1
	}
}

// Without overlayfs the image is copied, and all looks the same.
func TestOptions_noOverlay(t *testing.T) {
	newRuntime(t) // skips where containers cannot run
	rt, err := embedded.New(embedded.Options{StateDir: t.TempDir(), DataDir: t.TempDir(), Executable: executable, NoOverlay: true})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/": "tmpfs", "/dev/shm": "tmpfs", "/proc": "proc"} {
		if got := mountType(output(t, rt, runtime.Spec{Command: inside("cat", "/proc/self/mounts")}), path); got != want {
			t.Errorf("%s is a %s, want %s", path, got, want)
		}
	}
	if exit, _, stderr := run(t, rt, runtime.Spec{Command: inside("write", "/etc/new", "x")}); exit.Code != 0 {
		t.Error(stderr)
	}
}

func mountType(mounts, target string) string {
	kind := ""
	for l := range strings.Lines(mounts) {
		if fields := strings.Fields(l); len(fields) > 2 && fields[1] == target {
			kind = fields[2]
		}
	}
	return kind
}

func TestRun_cgroupNamespaceOfTheHost(t *testing.T) {
	rt := newRuntime(t)
	container := name()
	got := output(t, rt, runtime.Spec{Name: container, CgroupNS: "host", Command: inside("cat", "/proc/self/cgroup")})
	if !strings.Contains(got, "memory:/isolab-test-"+container+"/"+container) && !strings.Contains(got, "0::/isolab-test-"+container) {
		t.Errorf("cgroups are\n%s", got)
	}
	if got := output(t, rt, runtime.Spec{CgroupNS: "host", Command: inside("ls", "/sys/fs/cgroup")}); got == "" {
		t.Error("/sys/fs/cgroup is empty")
	}
}

func TestRun_sharesNamespacesOfAContainer(t *testing.T) {
	rt := newRuntime(t)
	first := start(t, rt, runtime.Spec{Command: inside("sleep", "60")})
	want := links(t, rt, first)
	second := start(t, rt, runtime.Spec{Command: inside("sleep", "61"), PIDMode: "container:" + first, IPCMode: "container:" + first})
	got := links(t, rt, second)
	for _, kind := range []string{"pid", "ipc"} {
		if got[kind] != want[kind] {
			t.Errorf("%s namespace is %s, want %s", kind, got[kind], want[kind])
		}
	}
	for _, kind := range []string{"mnt", "net", "uts"} {
		if got[kind] == want[kind] {
			t.Errorf("%s namespace is shared", kind)
		}
	}
	var out bytes.Buffer
	if _, err := rt.Exec(bounded(t), second, runtime.ExecSpec{Command: inside("cat", "/proc/1/cmdline"), Stdout: &out}); err != nil || !strings.Contains(out.String(), "\x0060\x00") {
		t.Errorf("process 1 is %q, %v", out.String(), err)
	}
	// When the first one ends, the kernel ends its pid namespace with it.
	if err := rt.Remove(bounded(t), first); err != nil {
		t.Fatal(err)
	}
	if exit, err := rt.Wait(bounded(t), second); err != nil || exit.Signal != 9 {
		t.Errorf("%+v, %v", exit, err)
	}
}

func links(t *testing.T, rt runtime.Runtime, container string) map[string]string {
	t.Helper()
	i, err := rt.Inspect(bounded(t), container)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, kind := range []string{"pid", "ipc", "mnt", "net", "uts"} {
		if all[kind], err = os.Readlink(filepath.Join("/proc", itoa(i.PID), "ns", kind)); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestCreate_sysctlsOfTheHostAreRefused(t *testing.T) {
	rt := newRuntime(t)
	for _, spec := range []runtime.Spec{
		{Sysctls: map[string]string{"vm.overcommit_memory": "1"}},
		{Sysctls: map[string]string{"kernel.panic": "1"}},
		{Sysctls: map[string]string{"net.ipv4.ip_forward": "1"}, Network: "host"},
		{Sysctls: map[string]string{"kernel.shmmni": "100"}, IPCMode: "host"},
		{Sysctls: map[string]string{"net./../kernel/panic": "1"}},
	} {
		spec.Name, spec.Image, spec.Command = name(), "workload", inside("exit", "0")
		if _, err := rt.Create(bounded(t), spec); err == nil || !strings.Contains(err.Error(), "sysctl") {
			t.Errorf("%v: %v", spec.Sysctls, err)
			_ = rt.Remove(bounded(t), spec.Name)
		}
	}
	got := output(t, rt, runtime.Spec{Command: inside("cat", "/proc/sys/net/ipv4/ip_default_ttl"), Sysctls: map[string]string{"net.ipv4.ip_default_ttl": "77"}})
	if got != "77" {
		t.Errorf("net.ipv4.ip_default_ttl is %s", got)
	}
}

// Names of volumes and runs become directories, whatever is in them.
func TestVolume_namesStayInside(t *testing.T) {
	newRuntime(t)
	data := t.TempDir()
	if err := os.Chmod(filepath.Dir(data), 0o755); err != nil {
		t.Fatal(err)
	}
	rt, err := embedded.New(embedded.Options{StateDir: t.TempDir(), DataDir: filepath.Join(data, "in"), Executable: executable})
	if err != nil {
		t.Fatal(err)
	}
	for _, hostile := range []string{"..", ".", "../../x", "/etc", "a/b", "x\ny"} {
		output(t, rt, runtime.Spec{Command: inside("write", "/v/file", "x"), Labels: map[string]string{"isolab.run": hostile},
			Mounts: []runtime.Mount{{Kind: runtime.MountVolume, Source: hostile, Target: "/v"}}})
	}
	entries, err := os.ReadDir(data)
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the data: %v, %v", entries, err)
	}
	if _, err := os.Stat(filepath.Join(data, "in", "file")); err == nil {
		t.Error("a volume was the data directory itself")
	}
}

// A fresh runtime in another process sees, waits for and stops what this one
// started; here it is another value with the same directories.
func TestSecondRuntime(t *testing.T) {
	newRuntime(t)
	options := embedded.Options{StateDir: t.TempDir(), DataDir: t.TempDir(), Executable: executable}
	first, err := embedded.New(options)
	if err != nil {
		t.Fatal(err)
	}
	second, err := embedded.New(options)
	if err != nil {
		t.Fatal(err)
	}
	container := start(t, first, runtime.Spec{Command: inside("term"), Labels: map[string]string{"k": "v"}})
	printed(t, second, container, "ready\n")
	i, err := second.Inspect(bounded(t), container)
	if err != nil || i.State != runtime.StateRunning || i.PID == 0 {
		t.Errorf("%+v, %v", i, err)
	}
	if names, err := second.List(bounded(t), "k", "v"); err != nil || !slices.Equal(names, []string{container}) {
		t.Errorf("%v, %v", names, err)
	}
	if err := second.Stop(bounded(t), container, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if exit, err := second.Wait(bounded(t), container); err != nil || exit.Code != 7 {
		t.Errorf("%+v, %v", exit, err)
	}
}

// A created container that was made by a process which is gone can be started.
func TestStart_createdByAnotherProcess(t *testing.T) {
	newRuntime(t)
	options := embedded.Options{StateDir: t.TempDir(), DataDir: t.TempDir(), Executable: executable}
	first, err := embedded.New(options)
	if err != nil {
		t.Fatal(err)
	}
	container := create(t, first, runtime.Spec{Command: inside("exit", "4")})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := embedded.New(options)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(bounded(t), container); err != nil {
		t.Fatal(err)
	}
	if exit, err := second.Wait(bounded(t), container); err != nil || exit.Code != 4 {
		t.Errorf("%+v, %v", exit, err)
	}
}

// A file system that overlayfs cannot write to is no reason to fail: here an
// overlay itself, as the root of a container is.
func TestCreate_dataOnAFileSystemWithoutOverlay(t *testing.T) {
	newRuntime(t)
	dir := t.TempDir()
	for _, sub := range []string{"lower", "upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	merged := filepath.Join(dir, "merged")
	options := "volatile,lowerdir=" + dir + "/lower,upperdir=" + dir + "/upper,workdir=" + dir + "/work"
	if err := unix.Mount("overlay", merged, "overlay", 0, options); err != nil {
		t.Skip("cannot mount overlay: ", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(merged, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	rt, err := embedded.New(embedded.Options{StateDir: t.TempDir(), DataDir: merged, Executable: executable})
	if err != nil {
		t.Fatal(err)
	}
	if got := mountType(output(t, rt, runtime.Spec{Command: inside("cat", "/proc/self/mounts")}), "/"); got != "tmpfs" {
		t.Errorf("/ is a %s", got)
	}
}

// Whoever waits while a container is started again does not get the earlier exit.
func TestWait_duringARestart(t *testing.T) {
	rt := newRuntime(t)
	container := start(t, rt, runtime.Spec{Command: inside("sleep", "60")})
	if err := rt.Signal(bounded(t), container, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := rt.Wait(bounded(t), container); err != nil {
		t.Fatal(err)
	}
	waited := errors.New("the command was not executed")
	rt.Observe(func(_, did string) {
		if strings.HasPrefix(did, "execve") {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, waited = rt.Wait(ctx, container)
		}
	})
	if err := rt.Start(bounded(t), container); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(waited, context.DeadlineExceeded) {
		t.Errorf("Wait did not wait: %v", waited)
	}
}

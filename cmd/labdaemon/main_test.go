//go:build linux

package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"isolab/actions/kernel/cgroup"
	"isolab/schema/testenv"
)

// mainEnv makes the test binary the command itself.
const mainEnv = "LABDAEMON_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(roleEnv) != "" || os.Getenv(mainEnv) != "" {
		os.Unsetenv(mainEnv)
		main()
		return
	}
	os.Exit(m.Run())
}

// labdaemon is the command with a script as its command, and a directory of its own.
func labdaemon(t *testing.T, script string, flags ...string) (*exec.Cmd, string) {
	t.Helper()
	testenv.Need(t, testenv.Root, testenv.Tool("dockerd", "docker.io"))
	parent, err := os.MkdirTemp("", "lab") // a short path
	if err != nil {
		t.Fatal(err)
	}
	flags = append([]string{"-dir", parent}, flags...)
	cmd := exec.Command(os.Args[0], append(flags, "--", "sh", "-c", script)...)
	cmd.Env = append(os.Environ(), mainEnv+"=1")
	t.Cleanup(func() {
		sweep(parent)
		os.Remove(parent)
	})
	return cmd, parent
}

// nothing fails the test when something of a lab is left.
func nothing(t *testing.T, parent, name string) {
	t.Helper()
	if dirs, _ := filepath.Glob(filepath.Join(parent, prefix+"*")); len(dirs) > 0 {
		t.Errorf("directories: %q", dirs)
	}
	host, err := cgroup.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	if groups, _ := host.Names(name); len(groups) > 0 {
		t.Errorf("cgroups: %q", groups)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || strings.Contains(string(mounts), parent) {
		t.Errorf("mounts below %s, %v", parent, err)
	}
}

func TestACommandBesideADaemon(t *testing.T) {
	cmd, parent := labdaemon(t, `echo "$DOCKER_HOST"; test -S "${DOCKER_HOST#unix://}" && exit 7`)
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() != 7 {
		t.Fatalf("%v, exit code %d: %s", err, cmd.ProcessState.ExitCode(), out)
	}
	name := filepath.Base(filepath.Dir(strings.TrimSpace(string(out))))
	if !strings.HasPrefix(name, prefix) {
		t.Errorf("DOCKER_HOST was %s", out)
	}
	nothing(t, parent, name)
}

func TestTheCommandSharesTheDaemonsNetwork(t *testing.T) {
	cmd, _ := labdaemon(t, `cat /proc/net/dev; readlink /proc/self/ns/net`)
	out, err := cmd.CombinedOutput()
	own, _ := os.Readlink("/proc/self/ns/net")
	if err != nil || strings.Contains(string(out), own) || !strings.Contains(string(out), "docker0:") {
		t.Errorf("%v, the machine's is %s: %s", err, own, out)
	}
}

func TestADaemonThatDoesNotStart(t *testing.T) {
	cmd, parent := labdaemon(t, "exit 0", "-storage", "no-such-driver")
	out, _ := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != noDaemon || !strings.Contains(string(out), "no-such-driver") {
		t.Errorf("exit code %d: %s", cmd.ProcessState.ExitCode(), out)
	}
	nothing(t, parent, prefix)
}

func TestTooLongAPath(t *testing.T) {
	testenv.Need(t, testenv.Root)
	long := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	if err := os.Mkdir(long, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := newLab(settings{parent: long}); err == nil || !strings.Contains(err.Error(), "-dir") {
		t.Errorf("%v", err)
	}
	if entries, _ := os.ReadDir(long); len(entries) > 0 {
		t.Errorf("left %v", entries)
	}
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"-runtime", "runsc"}, {"-runtime", "runsc=/no/such", "true"}} {
		cmd := exec.Command(os.Args[0], args...)
		cmd.Env = append(os.Environ(), mainEnv+"=1")
		if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 2 {
			t.Errorf("%q: exit code %d: %s", args, cmd.ProcessState.ExitCode(), out)
		}
	}
}

// TestKilled kills the front, the keeper, or both with SIGKILL while a container
// runs: the other one, or the next labdaemon, cleans up.
func TestKilled(t *testing.T) {
	testenv.Need(t, testenv.Docker, testenv.Tool("busybox", "busybox-static"))
	for _, who := range []string{"front", "keeper", "both"} {
		t.Run(who, func(t *testing.T) { killed(t, who) })
	}
}

func killed(t *testing.T, who string) {
	image := busyboxImage(t)
	ready := filepath.Join(t.TempDir(), "ready")
	cmd, parent := labdaemon(t, fmt.Sprintf(
		`docker import %s box >/dev/null && docker run -d --network none box /busybox sleep 1000 >/dev/null && echo "$DOCKER_HOST" > %s && exec sleep 30`, image, ready))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	socket := await(t, ready)
	name := filepath.Base(filepath.Dir(socket))
	if who != "front" {
		kill(t, keeperOf(t, cmd.Process.Pid))
	}
	if who != "keeper" {
		kill(t, cmd.Process.Pid)
	} else {
		kill(t, childOf(t, cmd.Process.Pid, "sleep")) // and the command ends
	}
	_ = cmd.Wait()
	if who == "both" {
		if host, err := cgroup.Open("/"); err != nil {
			t.Fatal(err)
		} else if groups, _ := host.Names(name); len(groups) == 0 {
			t.Error("nothing was left to sweep: the test shows nothing")
		}
	}
	for range 300 {
		if who == "both" {
			sweep(parent) // not before the killed keeper is gone, and its lock with it
		}
		if dirs, _ := filepath.Glob(filepath.Join(parent, prefix+"*")); len(dirs) == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond) // the keeper is nobody's child that could be waited for
	}
	nothing(t, parent, name)
}

// busyboxImage is a tarball with one static program.
func busyboxImage(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	archive := tar.NewWriter(&text)
	if err := archive.WriteHeader(&tar.Header{Name: "busybox", Mode: 0o755, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	archive.Write(content)
	archive.Close()
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// await returns what a file holds once it is there.
func await(t *testing.T, path string) string {
	t.Helper()
	for range 600 {
		if text, err := os.ReadFile(path); err == nil && len(text) > 0 {
			return strings.TrimSpace(string(text))
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the command did not come that far")
	return ""
}

func keeperOf(t *testing.T, front int) int {
	t.Helper()
	return childOf(t, front, filepath.Base(os.Args[0]))
}

// childOf finds a child by its program's name, as /proc/<pid>/cmdline has it: the
// keeper is started as /proc/self/exe.
func childOf(t *testing.T, parent int, program string) int {
	t.Helper()
	children, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	for _, file := range children {
		text, _ := os.ReadFile(file)
		for _, word := range strings.Fields(string(text)) {
			exe, _ := os.Readlink("/proc/" + word + "/exe")
			pid, _ := strconv.Atoi(word)
			if line, _ := os.ReadFile("/proc/" + word + "/cmdline"); strings.HasPrefix(string(line), program+"\x00") || filepath.Base(exe) == program {
				return pid
			}
		}
	}
	t.Fatalf("process %d has no child %s", parent, program)
	return 0
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestShimSockets(t *testing.T) {
	dir := t.TempDir()
	l := &lab{dir: dir}
	for file, text := range map[string]string{
		"exec/containerd/daemon/io.containerd.runtime.v2.task/moby/old/address":        "unix:///run/containerd/s/old",
		"exec/containerd/daemon/io.containerd.runtime.v2.task/moby/new/bootstrap.json": `{"version":3,"address":"unix:///run/containerd/s/new","protocol":"ttrpc"}`,
		"exec/containerd/daemon/io.containerd.runtime.v2.task/moby/bad/bootstrap.json": `{`,
		"exec/containerd/daemon/io.containerd.runtime.v2.task/moby/odd/address":        "unix://relative",
	} {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(l.shimSockets(), " "); got != "/run/containerd/s/old /run/containerd/s/new" {
		t.Errorf("sockets %s", got)
	}
}

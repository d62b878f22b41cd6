package docker_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
	"isolab/actions/runtime/docker"
	"isolab/schema/testenv"
)

// private is a Docker daemon of the test's own: with its own data, socket and
// cgroups, and in a network namespace of its own, because a daemon without a
// bridge removes docker0 where it runs.
type private struct {
	dir, parent string
	command     *exec.Cmd
}

func privateDaemon(t *testing.T) *private {
	testenv.Need(t, testenv.Root, testenv.Docker, testenv.Tool("dockerd", "docker.io"), testenv.Tool("unshare", "util-linux"))
	if testing.Short() {
		t.Skip("starts a daemon")
	}
	dir, err := os.MkdirTemp("", "dockerd")
	if err != nil {
		t.Fatal(err)
	}
	d := &private{dir: dir, parent: "isolab-dockerd-" + nonce()}
	t.Cleanup(func() { d.remove(t) })
	d.start(t)
	return d
}

func (d *private) host() string { return "unix://" + filepath.Join(d.dir, "d.sock") }

// config is an empty file: the machine's own would contradict the flags.
func (d *private) config(t *testing.T) string {
	t.Helper()
	path := filepath.Join(d.dir, "daemon.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// start runs dockerd until its socket answers.
func (d *private) start(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(d.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	d.command = exec.Command("unshare", "--net", "dockerd", "--config-file", d.config(t), "--host", d.host(), "--data-root", filepath.Join(d.dir, "data"),
		"--exec-root", filepath.Join(d.dir, "exec"), "--pidfile", filepath.Join(d.dir, "pid"), "--storage-driver", "vfs",
		"--cgroup-parent", "/"+d.parent, "--bridge=none", "--iptables=false", "--ip6tables=false")
	d.command.Stdout, d.command.Stderr = log, log
	d.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := d.command.Start(); err != nil {
		t.Fatal(err)
	}
	r, err := docker.New(docker.Options{Host: d.host()})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for end := time.Now().Add(30 * time.Second); ; {
		if _, err = r.Info(background(t)); err == nil {
			return
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(filepath.Join(d.dir, "log"))
			t.Fatalf("the daemon does not come up: %v\n%s", err, text)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// crash kills the daemon and its containerd, which would not outlive it for long;
// containers run on. A containerd that has ended and that nobody has reaped would
// count as running for the next daemon, were it not for the pid file.
func (d *private) crash(t *testing.T) {
	t.Helper()
	if err := d.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = d.command.Wait()
	d.kill(t, "containerd --config")
	_ = os.Remove(filepath.Join(d.dir, "exec/containerd/containerd.pid"))
}

// kill ends the processes that were started with the daemon's own directory in
// their command line, which is in nobody else's.
func (d *private) kill(t *testing.T, prefix string) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		text, _ := os.ReadFile(path)
		line := strings.ReplaceAll(string(text), "\x00", " ")
		if strings.Contains(line, d.dir) && strings.HasPrefix(line, prefix) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// remove ends the daemon in order, and its containerd with it, and then whatever
// a failed test has left.
func (d *private) remove(t *testing.T) {
	if d.command.ProcessState == nil {
		_ = d.command.Process.Signal(syscall.SIGTERM)
		_ = d.command.Wait()
	}
	host, err := cgroup.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	group, err := host.Group(d.parent)
	if err != nil {
		t.Fatal(err)
	}
	if group.Exists() {
		if err := errors.Join(group.Kill(background(t)), group.Remove(background(t))); err != nil {
			t.Error(err)
		}
	}
	d.kill(t, "")
	d.unmount(t)
	if err := os.RemoveAll(d.dir); err != nil {
		t.Error(err)
	}
}

// unmount lets go of all mounts below the daemon's directory, the innermost first.
func (d *private) unmount(t *testing.T) {
	mounts, err := mountinfo.GetMounts(mountinfo.PrefixFilter(d.dir))
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(mounts)
	for _, m := range mounts {
		if err := unix.Unmount(m.Mountpoint, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}
}

// When the daemon is killed in the middle of a run, whoever waits learns it at
// once, the container runs on, and can be removed when the daemon is back.
func TestDaemonIsKilled(t *testing.T) {
	d := privateDaemon(t)
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	r, err := docker.New(docker.Options{Host: d.host(), Executable: path})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	resolved(t, r)
	ctx, name := background(t), "isolab-docker-test-"+nonce()
	_, err = r.Create(ctx, runtime.Spec{Name: name, Image: "workload", Command: []string{"sleep", "120"}})
	if err == nil {
		err = r.Start(ctx, name)
	}
	if err != nil {
		t.Fatal(err)
	}
	before, err := r.Inspect(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	waited, execed := make(chan error, 1), make(chan error, 1)
	go func() { _, err := r.Wait(ctx, name); waited <- err }()
	go func() {
		_, err := r.Exec(ctx, name, runtime.ExecSpec{Command: []string{"sleep", "120"}})
		execed <- err
	}()
	untilTwo(ctx, t, r, name)
	d.crash(t)
	for what, failed := range map[string]chan error{"wait": waited, "exec": execed} {
		if err := <-failed; !errors.Is(err, runtime.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := r.Remove(ctx, name); !errors.Is(err, runtime.ErrUnavailable) {
		t.Errorf("remove without a daemon: %v", err)
	}
	if err := syscall.Kill(before.PID, 0); err != nil {
		t.Errorf("the container did not outlive its daemon: %v", err)
	}
	d.start(t)
	if err := r.Remove(ctx, name); err != nil {
		t.Errorf("remove with the daemon back: %v", err)
	}
	if err := syscall.Kill(before.PID, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process is still there: %v", err)
	}
}

// untilTwo waits until the exec runs beside the main process.
func untilTwo(ctx context.Context, t *testing.T, r *docker.Runtime, name string) {
	t.Helper()
	for {
		processes, err := r.Top(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		sleeps := 0
		for _, p := range processes {
			if strings.HasPrefix(p.Command, "sleep") {
				sleeps++
			}
		}
		if sleeps == 2 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

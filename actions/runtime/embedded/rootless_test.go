//go:build linux

package embedded_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded"
	"isolab/schema/testenv"
	"isolab/schema/unit"
)

// aUser is some user without any privilege or account.
const aUser = 43210

// Without root, containers run in a user namespace. The test starts itself as
// another user.
func TestRootless(t *testing.T) {
	testenv.Need(t, testenv.Linux, testenv.Root)
	cmd := asUser(t)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

// With a cgroup of its own, as systemd delegates it, that user can set limits; but not
// while somebody else's process is in it, such as the shell of a terminal.
func TestRootless_delegated(t *testing.T) {
	delegated(t, func(_ *os.File, cmd *exec.Cmd) (end func()) {
		cmd.Env = append(cmd.Env, "ISOLAB_TEST_DELEGATED=1")
		return func() {}
	})
	delegated(t, func(dir *os.File, _ *exec.Cmd) (end func()) {
		shell := exec.Command("cat") // waits for input
		shell.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(dir.Fd())}
		input, err := shell.StdinPipe()
		if err == nil {
			err = shell.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		return func() { input.Close(); shell.Wait() }
	})
}

func delegated(t *testing.T, prepare func(dir *os.File, cmd *exec.Cmd) (end func())) {
	t.Helper()
	testenv.Need(t, testenv.Linux, testenv.Root, testenv.PureCgroup2)
	host, err := cgroup.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	group, err := host.Create("isolab-test-"+name(), cgroup.Options{Owner: &cgroup.Owner{UID: aUser, GID: aUser}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := group.Remove(bounded(t)); err != nil {
			t.Error(err)
		}
	}()
	dir, err := group.OpenDir()
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	cmd := asUser(t)
	defer prepare(dir, cmd)()
	cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(dir.Fd())
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

// asUser is the command that starts this test's program as that user.
func asUser(t *testing.T) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chown(dir, aUser, aUser)); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "program")
	if err := copyProgram(executable, program); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = []string{"ISOLAB_TEST_ROOTLESS=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: aUser, Gid: aUser}}
	return cmd
}

func copyProgram(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}

// rootlessUser is that other user's part; what it returns is the exit code.
func rootlessUser(dir string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	rt, err := embedded.New(embedded.Options{StateDir: filepath.Join(dir, "state"), DataDir: filepath.Join(dir, "data")})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	info, err := rt.Info(ctx)
	if errors.Is(err, runtime.ErrUnavailable) {
		fmt.Println("this machine says:", err)
		return 0
	}
	fmt.Printf("%+v, %v\n", info, err)
	for what, check := range map[string]func(context.Context, *embedded.Runtime) error{
		"run": rootlessRun, "exec": rootlessExec, "limits": rootlessLimits, "stop": rootlessStop, "shared": rootlessShared, "again": rootlessAgain,
	} {
		if err := check(ctx, rt); err != nil {
			fmt.Printf("%s: %v\n", what, err)
			return 1
		}
	}
	if err := rt.Close(); err != nil {
		fmt.Println("close:", err)
		return 1
	}
	if own, err := os.ReadFile("/proc/self/cgroup"); err != nil || strings.Contains(string(own), "isolab-engine") {
		fmt.Printf("not where it was: %s %v\n", own, err)
		return 1
	}
	for _, sub := range []string{"state/containers", "data/containers"} {
		if left, err := os.ReadDir(filepath.Join(dir, sub)); err != nil || len(left) > 0 {
			fmt.Println("left behind:", left, err)
			return 1
		}
	}
	return 0
}

func rootlessRun(ctx context.Context, rt *embedded.Runtime) error {
	return withContainer(ctx, rt, inside("cat", "/proc/self/uid_map", "/proc/self/status", "/etc/hostname"), func(name string) error {
		exit, err := rt.Wait(ctx, name)
		var out bytes.Buffer
		if err := errors.Join(err, rt.Logs(ctx, name, &out, &out)); err != nil {
			return err
		}
		fields := strings.Join(strings.Fields(out.String()), " ")
		for _, want := range []string{fmt.Sprintf("0 %d 1", aUser), "CapEff: 00000000a80425fb", "Seccomp: 2"} {
			if !strings.Contains(fields, want) || exit.Code != 0 {
				return fmt.Errorf("exit %+v, no %q in %s", exit, want, out.String())
			}
		}
		return nil
	})
}

func rootlessExec(ctx context.Context, rt *embedded.Runtime) error {
	return withContainer(ctx, rt, inside("sleep", "60"), func(name string) error {
		var out bytes.Buffer
		result, err := rt.Exec(ctx, name, runtime.ExecSpec{Command: inside("cat", "/proc/1/cmdline"), Stdout: &out, Stderr: &out})
		if err != nil || result.Code != 0 || !strings.Contains(out.String(), "sleep") {
			return fmt.Errorf("%+v, %v: %q", result, err, out.String())
		}
		list, err := rt.Top(ctx, name)
		if err != nil || len(list) != 1 {
			return fmt.Errorf("top: %+v, %v", list, err)
		}
		return nil
	})
}

// rootlessShared: namespaces of the host can be shared, though they belong to root,
// and programs be started there; those of another container are refused in words.
func rootlessShared(ctx context.Context, rt *embedded.Runtime) error {
	shared := runtime.Spec{Command: inside("sleep", "60"), PIDMode: "host", UTSMode: "host", IPCMode: "host", CgroupNS: "host", Network: "host"}
	return withSpec(ctx, rt, shared, func(name string) error {
		var out bytes.Buffer
		own := fmt.Sprintf("/proc/%d/cmdline", os.Getpid())
		result, err := rt.Exec(ctx, name, runtime.ExecSpec{Command: inside("cat", own), Stdout: &out, Stderr: &out})
		if err != nil || result.Code != 0 || !strings.Contains(out.String(), "program") {
			return fmt.Errorf("%+v, %v: %q", result, err, out.String())
		}
		_, err = rt.Create(ctx, runtime.Spec{Name: "joins", Image: "workload", Command: inside("exit", "0"), IPCMode: "container:" + name})
		if !errors.Is(err, runtime.ErrUnsupported) || !strings.Contains(err.Error(), "sudo") {
			return fmt.Errorf("share with a container: %w", err)
		}
		return nil
	})
}

// rootlessAgain: a container that has ended can be started again, though the kernel
// leaves a directory in its layer that only root may enter.
func rootlessAgain(ctx context.Context, rt *embedded.Runtime) error {
	return withContainer(ctx, rt, inside("exit", "0"), func(name string) error {
		if _, err := rt.Wait(ctx, name); err != nil {
			return err
		}
		if err := rt.Start(ctx, name); err != nil {
			return err
		}
		_, err := rt.Wait(ctx, name)
		return err
	})
}

func rootlessStop(ctx context.Context, rt *embedded.Runtime) error {
	return withContainer(ctx, rt, inside("ignore"), func(name string) error {
		if err := rootlessPrinted(ctx, rt, name, "ready\n"); err != nil {
			return err
		}
		if err := rt.Stop(ctx, name, 200*time.Millisecond); err != nil {
			return err
		}
		exit, err := rt.Wait(ctx, name)
		if err != nil || exit.Signal != 9 {
			return fmt.Errorf("%+v, %v", exit, err)
		}
		return nil
	})
}

// rootlessPrinted waits until the container has printed the text: before that, its
// program may not have done yet with signals what the test is about.
func rootlessPrinted(ctx context.Context, rt *embedded.Runtime, name, text string) error {
	for {
		var out bytes.Buffer
		if err := rt.Logs(ctx, name, &out, &out); err != nil || out.String() == text {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%q instead of %q: %w", out.String(), text, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// rootlessLimits: without a delegated cgroup a limit is refused, and the text
// says what would help.
func rootlessLimits(ctx context.Context, rt *embedded.Runtime) error {
	if os.Getenv("ISOLAB_TEST_DELEGATED") != "" {
		return rootlessDelegated(ctx, rt)
	}
	memory := 64 * unit.MiB
	_, err := rt.Create(ctx, runtime.Spec{Name: "limited", Image: "workload", Command: inside("exit", "0"), Limits: runtime.Limits{Memory: &memory}})
	if !errors.Is(err, runtime.ErrUnsupported) || !strings.Contains(err.Error(), "systemd-run --user --scope -p Delegate=yes") {
		return fmt.Errorf("create with a limit: %w", err)
	}
	return nil
}

// rootlessDelegated: a limit is the kernel's, and it kills. The run-level cgroup goes
// with the container, else the delegated one cannot be given back at the end.
func rootlessDelegated(ctx context.Context, rt *embedded.Runtime) error {
	memory, pids := 32*unit.MiB, int64(40)
	spec := runtime.Spec{Command: inside("eat", "200"), Limits: runtime.Limits{Memory: &memory, PIDs: &pids}, CgroupPath: "isolab/run-test"}
	return withSpec(ctx, rt, spec, func(name string) error {
		exit, err := rt.Wait(ctx, name)
		if err != nil || !exit.OOMKilled || exit.Final.OOMKills < 1 {
			return fmt.Errorf("%+v, %v", exit, err)
		}
		return nil
	})
}

func withContainer(ctx context.Context, rt *embedded.Runtime, command []string, check func(name string) error) error {
	return withSpec(ctx, rt, runtime.Spec{Command: command}, check)
}

func withSpec(ctx context.Context, rt *embedded.Runtime, spec runtime.Spec, check func(name string) error) error {
	name := name()
	spec.Name, spec.Image = name, "workload"
	if _, err := rt.Create(ctx, spec); err != nil {
		return err
	}
	err := rt.Start(ctx, name)
	if err == nil {
		err = check(name)
	}
	return errors.Join(err, rt.Remove(ctx, name))
}

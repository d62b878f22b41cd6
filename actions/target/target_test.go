package target_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"isolab/actions"
	"isolab/actions/actionstest"
	"isolab/actions/kernel/proc"
	"isolab/actions/runtime"
	"isolab/actions/target"
	"isolab/schema"
)

func TestCheck(t *testing.T) {
	declared := actionstest.View{Containers: map[string]schema.Container{"a": {}, "b": {}}}
	if err := target.Check(declared, "a", "", "b"); err != nil {
		t.Error(err)
	}
	err := target.Check(declared, "c")
	if err == nil || err.Error() != `no container "c" is declared; there is a, b` {
		t.Errorf("got %v", err)
	}
}

func TestPID(t *testing.T) {
	rt := actionstest.NewRuntime()
	rt.PID = 42
	env := actionstest.New(t, rt, map[string]schema.Container{"a": {}})
	if _, err := target.PID(context.Background(), &env.Env, "a"); !errors.Is(err, target.ErrNotMade) {
		t.Errorf("not made: %v", err)
	}
	env.Containers.Bind("a", "x")
	rt.States["x"] = runtime.StateExited
	if _, err := target.PID(context.Background(), &env.Env, "a"); !errors.Is(err, runtime.ErrNotRunning) {
		t.Errorf("ended: %v", err)
	} else if !errors.As(err, new(actions.Final)) {
		t.Errorf("ended, and not final: %v", err)
	}
	rt.States["x"] = runtime.StateCreated
	if _, err := target.PID(context.Background(), &env.Env, "a"); !errors.Is(err, runtime.ErrNotRunning) || errors.As(err, new(actions.Final)) {
		t.Errorf("not started: %v", err)
	}
	rt.States["x"] = runtime.StateExited
	rt.Exit, rt.Stderr = runtime.Exit{Code: 2}, "eatmemory: no such size\nusage: eatmemory SIZE\n"
	const want = "container a is not running: its command exited with 2: eatmemory: no such size"
	if _, err := target.PID(context.Background(), &env.Env, "a"); err == nil || err.Error() != want {
		t.Errorf("ended with %v", err)
	}
	rt.Exit, rt.Stdout, rt.Stderr = runtime.Exit{Code: 137, Signal: 9, OOMKilled: true}, "full", "\n"
	if _, err := target.PID(context.Background(), &env.Env, "a"); err == nil || !strings.HasSuffix(err.Error(), "was ended by SIGKILL (exit code 137), out of memory: full") {
		t.Errorf("killed: %v", err)
	}
	rt.States["x"] = runtime.StateRunning
	if pid, err := target.PID(context.Background(), &env.Env, "a"); err != nil || pid != 42 {
		t.Errorf("running: %d, %v", pid, err)
	}
}

// sandbox is a runtime whose containers have a kernel of their own.
type sandbox struct{ *actionstest.Runtime }

func (sandbox) HostSeesProcesses(context.Context, string) (bool, error) { return false, nil }

func TestPID_ofASandbox(t *testing.T) {
	rt := actionstest.NewRuntime()
	rt.PID, rt.States["x"] = 42, runtime.StateRunning
	env := actionstest.New(t, sandbox{rt}, map[string]schema.Container{"a": {}})
	env.Containers.Bind("a", "x")
	if _, err := target.PID(context.Background(), &env.Env, "a"); !errors.Is(err, actions.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	rt.InfoAnswer.HostIsVM = true
	if _, err := target.Group(context.Background(), &env.Env, "a", ""); !errors.Is(err, actions.ErrUnsupported) {
		t.Errorf("its cgroup: %v", err)
	}
}

func TestGroup_names(t *testing.T) {
	env := actionstest.New(t, actionstest.NewRuntime(), nil)
	for _, test := range []struct{ container, cgroup string }{{"", ""}, {"a", "b"}, {"", "unknown"}, {"", "/../etc"}, {"", "/isolab-was-never-here"}} {
		if group, err := target.Group(context.Background(), &env.Env, test.container, test.cgroup); err == nil {
			t.Errorf("%+v: got %s", test, group.Name())
		}
	}
}

func TestBeside(t *testing.T) {
	env := actionstest.New(t, nil, nil)
	inside := filepath.Join(env.Run.Source, "profile.json")
	if err := os.WriteFile(inside, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if text, err := target.ReadBeside(&env.Env, "profile.json"); err != nil || text != "{}" {
		t.Errorf("got %q, %v", text, err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(env.Run.Source, "link")); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"/etc/passwd", "../x", "link", "missing", "."} {
		if text, err := target.ReadBeside(&env.Env, name); err == nil {
			t.Errorf("%s: got %q", name, text)
		}
	}
	env.Run.Source = ""
	if _, err := target.Beside(&env.Env, "profile.json"); err == nil {
		t.Error("a built-in scenario has files beside it")
	}
}

func TestFindUser(t *testing.T) {
	for text, want := range map[string]target.User{"54321": {UID: 54321, GID: 54321}, "5:6": {UID: 5, GID: 6}} {
		if got, err := target.FindUser(text); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "5:x", "no such user", "99999999999"} {
		if got, err := target.FindUser(text); err == nil {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}

func TestRuns(t *testing.T) {
	p := proc.Summary{Command: "isolab-workload", CommandLine: []string{"/bin/pinger", "8.8.8.8"}}
	for name, want := range map[string]bool{"pinger": true, "/bin/pinger": true, "8.8.8.8": true, "isolab-workload": true, "ping": false, "": false} {
		if got := target.Runs(p, name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestUnsupported(t *testing.T) {
	if err := target.Unsupported(proc.ErrUnsupported); !errors.Is(err, actions.ErrUnsupported) || !errors.Is(err, proc.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	if target.Unsupported(nil) != nil || errors.Is(target.Unsupported(os.ErrNotExist), actions.ErrUnsupported) {
		t.Error("other errors were changed")
	}
}

package command_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"isolab/actions"
	"isolab/actions/command"
	"isolab/actions/kernel/proc"
)

var run = actions.Run{ID: "testcommand"}

func TestRun(t *testing.T) {
	e, err := command.Run(context.Background(), run, command.Command{Args: []string{"sh", "-c", "read x; echo out $x; echo err >&2; exit 3"},
		Env: command.Environment(nil), Stdin: "in\n", Max: 100})
	if err != nil {
		t.Fatal(err)
	}
	if e.Code != 3 || e.Signal != 0 || e.Stdout.String() != "out in\n" || e.Stderr.String() != "err\n" {
		t.Errorf("got %d, %d, %q, %q", e.Code, e.Signal, e.Stdout, e.Stderr)
	}
}

func TestRun_aSignal(t *testing.T) {
	e, err := command.Run(context.Background(), run, command.Command{Args: []string{"sh", "-c", "kill -9 $$"}, Env: command.Environment(nil)})
	if err != nil || e.Code != 137 || e.Signal != 9 {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestRun_whatCannotBeStarted(t *testing.T) {
	for _, args := range [][]string{nil, {""}, {"no-such-program-here"}, {"/etc"}} {
		if e, err := command.Run(context.Background(), run, command.Command{Args: args}); err == nil {
			t.Errorf("%q: got %+v", args, e)
		}
	}
}

func TestRun_killsTheWholeTree(t *testing.T) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), 300*time.Millisecond, errors.New("time is over"))
	defer cancel()
	began := time.Now()
	script := "setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' & trap '' TERM; sleep 1000 & wait"
	_, err := command.Run(ctx, actions.Run{ID: "testtree"}, command.Command{Args: []string{"sh", "-c", script}, Env: command.Environment(nil)})
	if err == nil || !strings.Contains(err.Error(), "time is over") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if left := carriers(t, "testtree"); len(left) != 0 {
		t.Errorf("left behind: %+v", left)
	}
}

func TestKill_endsWhatWasDetached(t *testing.T) {
	pid, err := command.Detach(actions.Run{ID: "testdetach"}, command.Command{Args: []string{"sleep", "1000"}, Env: command.Environment(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if !command.Of("testdetach", pid) || command.Of("another", pid) {
		t.Error("the process does not carry its run")
	}
	removers := command.Removers()
	for range 2 {
		if err := removers["process"](context.Background(), "testdetach", nil); err != nil {
			t.Fatal(err)
		}
	}
	if left := carriers(t, "testdetach"); len(left) != 0 {
		t.Errorf("left behind: %+v", left)
	}
	if err := removers["process"](context.Background(), "", nil); err == nil {
		t.Error("the processes of no run were killed")
	}
}

func TestEnvironment_isNotOurs(t *testing.T) {
	t.Setenv("SECRET", "x")
	e, err := command.Run(context.Background(), run, command.Command{Args: []string{"env"}, Env: command.Environment(map[string]string{"B": "2", "A": "1"})})
	if err != nil || strings.Contains(e.Stdout.String(), "SECRET") || !strings.Contains(e.Stdout.String(), "A=1\nB=2\nISOLAB_RUN=testcommand\n") {
		t.Errorf("got %s, %v", e.Stdout, err)
	}
}

func carriers(t *testing.T, id string) []proc.Summary {
	t.Helper()
	fs, err := proc.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	list, err := fs.WithEnv(actions.NonceEnv, id)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func BenchmarkRun(b *testing.B) {
	for range b.N {
		if _, err := command.Run(context.Background(), run, command.Command{Args: []string{"/bin/true"}, Env: command.Environment(nil)}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkForkExec is what the operating system takes at least.
func BenchmarkForkExec(b *testing.B) {
	for range b.N {
		cmd := exec.Command("/bin/true")
		cmd.Stdout, cmd.Stderr, cmd.Env = nil, nil, os.Environ()
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
	}
}

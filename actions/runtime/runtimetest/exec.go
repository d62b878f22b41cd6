package runtimetest

import (
	"bytes"
	"context"
	"errors"
	goruntime "runtime"
	"strings"
	"time"

	"isolab/actions/runtime"
)

func execCases() []testCase {
	return []testCase{
		must("output_and_code", execOutput),
		must("environment", func(f *fixture) {
			spec := f.spec("sleep", "60")
			spec.Env = []string{"FROM_SPEC=1"}
			out := f.exec(f.start(spec), runtime.ExecSpec{Command: []string{"env"}, Env: []string{"FROM_EXEC=2"}})
			for _, want := range []string{"FROM_SPEC=1", "FROM_EXEC=2"} {
				if !strings.Contains(out, want) {
					f.Errorf("no %s in %q", want, out)
				}
			}
		}),
		must("user", func(f *fixture) {
			name := f.start(f.spec("sleep", "60"))
			equal(f, "id -u as 1000", f.exec(name, runtime.ExecSpec{Command: []string{"id", "-u"}, User: "1000"}), "1000")
			equal(f, "id -u by name", f.exec(name, runtime.ExecSpec{Command: []string{"id", "-u"}, User: "student"}), "1000")
		}),
		must("directory", func(f *fixture) {
			name := f.start(f.spec("sleep", "60"))
			equal(f, "pwd", f.exec(name, runtime.ExecSpec{Command: []string{"pwd"}, WorkDir: "/tmp"}), "/tmp")
		}),
		must("input", func(f *fixture) {
			name := f.start(f.spec("sleep", "60"))
			out := f.exec(name, runtime.ExecSpec{Command: []string{"cat"}, Stdin: strings.NewReader("line\n")})
			equal(f, "cat", out, "line")
		}),
		must("same_namespaces_as_main", func(f *fixture) {
			name := f.start(f.spec("sleep", "60"))
			equal(f, "comm of pid 1", f.exec(name, runtime.ExecSpec{Command: []string{"cat", "/proc/1/comm"}}), "sleep")
		}),
		must("command_not_found", execNotFound),
		must("cancelled", execCancelled),
		must("top_lists_host_pids", top),
		must("stats", stats),
		must("stats_of_a_busy_loop", statsBusy),
	}
}

// exec is what a command prints, which must succeed.
func (f *fixture) exec(name string, command runtime.ExecSpec) string {
	f.Helper()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	result, err := f.rt.Exec(f.ctx, name, command)
	f.check(err)
	if result.Code != 0 {
		f.Fatalf("exec %q ended with %d: %s%s", command.Command, result.Code, stdout.String(), stderr.String())
	}
	return strings.TrimSpace(stdout.String())
}

func execOutput(f *fixture) {
	name := f.start(f.spec("sleep", "60"))
	var stdout, stderr bytes.Buffer
	result, err := f.rt.Exec(f.ctx, name, runtime.ExecSpec{
		Command: []string{"sh", "-c", "echo out; echo err >&2; exit 9"}, Stdout: &stdout, Stderr: &stderr})
	f.check(err)
	equal(f, "code", result.Code, 9)
	equal(f, "stdout", stdout.String(), "out\n")
	equal(f, "stderr", stderr.String(), "err\n")
}

// execNotFound: an error or a shell's code, and never a success.
func execNotFound(f *fixture) {
	name := f.start(f.spec("sleep", "60"))
	result, err := f.rt.Exec(f.ctx, name, runtime.ExecSpec{Command: []string{"no-such-command"}})
	if err == nil && result.Code != 126 && result.Code != 127 {
		f.Errorf("exec ended with %d and no error", result.Code)
	}
	if errors.Is(err, runtime.ErrUnavailable) {
		f.Error(err)
	}
}

// execCancelled: the call ends with its context, and so does the command.
func execCancelled(f *fixture) {
	name := f.start(f.spec("sleep", "60"))
	ctx, cancel := context.WithCancel(f.ctx)
	time.AfterFunc(500*time.Millisecond, cancel)
	_, err := f.rt.Exec(ctx, name, runtime.ExecSpec{Command: []string{"sleep", "59"}})
	f.is(err, context.Canceled)
	f.eventually("the command has ended", func() bool {
		processes, err := f.rt.Top(f.ctx, name)
		f.check(err)
		return len(processes) == 1
	})
}

func top(f *fixture) {
	name := f.start(f.spec("sleep", "60"))
	processes, err := f.rt.Top(f.ctx, name)
	f.check(err)
	if len(processes) != 1 {
		f.Fatalf("top lists %+v", processes)
	}
	equal(f, "pid", processes[0].PID, f.inspect(name).PID)
	if !strings.Contains(processes[0].Command, "sleep 60") {
		f.Errorf("command is %q", processes[0].Command)
	}
}

func stats(f *fixture) {
	name := f.start(f.spec("sleep", "60"))
	s, err := f.rt.Stats(f.ctx, name)
	f.check(err)
	if s.Memory <= 0 || s.MemoryLimit < s.Memory || s.PIDs < 1 || s.CPU <= 0 || s.Read.IsZero() {
		f.Errorf("stats %+v", s)
	}
}

// statsBusy: how much of a CPU a loop gets is the machine's affair, but it is some,
// and no more than there are; the half more is for clocks that go in steps.
func statsBusy(f *fixture) {
	s, err := f.rt.Stats(f.ctx, f.start(f.spec("burn", "--cpus", "1")))
	f.check(err)
	if most := 150 * float64(goruntime.NumCPU()); s.CPUPercent <= 0 || s.CPUPercent > most {
		f.Errorf("a busy loop uses %v %% of a CPU, want more than 0 and at most %v", s.CPUPercent, most)
	}
}

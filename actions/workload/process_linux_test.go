package workload_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"isolab/schema/testenv"
)

// firstProcess starts an applet as PID 1 of a new PID namespace.
func firstProcess(t *testing.T, text, name string, args ...string) (pid int, end func() int) {
	t.Helper()
	testenv.Need(t, testenv.Root)
	c := command(t, name, args...)
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	background(t, c, text)
	return c.Process.Pid, func() int { _ = c.Wait(); return code(c) }
}

// As PID 1 the applets that live long end on SIGTERM from the parent namespace,
// with the code of a killed process.
func TestFirstProcess_endsOnTerm(t *testing.T) {
	for _, line := range []string{"pinger", "eatmemory 1MiB", "tcp-listen 0", "reap -- eatmemory 1MiB"} {
		words := strings.Fields(line)
		ready := map[string]string{"pinger": "pid 1", "eatmemory": "holding", "tcp-listen": "listening", "reap": "holding"}[words[0]]
		pid, end := firstProcess(t, ready, words[0], words[1:]...)
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if got := end(); got != 143 {
			t.Errorf("%s: code %d, want 143", line, got)
		}
	}
}

// sleep has no handler, so as PID 1 the kernel keeps SIGTERM from it; SIGKILL
// from outside works. That is what a C program does, and what a lesson shows.
func TestFirstProcess_sleepKeepsTheKernelsRule(t *testing.T) {
	for line, name := range map[string]string{"echo ready; exec sleep 60": "sleep", "echo ready; sleep 60; true": "sh"} {
		pid, end := firstProcess(t, "ready", "sh", "-c", line)
		// After an execve(2) nothing is caught, then the Go runtime catches every
		// signal, in the order of their numbers, then the applet gives SIGTERM back.
		eventually(t, "the first process is "+name+" without a handler", func() bool {
			return status(t, pid, "Name") == name && catches(t, pid, syscall.SIGURG) && !catches(t, pid, syscall.SIGTERM)
		})
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		// It is dropped as soon as no thread is being made, for which the Go runtime
		// blocks all signals for a moment; what it ended would not end with 137.
		eventually(t, "SIGTERM is not pending", func() bool { return status(t, pid, "ShdPnd") == "0000000000000000" })
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if got := end(); got != 137 {
			t.Errorf("%s: code %d, want 137: SIGTERM ended it", line, got)
		}
	}
}

// catches reports whether a process has a handler for the signal.
func catches(t *testing.T, pid int, s syscall.Signal) bool {
	t.Helper()
	var mask uint64
	if _, err := fmt.Sscanf(status(t, pid, "SigCgt"), "%x", &mask); err != nil {
		t.Fatal(err)
	}
	return mask>>(s-1)&1 == 1
}

// Not as PID 1, the same applets die of the signal itself.
func TestLongLived_dieOfTheSignal(t *testing.T) {
	for _, line := range []string{"eatmemory 1MiB", "tcp-listen 0"} {
		words := strings.Fields(line)
		c := command(t, words[0], words[1:]...)
		background(t, c, "ing")
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		if status := c.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGTERM {
			t.Errorf("%s: %s", line, c.ProcessState)
		}
	}
}

func TestIgnoreTerm(t *testing.T) {
	c := command(t, "ignore-term")
	background(t, c, "ignores SIGTERM, SIGINT and SIGHUP")
	var mask uint64
	_, _ = fmt.Sscanf(status(t, c.Process.Pid, "SigIgn"), "%x", &mask)
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		if mask>>(s-1)&1 == 0 {
			t.Errorf("%v is not ignored: SigIgn %x", s, mask)
		}
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	if code(c) != 137 {
		t.Errorf("code %d", code(c))
	}
}

// privateProc mounts the /proc of the new PID namespace before the command.
func privateProc(t *testing.T, line string) outcome {
	t.Helper()
	testenv.Need(t, testenv.Root)
	c := command(t, "sh", "-c", "mount -o rprivate none / && mount -t proc proc /proc && "+line)
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	return finish(t, c)
}

// Orphans stay zombies below a PID 1 that does not reap, and are gone below one
// that does.
func TestZombies(t *testing.T) {
	if got := privateProc(t, "exec zombies --exit --json 3"); got.out != `{"orphans":3,"zombies":3,"parent":1}`+"\n" {
		t.Errorf("zombies as PID 1: %+v", got)
	}
	counted := `while [ $(ps -o stat= | grep -c Z) -gt 0 ]; do sleep 0.05; done; echo none left`
	for _, first := range []string{"", "exec reap -- sh -c "} {
		line := "zombies --exit 3 && " + counted
		if first != "" {
			line = first + "'" + line + "'"
		}
		got := privateProc(t, line)
		if !strings.Contains(got.out, "given to pid 1\n") || !strings.HasSuffix(got.out, "none left\n") {
			t.Errorf("below %q as PID 1: %+v", first, got)
		}
	}
}

func TestReap(t *testing.T) {
	for line, want := range map[string]int{"reap true": 0, "reap -- sh -c 'exit 7'": 7, "reap sh -c 'kill -9 $$'": 137, "reap nosuch": 127, "reap /proc": 126} {
		if got := run(t, "sh", "-c", line); got.code != want {
			t.Errorf("%s: %+v, want code %d", line, got, want)
		}
	}
	if got := run(t, "reap", "-v", "zombies", "--exit", "2"); got.code != 0 || strings.Count(got.errors, "reaped ") != 2 {
		t.Errorf("orphans: %+v", got)
	}
}

func TestPinger(t *testing.T) {
	got := run(t, "pinger", "--count", "2", "--interval", "1ms")
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	if got.code != 0 || len(lines) != 3 || !strings.HasPrefix(lines[0], "ping 127.0.0.1: pid ") ||
		!strings.HasPrefix(lines[1], "ping: seq=1 time=") || !strings.HasPrefix(lines[2], "ping: seq=2 time=") {
		t.Errorf("got %+v", got)
	}
	if got := run(t, "pinger", "example.org"); got.code != 2 {
		t.Errorf("a name: %+v", got)
	}
}

// Without any network the pinger ticks all the same.
func TestPinger_withoutNetwork(t *testing.T) {
	testenv.Need(t, testenv.Root)
	c := command(t, "pinger", "--count", "1")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if got := finish(t, c); got.code != 0 || !strings.Contains(got.out, "seq=1 time=- (") {
		t.Errorf("got %+v", got)
	}
}

func TestBurn(t *testing.T) {
	got := decode[struct {
		Threads, Loops       int
		Seconds, CPU_Seconds float64
	}](t, command(t, "burn", "--cpus", "2", "--time", "200ms", "--json"))
	if got.Threads != 2 || got.Loops == 0 || got.Seconds < 0.2 {
		t.Errorf("got %+v", got)
	}
}

func TestTimeit(t *testing.T) {
	got := run(t, "timeit", "--json", "sh", "-c", "memhog 20MiB >/dev/null; exit 3")
	if got.code != 3 || got.out != "" || !strings.Contains(got.errors, `"exit_code":3`) {
		t.Errorf("got %+v", got)
	}
	if got := run(t, "timeit", "nosuch"); got.code != 127 {
		t.Errorf("not found: %+v", got)
	}
}

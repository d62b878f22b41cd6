package workload_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"isolab/schema/unit"
)

func TestStress_succeedsAfterItsTimeout(t *testing.T) {
	got := run(t, "stress", "-c", "1", "-m", "2", "--vm-bytes", "4M", "--vm-hang", "0", "-i", "1", "-d", "1", "--hdd-bytes", "1M", "-t", "1")
	pattern := `^stress: info: \[(\d+)\] dispatching hogs: 1 cpu, 1 io, 2 vm, 1 hdd\nstress: info: \[\d+\] successful run completed in \ds\n$`
	if got.code != 0 || got.errors != "" || !regexp.MustCompile(pattern).MatchString(got.out) {
		t.Errorf("got %+v", got)
	}
}

// Each hog is a process of one thread with the parent's name and command line.
func TestStress_workersAreProcesses(t *testing.T) {
	c := command(t, "stress", "--cpu", "1", "--vm", "2", "--vm-bytes", "8M", "--vm-hang", "0")
	background(t, c, "dispatching hogs")
	eventually(t, "three workers", func() bool { return len(children(t, c.Process.Pid)) == 3 })
	parent, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", c.Process.Pid))
	for _, pid := range children(t, c.Process.Pid) {
		if name, threads := status(t, pid, "Name"), status(t, pid, "Threads"); name != "stress" || threads != "1" {
			t.Errorf("worker %d is %q with %s threads", pid, name, threads)
		}
		if line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); string(line) != string(parent) {
			t.Errorf("worker %d has the command line %q", pid, line)
		}
	}
	held := func() (total unit.Size) {
		for _, pid := range children(t, c.Process.Pid) {
			total += resident(t, pid)
		}
		return total
	}
	base := 3 * resident(t, c.Process.Pid) // what a fork shares with its parent is counted in each
	eventually(t, "16 MiB are held", func() bool { return held() >= 16*unit.MiB })
	if got := held(); got > 16*unit.MiB+base {
		t.Errorf("the workers hold %s for 16 MiB and a share of %s", got, base)
	}
}

// The death of one worker is reported as the classic does, and ends the others.
func TestStress_workerKilled(t *testing.T) {
	c := command(t, "stress", "--vm", "3", "--vm-bytes", "4M", "--vm-hang", "0")
	out := background(t, c, "dispatching hogs: 0 cpu, 0 io, 3 vm, 0 hdd")
	eventually(t, "three workers", func() bool { return len(children(t, c.Process.Pid)) == 3 })
	workers := children(t, c.Process.Pid)
	if err := syscall.Kill(workers[1], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	pid := c.Process.Pid
	want := []string{
		fmt.Sprintf("stress: FAIL: [%d] (415) <-- worker %d got signal 9\n", pid, workers[1]),
		fmt.Sprintf("stress: WARN: [%d] (417) now reaping child worker processes\n", pid),
		fmt.Sprintf("stress: FAIL: [%d] (451) failed run completed in ", pid),
	}
	for _, line := range want {
		if strings.Count(out.String(), line) != 1 {
			t.Errorf("%q is not there once in\n%s", line, out)
		}
	}
	for _, worker := range workers {
		if alive(worker) {
			t.Errorf("worker %d lives on", worker)
		}
	}
	if code(c) != 1 {
		t.Errorf("code %d, want 1", code(c))
	}
}

// Whatever ends the parent ends the workers: a signal it handles and one it
// cannot.
func TestStress_endsWithItsParent(t *testing.T) {
	for signal, want := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGINT: 130, syscall.SIGKILL: 137} {
		c := command(t, "stress", "-c", "1", "-m", "1", "--vm-bytes", "4M", "--vm-hang", "0")
		background(t, c, "dispatching")
		eventually(t, "two workers", func() bool { return len(children(t, c.Process.Pid)) == 2 })
		workers := children(t, c.Process.Pid)
		if err := c.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		if code(c) != want {
			t.Errorf("%v: code %d, want %d", signal, code(c), want)
		}
		for _, worker := range workers {
			eventually(t, "the workers are gone", func() bool { return !alive(worker) })
		}
	}
}

func TestStress_misuse(t *testing.T) {
	for _, args := range [][]string{{}, {"--cpu", "-1"}, {"--vm", "1", "--vm-bytes", "0"}, {"--cpu", "x"}, {"-c", "1", "extra"}} {
		if got := run(t, "stress", args...); got.code != 2 || !strings.Contains(got.errors, "usage: stress") {
			t.Errorf("%q: %+v", args, got)
		}
	}
	if got := run(t, "stress", "-q", "-c", "1", "-t", "1"); got.code != 0 || got.out+got.errors != "" {
		t.Errorf("-q: %+v", got)
	}
}

// A worker that cannot have its memory fails the run.
func TestStress_noMemory(t *testing.T) {
	got := run(t, "sh", "-c", "ulimit -v 4000000; stress --vm 1 --vm-bytes 8G -t 20")
	if got.code != 1 || !strings.Contains(got.errors, "hogvm malloc failed: Cannot allocate memory") ||
		!strings.Contains(got.errors, "returned error 1") {
		t.Errorf("got %+v", got)
	}
}

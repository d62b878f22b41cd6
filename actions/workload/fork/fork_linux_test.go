package fork_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/fork"
)

func TestStart_returnsTheChildsCode(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pid, err := fork.Start(func() int { return 7 })
	if err != nil {
		t.Fatal(err)
	}
	got, err := fork.Wait(pid)
	if want := (fork.Result{Pid: pid, Code: 7}); err != nil || got != want {
		t.Fatalf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestStart_childHasOneThreadAndDefaultSignals(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pid, err := fork.Start(fork.Pause)
	if err != nil {
		t.Fatal(err)
	}
	defer fork.End([]int{pid})
	status := statusWith(t, pid, "SigCgt:\t0000000000000000")
	if !strings.Contains(status, "Threads:\t1\n") {
		t.Errorf("the child has more than one thread:\n%s", status)
	}
}

func TestStart_manyAndKilled(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var pids []int
	for range 500 {
		pid, err := fork.Start(fork.Pause)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	fork.End(pids)
	for _, pid := range pids {
		if err := unix.Kill(pid, 0); !errors.Is(err, unix.ESRCH) {
			t.Fatalf("process %d is still there: %v", pid, err)
		}
	}
}

func TestWait_withoutChildren(t *testing.T) {
	if _, err := fork.Wait(1 << 22); !errors.Is(err, unix.ECHILD) {
		t.Fatalf("got %v, want ECHILD", err)
	}
}

// statusWith reads /proc/<pid>/status until it has the text.
func statusWith(t *testing.T, pid int, text string) string {
	t.Helper()
	var status []byte
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		var err error
		if status, err = os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(status), text) {
			return string(status)
		}
	}
	t.Fatalf("never saw %q in\n%s", text, status)
	return ""
}

// A goroutine that the scheduler has asked to make room answers at its next
// function call. In the child nobody is there to take over, so it must have
// forgotten about it.
func TestStart_childIsNotPreempted(t *testing.T) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC() // stopping the world asks every goroutine
			}
		}
	}()
	defer func() { close(stop); <-stopped }()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for range 300 {
		pid, err := fork.Start(func() int { fork.Sleep(0, 1); return 7 })
		if err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(5*time.Second, func() { _ = unix.Kill(pid, unix.SIGKILL) })
		got, err := fork.Wait(pid)
		timer.Stop()
		if err != nil || got.Code != 7 {
			t.Fatalf("got %+v, %v: the child was stuck in the Go scheduler", got, err)
		}
	}
}

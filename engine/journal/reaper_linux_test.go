package journal

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"isolab/schema/testenv"
)

// startedReaper is a journal of this process with its reaper, which has settled.
func startedReaper(t *testing.T) (*Journal, int) {
	t.Helper()
	testenv.Need(t, testenv.Linux)
	t.Setenv(stateEnv, "")
	j := openJournal(t, t.TempDir(), Options{Reaper: []string{"/proc/self/exe"}, Note: func(s string) { t.Error(s) }})
	must(t, j.Run("r").Intend("object", "x", nil))
	pid := j.reaper.PID()
	for end := time.Now().Add(30 * time.Second); !waitsForPipe(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("reaper %d does not wait for its pipe", pid)
		}
	}
	return j, pid
}

// waitsForPipe reports whether some thread of the reaper, whichever Go has chosen,
// is in read(2) of descriptor 3: then it has settled.
func waitsForPipe(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
	for _, thread := range threads {
		call, _ := os.ReadFile(thread)
		fields := strings.Fields(string(call))
		if len(fields) > 1 && fields[0] == fmt.Sprint(syscall.SYS_READ) && fields[1] == "0x3" {
			return true
		}
	}
	return false
}

func TestReaperHoldsNothingOfItsCallers(t *testing.T) {
	inherited, err := os.CreateTemp(t.TempDir(), "inherited")
	must(t, err)
	defer inherited.Close()
	fd, err := syscall.Dup(int(inherited.Fd())) // not close-on-exec
	must(t, err)
	defer syscall.Close(fd)
	_, pid := startedReaper(t)
	for _, file := range names(t, fmt.Sprintf("/proc/%d/fd", pid)) {
		target, _ := os.Readlink(filepath.Join("/proc", fmt.Sprint(pid), "fd", file))
		switch {
		case file < "3" && len(file) == 1 && target == os.DevNull, file == "3" && strings.HasPrefix(target, "pipe:"), ofGo(target):
		default:
			t.Errorf("descriptor %s is %s", file, target)
		}
	}
	if dir, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); dir != "/" {
		t.Errorf("it keeps %s busy", dir)
	}
	if session, _ := sessionOf(pid); session != pid {
		t.Errorf("session %d, process %d: it is not detached", session, pid)
	}
}

func sessionOf(pid int) (int, error) {
	id, _, err := syscall.Syscall(syscall.SYS_GETSID, uintptr(pid), 0, 0)
	if err != 0 {
		return 0, err
	}
	return int(id), nil
}

func TestReaperGoesWithAWellEndedSession(t *testing.T) {
	j, pid := startedReaper(t)
	if got := len(j.Descriptors()); got != 3 {
		t.Errorf("descriptors %v", j.Descriptors())
	}
	r := &recorder{}
	if report := j.Close(context.Background(), r.removers()); !report.Clean() {
		t.Error(report.Err())
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("reaper %d is still there: %v", pid, err)
	}
}

// TestReaperKilled: it is help, not a condition.
func TestReaperKilled(t *testing.T) {
	j, pid := startedReaper(t)
	kill(pid)
	<-j.reaper.ended
	if report := j.Close(context.Background(), (&recorder{}).removers()); !report.Clean() {
		t.Error(report.Err())
	}
}

func TestReaperThatCannotBeStartedIsNoted(t *testing.T) {
	var noted string
	j := openJournal(t, t.TempDir(), Options{Reaper: []string{"/nonexistent"}, Note: func(s string) { noted = s }})
	if err := j.Run("r").Intend("object", "x", nil); err != nil || !strings.Contains(noted, "no reaper") {
		t.Errorf("error %v, note %q", err, noted)
	}
	must(t, j.Run("r").Done("object", "x"))
}

// TestReaperSurvivesTheKillOfTheWholeGroup: an engine behind a pipe, killed with
// its process group, as a shell or a CI job does it; the pipe's reader is done at
// once, and the reaper clears up.
func TestReaperSurvivesTheKillOfTheWholeGroup(t *testing.T) {
	p := newPlace(t)
	engine := p.command("busy engine")
	engine.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := engine.StdoutPipe()
	must(t, err, engine.Start())
	for len(p.store.list(t)) < 3 {
		time.Sleep(time.Millisecond)
	}
	must(t, syscall.Kill(-engine.Process.Pid, syscall.SIGKILL))
	_, err = output.Read(make([]byte, 1))
	if err == nil || !strings.Contains(err.Error(), "EOF") {
		t.Errorf("the pipe: %v", err)
	}
	_ = engine.Wait()
	p.waitPristine(t, "group killed")
}

// TestForkedChildHoldsTheLock: the flock is not free, yet the session is dead, as
// its process is gone; and one whose process lives is not.
func TestForkedChildHoldsTheLock(t *testing.T) {
	testenv.Need(t, testenv.Linux)
	for name, test := range map[string]struct {
		who     func(*testing.T) owner
		removed int
	}{
		"its process is gone":                 {func(t *testing.T) owner { return lastLife(t) }, 1},
		"earlier boot":                        {func(t *testing.T) owner { o, _ := self(); o.Boot = "another"; return o }, 1},
		"its process lives":                   {func(t *testing.T) owner { o, _ := self(); return o }, 0},
		"its process is in another namespace": {func(t *testing.T) owner { o := lastLife(t); o.Scope = "pid:[1]"; return o }, 0},
		"its process is a zombie":             {func(t *testing.T) owner { return zombie(t) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir, r := t.TempDir(), &recorder{}
			leave(t, dir, "s", test.who(t), intent(t, "object", "x"))
			lock, err := open(filepath.Join(dir, "s"+lockExt))
			must(t, err)
			if locked, err := tryLock(lock); !locked {
				t.Fatal(err)
			}
			child := exec.Command("sleep", "60")
			child.ExtraFiles = []*os.File{lock}
			must(t, child.Start(), lock.Close())
			defer child.Wait()
			defer child.Process.Kill()
			report, err := sweepDir(dir, r, SweepOptions{})
			if err != nil || len(r.order) != test.removed || len(report.Live) != 1-test.removed {
				t.Errorf("removed %v, report %+v, error %v", r.order, report, err)
			}
		})
	}
}

// zombie identifies a process that has ended and is not reaped.
func zombie(t *testing.T) owner {
	t.Helper()
	who, err := self()
	must(t, err)
	child := exec.Command("sleep", "60")
	must(t, child.Start())
	t.Cleanup(func() { _ = child.Wait() })
	who.PID = child.Process.Pid
	who.Start, err = startOf(who.PID)
	must(t, err, child.Process.Kill())
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if state, _, _ := stat(fmt.Sprintf("/proc/%d/stat", who.PID)); ended(state) {
			return who
		}
	}
	t.Fatal("it did not end")
	return who
}

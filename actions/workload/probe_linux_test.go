package workload_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"isolab/schema/testenv"
)

// asNobody starts the command without any privilege, from a directory that it
// may read.
func asNobody(t *testing.T, c *exec.Cmd) *exec.Cmd {
	t.Helper()
	testenv.Need(t, testenv.Root)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	c.Dir = "/"
	c.Path = "/proc/self/exe" // the test binary may lie where nobody may not go
	return c
}

// withoutNewPrivileges starts the command with no_new_privs, which children have
// from the thread that forks them; that thread is not used again.
func withoutNewPrivileges(t *testing.T, c *exec.Cmd) outcome {
	t.Helper()
	done := make(chan outcome)
	go func() {
		runtime.LockOSThread()
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			t.Error(err)
		}
		done <- finish(t, c)
	}()
	return <-done
}

type tried struct {
	Name, Errno string
	Allowed     bool
}

func TestSyscallProbe(t *testing.T) {
	calls := []string{"mkdir", "chown", "mknod", "mount", "unshare", "sethostname", "reboot", "chroot", "setuid", "socket", "ptrace", "keyctl", "setpriority"}
	args := append([]string{"--json"}, calls...)
	for _, a := range decode[[]tried](t, asNobody(t, command(t, "syscall-probe", args...))) {
		free := a.Name == "mkdir" || a.Name == "ptrace" || a.Name == "keyctl"
		if a.Allowed != free {
			t.Errorf("as nobody: %+v", a)
		}
		if !free && a.Errno != "EPERM" && a.Errno != "EACCES" {
			t.Errorf("as nobody: %+v, want EPERM or EACCES", a)
		}
	}
	for _, a := range decode[[]tried](t, command(t, "syscall-probe", args...)) {
		if !a.Allowed {
			t.Errorf("as root: %+v", a)
		}
	}
	if got := run(t, "syscall-probe", "nosuch"); got.code != 2 || !strings.Contains(got.errors, `"nosuch"`) {
		t.Errorf("unknown: %+v", got)
	}
	if got := run(t, "syscall-probe"); got.code != 0 || strings.Count(got.out, "\n") != strings.Count(run(t, "syscall-probe", "--list").out, "\n") {
		t.Errorf("all of them: %+v", got)
	}
}

func TestUnshareProbe(t *testing.T) {
	root := decode[map[string]string](t, command(t, "unshare-probe", "--json"))
	if len(root) != 8 || root["uts"] != "ok" {
		testenv.Need(t, testenv.Root)
		t.Errorf("as root: %v", root)
	}
	nobody := decode[map[string]string](t, asNobody(t, command(t, "unshare-probe", "--json", "uts", "net")))
	if nobody["uts"] != "EPERM" || nobody["net"] != "EPERM" || len(nobody) != 2 {
		t.Errorf("as nobody: %v", nobody)
	}
	if got := run(t, "unshare-probe", "nosuch"); got.code != 2 {
		t.Errorf("unknown: %+v", got)
	}
}

func TestSetuidProbe(t *testing.T) {
	testenv.Need(t, testenv.Root)
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // the user has to get to the program
		t.Fatal(err)
	}
	c := command(t, "setuid-probe", "--json", "--dir", dir)
	var got struct {
		UID, EUID  int
		Gained     bool `json:"gained_root"`
		NoNewPrivs int  `json:"no_new_privs"`
		NoSUID     bool `json:"nosuid"`
	}
	if err := json.Unmarshal([]byte(withoutNewPrivileges(t, c).out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Gained || got.EUID != 1000 || got.NoNewPrivs != 1 {
		t.Errorf("with no_new_privs: %+v", got)
	}
	if err := json.Unmarshal([]byte(run(t, "setuid-probe", "--json", "--dir", dir).out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Gained == got.NoSUID || got.UID != 1000 {
		t.Errorf("without: %+v", got)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestCaps(t *testing.T) {
	type caps struct {
		Effective  string
		Names      []string
		NoNewPrivs int `json:"no_new_privs"`
	}
	if got := decode[caps](t, asNobody(t, command(t, "caps", "--json"))); got.Effective != "0000000000000000" || len(got.Names) != 0 {
		t.Errorf("as nobody: %+v", got)
	}
	if got := decode[caps](t, command(t, "caps", "--json")); len(got.Names) == 0 || got.Names[0] != "cap_chown" {
		t.Errorf("as root: %+v", got)
	}
}

func TestOpenfiles(t *testing.T) {
	got := decode[struct {
		Opened, Before, Limit int
		Reason                string
	}](t, command(t, "sh", "-c", "ulimit -n 64; openfiles --json 100"))
	// The limit is on the number of a descriptor: those that the test was given
	// with higher numbers do not count.
	if got.Limit != 64 || got.Opened+got.Before < 64 || got.Opened > 60 || got.Reason != "EMFILE" {
		t.Errorf("got %+v", got)
	}
}

// A segment is seen in its own IPC namespace and in no other.
func TestShm(t *testing.T) {
	testenv.Need(t, testenv.Root)
	c := command(t, "sh", "-c", "id=$(shm create --size 64KiB --key 77); shm list --json; shm remove $id; shm list --json")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWIPC}
	got := finish(t, c)
	lines := strings.Split(got.out, "\n")
	var segments []struct {
		Key  int
		Size int64
	}
	if err := json.Unmarshal([]byte(lines[0]), &segments); err != nil || len(segments) != 1 || segments[0].Key != 77 || segments[0].Size != 65536 {
		t.Errorf("%v: %+v", err, got)
	}
	if len(lines) < 2 || lines[1] != "[]" {
		t.Errorf("after its removal: %+v", got)
	}
	if host := run(t, "shm", "list", "--json"); strings.Contains(host.out, `"key":77,`) {
		t.Errorf("seen outside: %s", host.out)
	}
}

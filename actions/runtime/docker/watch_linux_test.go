package docker

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
	"isolab/schema/testenv"
)

// A stand-in for what a daemon does: a directory with the container's id in its
// name appears in the memory hierarchy, a process joins it and ends.
type standIn struct {
	id  string
	dir string
}

func newStandIn(t *testing.T) standIn {
	t.Helper()
	testenv.Need(t, testenv.Linux, testenv.Root, testenv.Cgroup1)
	host, err := cgroup.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	mount, version := host.Hierarchy("memory")
	if version != cgroup.V1 {
		t.Skip("needs the memory controller on cgroup v1")
	}
	id := fmt.Sprintf("isolabtest%d", time.Now().UnixNano())
	s := standIn{id: id, dir: filepath.Join(mount, "isolab-watch-test", id)}
	t.Cleanup(func() { s.remove(t) })
	return s
}

func (s standIn) make(t *testing.T) {
	t.Helper()
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

func (s standIn) remove(t *testing.T) {
	for _, dir := range []string{s.dir, filepath.Dir(s.dir)} {
		err := unix.Rmdir(dir)
		for tries := 0; err == unix.EBUSY && tries < 100; tries++ {
			time.Sleep(10 * time.Millisecond)
			err = unix.Rmdir(dir)
		}
		if err != nil && err != unix.ENOENT {
			t.Errorf("remove %s: %v", dir, err)
		}
	}
}

func (s standIn) put(t *testing.T, file, value string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, file), []byte(value), 0); err != nil {
		t.Fatal(err)
	}
}

// run starts a shell in the cgroup, which waits for a line before it goes on.
func (s standIn) run(t *testing.T, script string) (*exec.Cmd, func()) {
	t.Helper()
	command := exec.Command("sh", "-c", "read go; "+script)
	input, err := command.StdinPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.put(t, "cgroup.procs", fmt.Sprint(command.Process.Pid))
	return command, func() { input.Close() }
}

// hog takes memory until it is killed: tail keeps a line that never ends.
const hog = "exec tail /dev/zero"

// The watcher finds a cgroup that is made after it began, follows the process that
// it is told of, and reads the counters when that process ends.
func TestWatcherReadsAtTheEnd(t *testing.T) {
	s := newStandIn(t)
	ws := watchers{byID: map[string]*watcher{}}
	w := ws.begin(s.id)
	s.make(t)
	s.put(t, "memory.limit_in_bytes", "16777216")
	command, letGo := s.run(t, hog)
	w.follow(command.Process.Pid)
	letGo()
	_ = command.Wait()
	final, status := w.result(background(t), 30*time.Second)
	if final.OOMKills != 1 || final.MemoryPeak > 16<<20 || final.MemoryPeak < 15<<20 || !strings.HasPrefix(final.Origins["oom_kills"], s.dir) {
		t.Errorf("%+v", final)
	}
	if !status.known || status.status.Signal() != syscall.SIGKILL {
		t.Errorf("status %+v", status)
	}
}

// A cgroup that is gone too early leaves nothing but what is certain.
func TestWatcherComesTooLate(t *testing.T) {
	for name, last := range map[string]int64{"memory had run out": 2, "nothing was known": 0} {
		f := &follower{watcher: &watcher{final: unread()}, last: unread()}
		f.last.OOMKills, f.last.MemoryPeak = last, 1<<20
		f.lost()
		if want := map[int64]int64{2: 2, 0: -1}[last]; f.final.OOMKills != want || f.final.MemoryPeak != -1 {
			t.Errorf("%s: %+v", name, f.final)
		}
	}
}

// The daemons' ways to lay out cgroups, on trees of either version: the directory
// may be there before the search, or appear below one that appears.
func TestFinder(t *testing.T) {
	const id = "0123456789abcdef"
	for name, c := range map[string]struct{ before, after, want string }{
		"cgroupfs, first container": {"", "docker/" + id, "docker/" + id},
		"cgroupfs":                  {"docker", "docker/" + id, "docker/" + id},
		"systemd":                   {"system.slice", "system.slice/docker-" + id + ".scope", "system.slice/docker-" + id + ".scope"},
		"already there":             {"docker/" + id, "docker/other", "docker/" + id},
		"podman":                    {"machine.slice/libpod-conmon-" + id + ".scope", "machine.slice/libpod-" + id + ".scope", "machine.slice/libpod-" + id + ".scope"},
		"another's":                 {"docker", "docker/fedcba9876543210", ""},
	} {
		mount := t.TempDir()
		mkdir(t, mount, c.before)
		shared := []*place{{controller: "memory", mount: mount}, {controller: "cpuacct", mount: mount}}
		f := newFinder(id, shared)
		mkdir(t, mount, c.after)
		f.read()
		want := c.want
		if want != "" {
			want = filepath.Join(mount, want)
		}
		if shared[0].dir != want || shared[1].dir != want || f.found() != (want != "") {
			t.Errorf("%s: found %q and %q, want %q", name, shared[0].dir, shared[1].dir, want)
		}
		f.close()
	}
}

func mkdir(t *testing.T, parts ...string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(parts...), 0o755); err != nil {
		t.Fatal(err)
	}
}

// The files of cgroup v2, which this test makes itself.
func TestCountersV2(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"memory.events": "low 0\nhigh 0\nmax 7\noom 2\noom_kill 3\noom_group_kill 0\n",
		"memory.peak":   "67108864\n",
		"cpu.stat":      "usage_usec 1500\nuser_usec 1000\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	counters := append(openCounters(dir, "memory", cgroup.V2), openCounters(dir, "cpuacct", cgroup.V2)...)
	defer closeCounters(counters)
	a, ok := sample(counters)
	if !ok || a.OOMKills != 3 || a.Failures != 7 || a.MemoryPeak != 64<<20 || a.CPU != 1500*time.Microsecond {
		t.Errorf("%+v %v", a, ok)
	}
}

// A process that is not the container's must not be read, and not be killed.
func TestForeignProcess(t *testing.T) {
	testenv.Need(t, testenv.Linux)
	command := exec.Command("sleep", "60")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { command.Process.Kill(); command.Wait() })
	ws := watchers{byID: map[string]*watcher{}}
	w := ws.begin("0123456789abcdef-no-such-container")
	w.follow(command.Process.Pid)
	if final, status := w.result(background(t), 30*time.Second); final.CPU != -1 || status.known {
		t.Errorf("%+v %+v", final, status)
	}
	if err := killOwned(command.Process.Pid, "0123456789abcdef-no-such-container"); err == nil {
		t.Error("killed")
	}
}

// A start that succeeded, and of which the daemon tells no more, is not watched for
// ever.
func TestWatcherEndsWhenTheDaemonFails(t *testing.T) {
	var started atomic.Bool
	r, _ := serve(t, map[string]http.HandlerFunc{
		"GET /containers/c/json": func(w http.ResponseWriter, q *http.Request) {
			if started.Load() {
				fails(http.StatusInternalServerError, "no more")(w, q)
				return
			}
			gives(running("0123456789abcdef-no-such-container"))(w, q)
		},
		"POST /containers/c/start": func(w http.ResponseWriter, _ *http.Request) {
			started.Store(true)
			w.WriteHeader(http.StatusNoContent)
		},
	})
	if err := r.Start(background(t), "c"); err == nil {
		t.Error("it started")
	}
	select {
	case <-r.watchers.of("0123456789abcdef-no-such-container").done:
	case <-time.After(30 * time.Second):
		t.Error("it is still watched")
	}
}

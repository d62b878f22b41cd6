package receipt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"isolab/actions"
	"isolab/schema/testenv"
)

// daemon is a runtime with containers and the runs that they belong to.
type daemon map[string]string

func (d daemon) List(_ context.Context, label, value string) ([]string, error) {
	var names []string
	for name, run := range d {
		if label == actions.Label && run == value {
			names = append(names, name)
		}
	}
	return names, nil
}

// scene is a machine that a leaker has at its disposal.
type scene struct {
	run    string
	state  string // one of our own directories
	dir    string // somewhere else
	daemon daemon
}

func (s scene) look(t *testing.T) Inventory {
	t.Helper()
	sources := append(Host("/"), FilesIn(s.state), OwnDescriptors(nil), Labelled(Containers, s.daemon, actions.Label, s.run))
	inventory, err := Take(context.Background(), sources...)
	if err != nil {
		t.Fatal(err)
	}
	return inventory
}

// leaker leaves something behind, and returns its name in the receipt and how to
// clear it up.
type leaker struct {
	name  string
	needs []testenv.Feature
	kind  Kind
	// besides counts what must be left with it: a process's cgroup.
	besides int
	leak    func(t *testing.T, s scene) (name string, undo func() error)
}

func leakers() []leaker {
	return []leaker{
		{"container", nil, Containers, 0, leakContainer},
		{"cgroup v1", []testenv.Feature{testenv.Root, testenv.Cgroup1}, Cgroups, 1, func(t *testing.T, s scene) (string, func() error) {
			return leakCgroup(t, mountOf(t, "cgroup", "memory"), "isolab/run-"+s.run+"/hungry")
		}},
		{"cgroup v2", []testenv.Feature{testenv.Root, testenv.Cgroup2}, Cgroups, 1, func(t *testing.T, s scene) (string, func() error) {
			return leakCgroup(t, mountOf(t, "cgroup2", ""), "isolab/run-"+s.run+"/hungry")
		}},
		{"tmpfs", []testenv.Feature{testenv.Root}, Mounts, 0, func(t *testing.T, s scene) (string, func() error) {
			return s.leakMount(t, "isolab-"+s.run, "tmpfs", 0)
		}},
		{"bind mount", []testenv.Feature{testenv.Root}, Mounts, 0, func(t *testing.T, s scene) (string, func() error) {
			return s.leakMount(t, s.state, "", unix.MS_BIND)
		}},
		{"process", nil, Processes, 0, leakProcess},
		{"daemon", nil, Processes, 0, leakDaemon},
		{"process in a cgroup", []testenv.Feature{testenv.Root, testenv.Cgroup2}, Processes, 1, leakMember},
		{"swap file", []testenv.Feature{testenv.Root, testenv.Tool("mkswap", "util-linux")}, Swaps, 0, leakSwap},
		{"loop device", []testenv.Feature{testenv.Root, testenv.Tool("losetup", "mount")}, Loops, 0, leakLoop},
		{"file", nil, Files, 0, leakFile},
		{"descriptor", nil, Descriptors, 0, leakDescriptor},
	}
}

// TestSeededLeakersAreFound: each leaker's thing, and nothing else, is in the
// receipt; and not any more once it is cleared up.
func TestSeededLeakersAreFound(t *testing.T) {
	found := 0
	for i, l := range leakers() {
		t.Run(l.name, func(t *testing.T) {
			testenv.Need(t, append([]testenv.Feature{testenv.Linux}, l.needs...)...)
			s := scene{run: fmt.Sprintf("t%dp%d", i, os.Getpid()), state: t.TempDir(), dir: t.TempDir(), daemon: daemon{"theirs": "another"}}
			before := s.look(t)
			name, undo := l.leak(t, s)
			r := Compare(before, s.look(t), []string{s.run})
			if !slices.ContainsFunc(r.Left, func(i Item) bool { return i.Kind == l.kind && i.Name == name }) || len(r.Left) != 1+l.besides {
				t.Errorf("want %s %q, left %v", l.kind, name, r.Left)
			} else {
				found++
			}
			if err := undo(); err != nil {
				t.Fatalf("clear up: %v", err)
			}
			if r := Compare(before, s.look(t), []string{s.run}); !r.Clean() {
				t.Errorf("cleared up, yet %v", r)
			}
		})
	}
	t.Logf("%d of %d found", found, len(leakers()))
}

func leakContainer(_ *testing.T, s scene) (string, func() error) {
	s.daemon["isolab-hungry"] = s.run
	return "isolab-hungry", func() error { delete(s.daemon, "isolab-hungry"); return nil }
}

// mountOf finds where a hierarchy is mounted.
func mountOf(t *testing.T, fstype, option string) string {
	t.Helper()
	infos, err := machine{"/"}.mountinfo()
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range infos {
		if info.FSType == fstype && (option == "" || slices.Contains(strings.Split(info.VFSOptions, ","), option)) {
			return info.Mountpoint
		}
	}
	t.Skip("no " + fstype + " hierarchy with " + option)
	return ""
}

func leakCgroup(t *testing.T, top, name string) (string, func() error) {
	t.Helper()
	dir := filepath.Join(top, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	undo := func() error {
		err := os.Remove(dir)
		for up := filepath.Dir(dir); err == nil && up != top; up = filepath.Dir(up) {
			if os.Remove(up) != nil {
				break // in use by another test
			}
		}
		return err
	}
	return dir, undo
}

func (s scene) leakMount(t *testing.T, source, fstype string, flags uintptr) (string, func() error) {
	t.Helper()
	target := filepath.Join(s.dir, "isolab-"+s.run+"-scratch")
	if err := os.Mkdir(target, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(source, target, fstype, flags, ""); err != nil {
		t.Fatal(err)
	}
	return target, func() error { return unix.Unmount(target, 0) }
}

func sleeper(s scene) *exec.Cmd {
	cmd := exec.Command("sleep", "300")
	cmd.Env = append(os.Environ(), "OTHER_"+actions.NonceEnv+"=no", actions.NonceEnv+"="+s.run)
	return cmd
}

// leakProcess: package os would keep a pidfd open for its child, which is a
// descriptor left behind as well; only the process is of interest here.
func leakProcess(t *testing.T, s scene) (string, func() error) {
	cmd := sleeper(s)
	return spawn(t, cmd.Path, cmd.Args, cmd.Env)
}

// spawn starts a process without a pidfd.
func spawn(t *testing.T, path string, args, env []string) (string, func() error) {
	t.Helper()
	pid, err := syscall.ForkExec(path, args, &syscall.ProcAttr{Env: env, Files: []uintptr{0, 1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d sleep", pid), func() error {
		_ = syscall.Kill(pid, syscall.SIGKILL)
		_, err := syscall.Wait4(pid, nil, 0, nil)
		return err
	}
}

// leakDaemon leaves a process of another session, whose parent is gone.
func leakDaemon(t *testing.T, s scene) (string, func() error) {
	t.Helper()
	file := filepath.Join(s.dir, "pid")
	cmd := exec.Command("sh", "-c", `setsid sh -c 'sleep 300 & echo $$ $! >"$1"' sh "$1" </dev/null >/dev/null 2>&1 &`, "sh", file)
	cmd.Env = sleeper(s).Env
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	var parent, pid int
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		text, _ := os.ReadFile(file)
		if _, err := fmt.Sscan(string(text), &parent, &pid); err != nil {
			continue
		}
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, rest, sleeps := strings.Cut(string(stat), " (sleep) ") // then its state and its parent
		if sleeps && strings.Fields(rest)[1] != strconv.Itoa(parent) {
			break
		}
	}
	return fmt.Sprintf("%d sleep", pid), func() error { return endAndWait(pid) }
}

// endAndWait kills a process that is not our child.
func endAndWait(pid int) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil {
		return err
	}
	_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 5000)
	return err
}

// leakMember leaves a process that has wiped its environment, in the run's cgroup.
func leakMember(t *testing.T, s scene) (string, func() error) {
	dir, removeGroup := leakCgroup(t, mountOf(t, "cgroup2", ""), "isolab-test-"+s.run)
	name, end := spawn(t, sleeper(s).Path, []string{"sleep", "300"}, nil)
	pid, _, _ := strings.Cut(name, " ")
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(pid), 0); err != nil {
		t.Fatal(err)
	}
	return name, func() error {
		err := errors.Join(end(), removeGroup())
		for i := 0; errors.Is(err, syscall.EBUSY) && i < 1000; i++ { // a moment after the kill
			time.Sleep(time.Millisecond)
			err = removeGroup()
		}
		return err
	}
}

func leakSwap(t *testing.T, s scene) (string, func() error) {
	t.Helper()
	path := s.file(t, 1<<20)
	if out, err := exec.Command("mkswap", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := swap(unix.SYS_SWAPON, path); err != nil {
		t.Skipf("this machine takes no swap file: %v", err)
	}
	return path, func() error { return swap(unix.SYS_SWAPOFF, path) }
}

func swap(call uintptr, path string) error {
	name, err := unix.BytePtrFromString(path)
	if err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(call, uintptr(unsafe.Pointer(name)), 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// file makes a file without holes.
func (s scene) file(t *testing.T, size int) string {
	t.Helper()
	path := filepath.Join(s.dir, "isolab-"+s.run+"-file")
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func leakLoop(t *testing.T, s scene) (string, func() error) {
	t.Helper()
	out, err := exec.Command("losetup", "--find", "--show", s.file(t, 1<<20)).CombinedOutput()
	if err != nil {
		t.Skipf("this machine has no loop device to give: %s", out)
	}
	device := strings.TrimSpace(string(out))
	return device, func() error { return exec.Command("losetup", "--detach", device).Run() }
}

func leakFile(t *testing.T, s scene) (string, func() error) {
	t.Helper()
	path := filepath.Join(s.state, "isolab-"+s.run+".tmp")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, func() error { return os.Remove(path) }
}

func leakDescriptor(t *testing.T, s scene) (string, func() error) {
	t.Helper()
	path := filepath.Join(s.dir, "forgotten")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", f.Fd(), path), f.Close
}

func BenchmarkTake(b *testing.B) {
	sources := append(Host("/"), FilesIn(b.TempDir()), OwnDescriptors(nil))
	for b.Loop() {
		if _, err := Take(context.Background(), sources...); err != nil {
			b.Fatal(err)
		}
	}
}

//go:build linux

package embedded_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded"
	"isolab/schema/testenv"
	"isolab/schema/unit"
)

func TestRun_exitCode(t *testing.T) {
	exit, _, stderr := run(t, newRuntime(t), runtime.Spec{Command: inside("exit", "7")})
	if exit.Code != 7 || exit.Signal != 0 {
		t.Fatalf("got %+v, want code 7\n%s", exit, stderr)
	}
}

// The kernel names each namespace by its inode; a container shares none.
func TestRun_everyNamespaceIsItsOwn(t *testing.T) {
	rt := newRuntime(t)
	kinds := []string{"pid", "mnt", "uts", "ipc", "net", "cgroup"}
	var paths []string
	for _, kind := range kinds {
		paths = append(paths, "/proc/self/ns/"+kind)
	}
	seen := strings.Fields(output(t, rt, runtime.Spec{Command: inside(append([]string{"links"}, paths...)...)}))
	for i, kind := range kinds {
		host, err := os.Readlink(paths[i])
		if err != nil {
			t.Fatal(err)
		}
		if seen[i] == host || !strings.HasPrefix(seen[i], kind+":[") {
			t.Errorf("%s namespace inside is %s, on the host %s", kind, seen[i], host)
		}
	}
}

func TestRun_nothingIsMountedOnTheHost(t *testing.T) {
	rt := newRuntime(t)
	container := start(t, rt, runtime.Spec{Command: inside("sleep", "60")})
	for mount := range strings.Lines(read(t, "/proc/self/mountinfo")) {
		if strings.Contains(mount, container) || strings.Contains(mount, t.Name()) {
			t.Errorf("while %s runs: %s", container, mount)
		}
	}
}

func TestRun_seesItsOwnCgroupAsRoot(t *testing.T) {
	for line := range strings.Lines(output(t, newRuntime(t), runtime.Spec{Command: inside("cat", "/proc/self/cgroup")})) {
		if !strings.HasSuffix(strings.TrimSpace(line), ":/") {
			t.Errorf("%q, want the root", line)
		}
	}
}

func TestRun_isCountedInItsCgroup(t *testing.T) {
	rt := newRuntime(t)
	container := start(t, rt, runtime.Spec{Command: inside("sleep", "60")})
	i, err := rt.Inspect(bounded(t), container)
	if err != nil {
		t.Fatal(err)
	}
	host, err := cgroup.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	group, err := host.OfPID(i.PID)
	if err != nil {
		t.Fatal(err)
	}
	procs, err := group.Procs()
	if group.Name() != i.CgroupName || err != nil || !slices.Equal(procs, []int{i.PID}) {
		t.Errorf("process %d is in %s with %v, %v; want %s", i.PID, group.Name(), procs, err, i.CgroupName)
	}
}

// One task is all that a container of one command is: the limit holds from the
// start, and nothing of the set-up counts.
func TestRun_onePIDIsEnough(t *testing.T) {
	one := int64(1)
	_, stdout, stderr := run(t, newRuntime(t), runtime.Spec{Command: inside("exit", "0"), Limits: runtime.Limits{PIDs: &one}})
	// The command is a Go program, which wants threads: that it was executed and
	// failed at this is the proof.
	if !strings.Contains(stderr, "failed to create new OS thread") {
		t.Errorf("stdout %q, stderr %q", stdout, stderr)
	}
}

func TestRun_limitsAreTheKernels(t *testing.T) {
	rt := newRuntime(t)
	cpus, memory, pids := unit.CPUs(0.5), 64*unit.MiB, int64(50)
	container := start(t, rt, runtime.Spec{Command: inside("sleep", "60"),
		Limits: runtime.Limits{CPUs: &cpus, Memory: &memory, PIDs: &pids}})
	reading := kernel(t, rt, container)
	if reading.CPU.Limit != cpus || reading.Memory.Limit != memory || reading.Pids.Limit != pids {
		t.Errorf("the kernel has %v, %v, %d", reading.CPU.Limit, reading.Memory.Limit, reading.Pids.Limit)
	}
	cpus, pids = 1, 60
	if err := rt.Update(bounded(t), container, runtime.Limits{CPUs: &cpus, PIDs: &pids}); err != nil {
		t.Fatal(err)
	}
	reading = kernel(t, rt, container)
	if reading.CPU.Limit != cpus || reading.Memory.Limit != memory || reading.Pids.Limit != pids {
		t.Errorf("after the update the kernel has %v, %v, %d", reading.CPU.Limit, reading.Memory.Limit, reading.Pids.Limit)
	}
}

func TestRun_outOfMemory(t *testing.T) {
	memory := 32 * unit.MiB
	exit, _, _ := run(t, newRuntime(t), runtime.Spec{Command: inside("eat", "200"), Limits: runtime.Limits{Memory: &memory}})
	if exit.Code != 137 || exit.Signal != 9 || !exit.OOMKilled || exit.Final.OOMKills < 1 {
		t.Errorf("exit %+v", exit)
	}
	for _, field := range []string{"oom_kills", "memory_peak", "failures", "cpu"} {
		if exit.Final.Origins[field] == "" {
			t.Errorf("%s has no origin", field)
		}
	}
}

// What is put on the container's own disk is on the disk that holds the data.
func TestRun_writableLayerIsOnDisk(t *testing.T) {
	rt := newRuntime(t)
	if got := output(t, rt, runtime.Spec{Command: inside("write", "/tmp/x", "text")}); got != "" {
		t.Error(got)
	}
}

func TestRun_floodIsBounded(t *testing.T) {
	rt := newRuntime(t)
	container := start(t, rt, runtime.Spec{Command: inside("flood", "64")})
	if exit, err := rt.Wait(bounded(t), container); err != nil || exit.Code != 0 {
		t.Fatal(exit, err)
	}
	var kept bytes.Buffer
	if err := rt.Logs(bounded(t), container, &kept, nil); err != nil || kept.Len() != 1<<20 {
		t.Errorf("kept %d bytes, %v", kept.Len(), err)
	}
}

func TestStart_noSuchCommand(t *testing.T) {
	rt := newRuntime(t)
	container := create(t, rt, runtime.Spec{Command: []string{"no-such-command"}})
	err := rt.Start(bounded(t), container)
	if err == nil || !errors.Is(err, os.ErrNotExist) && !strings.Contains(err.Error(), "not found") {
		t.Errorf("start: %v", err)
	}
	exit, err := rt.Wait(bounded(t), container)
	if err != nil || exit.Code != 127 || exit.Err == "" {
		t.Errorf("exit %+v, %v", exit, err)
	}
}

func TestStart_again(t *testing.T) {
	rt := newRuntime(t)
	container := start(t, rt, runtime.Spec{Command: inside("exit", "3")})
	for range 3 {
		if exit, err := rt.Wait(bounded(t), container); err != nil || exit.Code != 3 {
			t.Fatal(exit, err)
		}
		if err := rt.Start(bounded(t), container); err != nil {
			t.Fatal(err)
		}
	}
	if i, err := rt.Inspect(bounded(t), container); err != nil || i.Restarts != 3 {
		t.Errorf("%+v, %v", i, err)
	}
}

func TestStop(t *testing.T) {
	rt := newRuntime(t)
	for _, test := range []struct {
		tool string
		init bool
		code int
	}{{"term", false, 7}, {"term", true, 7}, {"ignore", false, 137}, {"ignore", true, 137}} {
		t.Run(fmt.Sprintf("%s_init_%v", test.tool, test.init), func(t *testing.T) {
			container := start(t, rt, runtime.Spec{Command: inside(test.tool), Init: test.init})
			printed(t, rt, container, "ready\n")
			if err := rt.Stop(bounded(t), container, 500*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			exit, err := rt.Wait(bounded(t), container)
			if err != nil || exit.Code != test.code {
				t.Errorf("exit %+v, %v; want code %d", exit, err, test.code)
			}
		})
	}
}

func TestInit_reapsOrphans(t *testing.T) {
	rt := newRuntime(t)
	for init, want := range map[bool]string{true: "0", false: "5"} {
		if got := output(t, rt, runtime.Spec{Command: inside("orphans", "parent"), Init: init}); got != want {
			t.Errorf("with init %v: %s zombies, want %s", init, got, want)
		}
	}
}

// A storm of forks ends with its container, and fast.
func TestRemove_forkStorm(t *testing.T) {
	rt := newRuntime(t)
	pids, memory := int64(300), 512*unit.MiB
	container := start(t, rt, runtime.Spec{Command: inside("storm"), Limits: runtime.Limits{PIDs: &pids, Memory: &memory}})
	for kernel(t, rt, container).Pids.Current < 250 {
		time.Sleep(10 * time.Millisecond)
	}
	i, err := rt.Inspect(bounded(t), container)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := rt.Remove(bounded(t), container); err != nil {
		t.Fatal(err)
	}
	t.Logf("removed in %v", time.Since(begun))
	host, err := cgroup.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	if names, err := host.Names(i.CgroupName); err != nil || len(names) > 0 {
		t.Errorf("cgroups %v are left, %v", names, err)
	}
}

func TestPause_countsNoTime(t *testing.T) {
	rt := newRuntime(t)
	container := start(t, rt, runtime.Spec{Command: inside("sleep", "60")})
	if err := rt.Pause(bounded(t), container); err != nil {
		t.Fatal(err)
	}
	i, err := rt.Inspect(bounded(t), container)
	if err != nil || i.State != runtime.StatePaused {
		t.Fatalf("%+v, %v", i, err)
	}
	if _, err := rt.Exec(bounded(t), container, runtime.ExecSpec{Command: inside("exit", "0")}); !errors.Is(err, runtime.ErrNotRunning) {
		t.Errorf("exec in a paused container: %v", err)
	}
	if err := rt.Unpause(bounded(t), container); err != nil {
		t.Fatal(err)
	}
	if err := rt.Signal(bounded(t), container, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestCreate_undoesWhatItMadeWhenItFails(t *testing.T) {
	rt := newRuntime(t)
	container, memory := name(), unit.Byte
	_, err := rt.Create(bounded(t), runtime.Spec{Name: container, Image: "workload", Command: inside("exit", "0"),
		Limits: runtime.Limits{Memory: &memory}})
	if err == nil || !strings.Contains(err.Error(), "least is 6 MiB") {
		t.Fatal(err)
	}
	if _, err := rt.Inspect(bounded(t), container); !errors.Is(err, runtime.ErrNotFound) {
		t.Error(err)
	}
}

func TestCreate_refuses(t *testing.T) {
	rt := newRuntime(t)
	for what, spec := range map[string]runtime.Spec{
		"network": {Network: "bridge"}, "sandbox": {Isolation: "sandbox"}, "runtime": {Runtime: "runsc"},
	} {
		spec.Name, spec.Image, spec.Command = name(), "workload", inside("exit", "0")
		if _, err := rt.Create(bounded(t), spec); !errors.Is(err, runtime.ErrUnsupported) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestVolume_isSharedAndGoesWithItsLastContainer(t *testing.T) {
	rt := newRuntime(t)
	labels := map[string]string{"isolab.run": "r1"}
	mounts := []runtime.Mount{{Kind: runtime.MountVolume, Source: "data", Target: "/data"}}
	first := start(t, rt, runtime.Spec{Command: inside("write", "/data/file", "kept"), Labels: labels, Mounts: mounts})
	if exit, err := rt.Wait(bounded(t), first); err != nil || exit.Code != 0 {
		t.Fatal(exit, err)
	}
	if got := output(t, rt, runtime.Spec{Command: inside("cat", "/data/file"), Labels: labels, Mounts: mounts}); got != "kept" {
		t.Error(got)
	}
}

// Without its record a container is known by the name of its cgroup, and without
// that it is not taken for removed.
func TestRemove_unreadableRecord(t *testing.T) {
	testenv.Need(t, testenv.Linux, testenv.Root)
	state, data := t.TempDir(), t.TempDir()
	rt, err := embedded.New(embedded.Options{StateDir: state, DataDir: data, Executable: executable})
	if err != nil {
		t.Fatal(err)
	}
	container := name()
	defer removeRunGroup(t, "isolab-test-"+container)
	if _, err := rt.Create(bounded(t), runtime.Spec{Name: container, Image: "workload", Command: inside("sleep", "600"), CgroupPath: "isolab-test-" + container}); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(bounded(t), container); err != nil {
		t.Fatal(err)
	}
	seen, err := rt.Inspect(bounded(t), container)
	if err != nil {
		t.Fatal(err)
	}
	record, link := filepath.Join(state, "containers", container, "state.json"), filepath.Join(state, "containers", container, "cgroup")
	if err := os.WriteFile(record, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(link, link+".away"); err != nil {
		t.Fatal(err)
	}
	if err := rt.Remove(bounded(t), container); err == nil || !strings.Contains(err.Error(), "end its processes") || !running(seen.PID) {
		t.Errorf("without a name of the cgroup: %v", err)
	}
	if err := os.Rename(link+".away", link); err != nil {
		t.Fatal(err)
	}
	if err := rt.Remove(bounded(t), container); err != nil || running(seen.PID) {
		t.Errorf("with it: %v, running %v", err, running(seen.PID))
	}
	if _, err := os.Stat(filepath.Dir(record)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its directory: %v", err)
	}
}

func running(pid int) bool { return unix.Kill(pid, 0) == nil }

func TestExec(t *testing.T) {
	rt := newRuntime(t)
	container := start(t, rt, runtime.Spec{Command: inside("sleep", "60"), Env: []string{"A=1"}})
	var stdout, stderr bytes.Buffer
	result, err := rt.Exec(bounded(t), container, runtime.ExecSpec{Command: inside("cat", "/proc/1/cmdline", "/proc/self/cgroup", "/proc/self/status"),
		Stdout: &stdout, Stderr: &stderr})
	if err != nil || result.Code != 0 {
		t.Fatalf("%+v, %v\n%s", result, err, stderr.String())
	}
	if !strings.Contains(stdout.String(), ":memory:/\n") && !strings.Contains(stdout.String(), "0::/\n") {
		t.Errorf("not at the top of its cgroups:\n%s", stdout.String())
	}
	for _, want := range []string{"sleep\x0060", "CapEff:\t00000000a80425fb", "CapBnd:\t00000000a80425fb", "Seccomp:\t2"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in\n%s", want, stdout.String())
		}
	}
	result, err = rt.Exec(bounded(t), container, runtime.ExecSpec{Command: inside("exit", "9")})
	if err != nil || result.Code != 9 {
		t.Errorf("%+v, %v", result, err)
	}
	result, err = rt.Exec(bounded(t), container, runtime.ExecSpec{Command: []string{"no-such-command"}})
	if err == nil || result.Code != 127 {
		t.Errorf("%+v, %v", result, err)
	}
	stdout.Reset()
	result, err = rt.Exec(bounded(t), container, runtime.ExecSpec{Command: inside("id"), User: "1234:55", WorkDir: "/tmp", Stdout: &stdout, Stderr: &stdout})
	if err != nil || stdout.String() != "1234 55 [] /tmp\n" {
		t.Errorf("%q, %+v, %v", stdout.String(), result, err)
	}
}

func TestExec_leavesNothing(t *testing.T) {
	rt := newRuntime(t)
	container := start(t, rt, runtime.Spec{Command: inside("sleep", "60")})
	for range 5 {
		if _, err := rt.Exec(bounded(t), container, runtime.ExecSpec{Command: inside("exit", "0")}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := rt.Top(bounded(t), container)
	if err != nil || len(list) != 1 || !strings.Contains(list[0].Command, "sleep 60") || list[0].User != "root" && list[0].User != "0" {
		t.Errorf("%+v, %v", list, err)
	}
}

// printed waits until a container has printed a text.
func printed(t *testing.T, rt runtime.Runtime, container, want string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var out bytes.Buffer
		if err := rt.Logs(bounded(t), container, &out, nil); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(out.String(), want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("printed %q, want %q", out.String(), want)
		}
	}
}

func kernel(t *testing.T, rt runtime.Runtime, container string) cgroup.Reading {
	t.Helper()
	i, err := rt.Inspect(bounded(t), container)
	if err != nil {
		t.Fatal(err)
	}
	host, err := cgroup.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	group, err := host.Group(i.CgroupName)
	if err != nil {
		t.Fatal(err)
	}
	reading, err := group.Read(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	return reading
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Entering a container forks a program of several threads, at whatever moment
// the Go runtime is in.
func TestExec_manyAtOnce(t *testing.T) {
	rt := newRuntime(t)
	container := start(t, rt, runtime.Spec{Command: inside("sleep", "300")})
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for range 40 {
				if result, err := rt.Exec(bounded(t), container, runtime.ExecSpec{Command: inside("exit", fmt.Sprint(worker))}); err != nil || result.Code != worker {
					t.Error(result, err)
					return
				}
			}
		})
	}
	all.Wait()
}

package workload_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"isolab/schema/testenv"
	"isolab/schema/unit"
)

// group makes a cgroup with a limit, in the controller's own hierarchy of cgroup
// v1 or in the one of v2, and removes it with the test. v1 and v2 are the names
// of the file that holds the limit.
func group(t *testing.T, controller, v1, v2, limit string) string {
	t.Helper()
	testenv.Need(t, testenv.Root)
	parent, file := "/sys/fs/cgroup/"+controller, v1
	if data, err := os.ReadFile("/sys/fs/cgroup/cgroup.controllers"); err == nil && strings.Contains(string(data), controller) {
		parent, file = "/sys/fs/cgroup", v2
		_ = os.WriteFile(parent+"/cgroup.subtree_control", []byte("+"+controller), 0)
	}
	if _, err := os.Stat(parent); err != nil {
		t.Skipf("needs the %s controller of cgroup v1 or v2", controller)
	}
	dir := filepath.Join(parent, fmt.Sprintf("isolab-test-%d-%s", os.Getpid(), t.Name()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { eventually(t, "the cgroup is removed", func() bool { return os.Remove(dir) == nil }) })
	if err := os.WriteFile(filepath.Join(dir, file), []byte(limit), 0); err != nil {
		t.Fatal(err)
	}
	return dir
}

// inside runs a shell command line in the cgroup.
func inside(t *testing.T, dir, line string) outcome {
	t.Helper()
	return finish(t, command(t, "sh", "-c", "echo $$ > "+dir+"/cgroup.procs; "+line))
}

func memoryGroup(t *testing.T, limit unit.Size) string {
	t.Helper()
	dir := group(t, "memory", "memory.limit_in_bytes", "memory.max", strconv.FormatInt(int64(limit), 10))
	for _, swap := range []string{"memory.swap.max", "memory.memsw.limit_in_bytes"} {
		if _, err := os.Stat(filepath.Join(dir, swap)); err == nil {
			value := map[bool]string{true: "0", false: strconv.FormatInt(int64(limit), 10)}[swap == "memory.swap.max"]
			_ = os.WriteFile(filepath.Join(dir, swap), []byte(value), 0)
		}
	}
	return dir
}

func TestEatmemory_inALimitedCgroup(t *testing.T) {
	dir := memoryGroup(t, 64*unit.MiB)
	if got := inside(t, dir, "exec eatmemory --exit 48MiB"); got.code != 0 {
		t.Errorf("48 MiB of 64: %+v", got)
	}
	if got := inside(t, dir, "exec eatmemory --exit 128MiB"); got.code != 137 || strings.Contains(got.out, "done") {
		t.Errorf("128 MiB of 64: %+v", got)
	}
}

// The shell tells how its command ended.
func TestSh_reportsAnOutOfMemoryKill(t *testing.T) {
	dir := memoryGroup(t, 64*unit.MiB)
	got := inside(t, dir, "eatmemory --exit 128MiB; echo code $?")
	if got.code != 0 || !strings.HasSuffix(got.out, "code 137\n") || got.errors != "Killed\n" {
		t.Errorf("got %+v", got)
	}
}

func TestStress_workerOutOfMemory(t *testing.T) {
	dir := memoryGroup(t, 64*unit.MiB)
	got := inside(t, dir, "exec stress --vm 3 --vm-bytes 32M --vm-hang 0 --timeout 20s")
	if got.code != 1 || !strings.Contains(got.errors, "got signal 9\n") || !strings.Contains(got.errors, "(451) failed run completed in") {
		t.Errorf("got %+v", got)
	}
	if got := inside(t, dir, "exec stress --vm 1 --vm-bytes 32M --vm-hang 0 --timeout 1s"); got.code != 0 {
		t.Errorf("one worker has room: %+v", got)
	}
}

// Every child is one task: spawned and own threads make up the limit.
func TestSpawn_inALimitedCgroup(t *testing.T) {
	const limit = 20
	dir := group(t, "pids", "pids.max", "pids.max", strconv.Itoa(limit))
	for _, line := range []string{"exec spawn --count 50 --json", "exec forkbomb --max 500 --json"} {
		got := inside(t, dir, line)
		var counted struct{ Attempts, Spawned, Refused, Threads int }
		if err := json.Unmarshal([]byte(got.out), &counted); err != nil {
			t.Fatalf("%v: %+v", err, got)
		}
		if counted.Spawned == 0 || counted.Spawned+counted.Threads > limit || counted.Spawned+counted.Threads < limit-3 {
			t.Errorf("%s: %+v under a limit of %d", line, counted, limit)
		}
		if counted.Attempts != counted.Spawned+counted.Refused || counted.Refused < 20 {
			t.Errorf("%s: %+v", line, counted)
		}
	}
	if events, _ := os.ReadFile(filepath.Join(dir, "pids.events")); strings.TrimSpace(string(events)) == "max 0" {
		t.Errorf("the kernel counted no refusal: %q", events)
	}
	if got := inside(t, dir, "exec spawn --count 50"); !strings.Contains(got.out, "(resource temporarily unavailable)") {
		t.Errorf("got %+v", got)
	}
}

// A disk that fills up: the part that fitted is counted.
func TestDisk_full(t *testing.T) {
	testenv.Need(t, testenv.Root)
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "isolab-test", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", dir).Run() })
	got := run(t, "disk", "--size", "4MiB", "--bs", "64KiB", "--file", dir+"/f", "--json")
	var report struct {
		Error string
		Write struct{ Bytes int64 }
	}
	if err := json.Unmarshal([]byte(got.out), &report); err != nil {
		t.Fatal(err)
	}
	if got.code != 1 || report.Error != "no space left on device" || report.Write.Bytes != 1<<20 ||
		!strings.Contains(got.errors, "no space left on device; 1048576 bytes were written before") {
		t.Errorf("got %+v", got)
	}
	dd := run(t, "dd", "if=/dev/zero", "of="+dir+"/g", "bs=64K")
	if dd.code != 1 || !strings.Contains(dd.errors, `g": No space left on device`) || !strings.Contains(dd.errors, "16+0 records out\n1048576 bytes") {
		t.Errorf("dd: %+v", dd)
	}
}

// A shell says that it cannot make a process, and goes on: its own runtime needs no
// thread that the limit would refuse it.
func TestSh_survivesALimitOnTasks(t *testing.T) {
	dir := group(t, "pids", "pids.max", "pids.max", "24")
	for range 3 {
		got := inside(t, dir, "i=0; while [ $i -lt 40 ]; do sleep 1 & i=$((i+1)); done 2>/dev/null; wait; echo alive")
		if !strings.Contains(got.out, "alive\n") {
			t.Fatalf("got %+v", got)
		}
	}
}

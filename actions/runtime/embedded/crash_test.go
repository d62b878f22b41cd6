//go:build linux

package embedded_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded"
	"isolab/schema/testenv"
)

// engine is a process that runs a container and is going to be killed. Its
// directories, the container's name and a mark that all of the container's
// processes carry come by the environment.
func engine() int {
	dirs := strings.Split(os.Getenv("ISOLAB_TEST_ENGINE"), ":")
	container := os.Getenv("ISOLAB_TEST_NAME")
	rt, err := embedded.New(embedded.Options{StateDir: dirs[0], DataDir: dirs[1], Executable: os.Getenv("ISOLAB_TEST_EXECUTABLE")})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("begun")
	ctx := context.Background()
	pids := int64(60)
	_, err = rt.Create(ctx, runtime.Spec{Name: container, Image: "workload", Command: inside("storm"), Env: []string{"ISOLAB_RUN=" + container},
		CgroupPath: "isolab-test-" + container, Limits: runtime.Limits{PIDs: &pids},
		Mounts: []runtime.Mount{{Kind: runtime.MountVolume, Source: "v", Target: "/v"}}})
	if err == nil {
		err = rt.Start(ctx, container)
	}
	if err == nil {
		go func() { _, _ = rt.Exec(ctx, container, runtime.ExecSpec{Command: inside("sleep", "60")}) }()
		time.Sleep(20 * time.Millisecond)
		err = rt.Remove(ctx, container)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("done")
	return 0
}

// crashes is how often an engine is killed; ISOLAB_CRASHES asks for more.
func crashes() int {
	if n, err := strconv.Atoi(os.Getenv("ISOLAB_CRASHES")); err == nil {
		return n
	}
	return 20
}

// An engine is killed at any moment of a container's life, and another process
// that knows the name alone removes all there is.
func TestRemove_afterTheEngineWasKilled(t *testing.T) {
	testenv.Need(t, testenv.Linux, testenv.Root)
	state, data := t.TempDir(), t.TempDir()
	whole := min(lifetime(t, state, data), lifetime(t, state, data), lifetime(t, state, data))
	t.Logf("an undisturbed life takes %v", whole)
	for range crashes() {
		container := name()
		killAt(t, state, data, container, time.Duration(rand.Int64N(int64(whole)*11/10)))
		fresh, err := embedded.New(embedded.Options{StateDir: state, DataDir: data})
		if err != nil {
			t.Fatal(err)
		}
		if err := fresh.Remove(bounded(t), container); err != nil {
			t.Fatal(err)
		}
		removeRunGroup(t, "isolab-test-"+container)
		if left := leftovers(t, state, data, container); len(left) > 0 {
			t.Fatalf("left behind: %q", left)
		}
	}
}

func engineCommand(state, data, container string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "ISOLAB_TEST_ENGINE="+state+":"+data, "ISOLAB_TEST_NAME="+container, "ISOLAB_TEST_EXECUTABLE="+executable)
	return cmd
}

// lifetime is how long an engine takes from "begun" to its end.
func lifetime(t *testing.T, state, data string) time.Duration {
	t.Helper()
	container := name()
	defer removeRunGroup(t, "isolab-test-"+container)
	begun := time.Now()
	out, err := engineCommand(state, data, container).CombinedOutput()
	if err != nil || !bytes.HasSuffix(out, []byte("done\n")) {
		t.Fatalf("%v: %s", err, out)
	}
	return time.Since(begun)
}

func killAt(t *testing.T, state, data, container string, after time.Duration) {
	t.Helper()
	cmd := engineCommand(state, data, container)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// leftovers looks for everything that could carry the container's name.
func leftovers(t *testing.T, state, data, container string) (left []string) {
	t.Helper()
	host, err := cgroup.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	names, err := host.Names("isolab-test-" + container)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		left = append(left, "cgroup "+n)
	}
	for _, dir := range []string{state, data} {
		found, _ := filepath.Glob(filepath.Join(dir, "*", "*", "*"))
		more, _ := filepath.Glob(filepath.Join(dir, "*", "*"))
		left = append(left, append(found, more...)...)
	}
	if strings.Contains(read(t, "/proc/self/mountinfo"), container) {
		left = append(left, "mount")
	}
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environs {
		if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, []byte("ISOLAB_RUN="+container)) {
			left = append(left, path)
		}
	}
	return left
}

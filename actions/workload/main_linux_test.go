package workload_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"isolab/actions/workload"
)

// TestMain makes the test binary the multi-call program: started under an
// applet's name, it is that applet.
func TestMain(m *testing.M) {
	if code, handled := workload.Main(os.Args); handled {
		os.Exit(code)
	}
	code := m.Run()
	if quickDir != "" {
		os.RemoveAll(quickDir)
	}
	os.Exit(code)
}

// command prepares an applet as a real process, with a PATH of applets only.
func command(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	bin := once(t, links)
	c := exec.Command(filepath.Join(bin, name), args...)
	c.Dir, c.Env = t.TempDir(), []string{"PATH=" + bin, "HOME=/"}
	return c
}

// program is the test binary. With the race detector it needs half a second to
// start, so that only what works on many threads is tested with it.
func program(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if raceDetector && !strings.HasPrefix(t.Name(), "TestStress") && !strings.HasPrefix(t.Name(), "TestDisk") {
		path, err = quick()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var quickDir string

// quick builds the program without the race detector, once.
var quick = sync.OnceValues(func() (string, error) {
	var err error
	if quickDir, err = os.MkdirTemp("", "workload-"); err != nil {
		return "", err
	}
	path := filepath.Join(quickDir, "program")
	if output, err := exec.Command("go", "build", "-o", path, "./testdata/program").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, output)
	}
	return path, nil
})

// links is a directory with a link to the program for each applet, as /bin of
// the image.
func links(t testing.TB) string {
	t.Helper()
	self, dir := program(t), t.TempDir()
	for _, a := range workload.Applets() {
		if err := os.Symlink(self, filepath.Join(dir, a.Name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// made holds what once has made, by test.
var made sync.Map

// once makes something the first time a test asks for it.
func once(t testing.TB, make func(testing.TB) string) string {
	t.Helper()
	if value, ok := made.Load(t.Name()); ok {
		return value.(string)
	}
	value := make(t)
	made.Store(t.Name(), value)
	t.Cleanup(func() { made.Delete(t.Name()) })
	return value
}

// outcome is how an applet ended; code is 128 plus the signal when one killed it.
type outcome struct {
	code        int
	out, errors string
}

// finish runs a prepared applet to its end.
func finish(t testing.TB, c *exec.Cmd) outcome {
	t.Helper()
	var out, complaints bytes.Buffer
	c.Stdout, c.Stderr = &out, &complaints
	err := c.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{code(c), out.String(), complaints.String()}
}

func code(c *exec.Cmd) int {
	if status := c.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		return 128 + int(status.Signal())
	}
	return c.ProcessState.ExitCode()
}

func run(t testing.TB, name string, args ...string) outcome {
	t.Helper()
	return finish(t, command(t, name, args...))
}

// decode runs an applet that prints one JSON document.
func decode[T any](t testing.TB, c *exec.Cmd) (v T) {
	t.Helper()
	got := finish(t, c)
	if err := json.Unmarshal([]byte(got.out), &v); err != nil || got.code != 0 {
		t.Fatalf("%v: code %d, %v\n%s%s", c.Args, got.code, err, got.out, got.errors)
	}
	return v
}

// background starts an applet, waits until its output has the text, and ends it
// with the test.
func background(t testing.TB, c *exec.Cmd, text string) *output {
	t.Helper()
	out := &output{grown: make(chan struct{}, 1)}
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	})
	out.await(t, text)
	return out
}

// status reads one field of /proc/<pid>/status, its first word. The directory of a
// process may be missing for a moment: while a thread that is not its first executes
// a program, that thread takes over the process id.
func status(t testing.TB, pid int, field string) string {
	t.Helper()
	path := fmt.Sprintf("/proc/%d/status", pid)
	data, err := os.ReadFile(path)
	for tries := 0; errors.Is(err, os.ErrNotExist) && alive(pid) && tries < 100; tries++ {
		time.Sleep(time.Millisecond)
		data, err = os.ReadFile(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if value, found := strings.CutPrefix(line, field+":"); found {
			return strings.Fields(value)[0]
		}
	}
	t.Fatalf("no %s in the status of %d", field, pid)
	return ""
}

// children are the process ids of a process's children.
func children(t testing.TB, pid int) (pids []int) {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		data, _ := os.ReadFile(task)
		for word := range strings.FieldsSeq(string(data)) {
			child, _ := strconv.Atoi(word)
			pids = append(pids, child)
		}
	}
	return pids
}

// eventually waits for a condition on the kernel's state.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Fatalf("not within 20 s: %s", what)
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

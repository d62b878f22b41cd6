//go:build linux

package embedded_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded"
	"isolab/actions/workload"
	"isolab/schema/testenv"
)

// TestMain makes this test binary what isolab is: its own container image.
func TestMain(m *testing.M) {
	if handled, code := embedded.Reexec(); handled {
		os.Exit(code)
	}
	if len(os.Args) > 2 && filepath.Base(os.Args[0]) == filepath.Base(workload.Binary) && os.Args[1] == "tool" {
		os.Exit(tool(os.Args[2], os.Args[3:]))
	}
	if code, handled := workload.Main(os.Args); handled {
		os.Exit(code)
	}
	if os.Getenv("ISOLAB_TEST_ENGINE") != "" {
		os.Exit(engine())
	}
	if dir := os.Getenv("ISOLAB_TEST_ROOTLESS"); dir != "" {
		os.Exit(rootlessUser(dir))
	}
	cleanUp, err := findExecutable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "build a static test binary:", err)
		os.Exit(1)
	}
	code := m.Run()
	cleanUp()
	os.Exit(code)
}

// inside is the command line of a tool of this file in a container.
func inside(args ...string) []string {
	return append([]string{workload.Binary, "tool"}, args...)
}

// newRuntime makes a runtime with directories of its own.
func newRuntime(t testing.TB) *embedded.Runtime {
	t.Helper()
	testenv.Need(t, testenv.Linux, testenv.Root)
	data := t.TempDir()
	// Root of a user namespace passes here, as it does below /var/lib.
	if err := os.Chmod(filepath.Dir(data), 0o755); err != nil {
		t.Fatal(err)
	}
	rt, err := embedded.New(embedded.Options{StateDir: t.TempDir(), DataDir: data, Executable: executable})
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

func bounded(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// name makes a container name that no other test has.
func name() string {
	id := make([]byte, 6)
	rand.Read(id)
	return "test-" + hex.EncodeToString(id)
}

// create makes a container that is removed at the end of the test.
func create(t testing.TB, rt *embedded.Runtime, spec runtime.Spec) string {
	t.Helper()
	if spec.Name == "" {
		spec.Name = name()
	}
	spec.Image = "workload"
	if spec.CgroupPath == "" {
		spec.CgroupPath = "isolab-test-" + spec.Name
		t.Cleanup(func() { removeRunGroup(t, spec.CgroupPath) })
	}
	if _, err := rt.Create(bounded(t), spec); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Remove(bounded(t), spec.Name); err != nil {
			t.Error(err)
		}
	})
	return spec.Name
}

func start(t testing.TB, rt *embedded.Runtime, spec runtime.Spec) string {
	t.Helper()
	container := create(t, rt, spec)
	if err := rt.Start(bounded(t), container); err != nil {
		t.Fatal(err)
	}
	return container
}

// run starts a container and waits for its end.
func run(t testing.TB, rt *embedded.Runtime, spec runtime.Spec) (exit runtime.Exit, stdout, stderr string) {
	t.Helper()
	container := start(t, rt, spec)
	exit, err := rt.Wait(bounded(t), container)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if err := rt.Logs(bounded(t), container, &out, &errs); err != nil {
		t.Fatal(err)
	}
	return exit, out.String(), errs.String()
}

// output is run for commands that must succeed; it returns trimmed stdout.
func output(t testing.TB, rt *embedded.Runtime, spec runtime.Spec) string {
	t.Helper()
	exit, stdout, stderr := run(t, rt, spec)
	if exit.Code != 0 {
		t.Fatalf("exit code %d\n%s%s", exit.Code, stdout, stderr)
	}
	return strings.TrimSpace(stdout)
}

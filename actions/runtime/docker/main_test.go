package docker_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"isolab/actions/runtime"
	"isolab/actions/runtime/docker"
	"isolab/actions/runtime/runtimetest"
	"isolab/schema/testenv"
)

// tools is where the workload program is built, once for all tests.
var tools string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "isolab-docker-test-")
	if err != nil {
		panic(err)
	}
	tools = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// program is the static workload program. The test binary cannot be it: with the
// race detector it is linked dynamically.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(tools, "workload")
	build := exec.Command("go", "build", "-o", path, "./testdata/workload")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	build.Stderr = os.Stderr
	return path, build.Run()
})

// open is a runtime on the machine's daemon with an image tag of its own, which
// is gone when the test ends.
func open(t *testing.T) *docker.Runtime {
	t.Helper()
	testenv.Need(t, testenv.Linux, testenv.Docker)
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	r, err := docker.New(docker.Options{Executable: path, WorkloadTag: "isolab/workload-test:" + nonce()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Images().Remove(context.Background(), "workload", ""); err != nil {
			t.Error(err)
		}
	})
	return r
}

func nonce() string {
	var b [6]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func TestConformance(t *testing.T) {
	runtimetest.Run(t, func(t *testing.T) runtime.Runtime { return open(t) })
}

func background(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

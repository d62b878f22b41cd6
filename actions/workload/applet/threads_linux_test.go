package applet_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"isolab/actions/workload/applet"
)

// TestFewThreadsChild is the child of TestFewThreads: it changes GOMAXPROCS.
func TestFewThreadsChild(t *testing.T) {
	if os.Getenv(childEnv) != "threads" {
		t.Skip("runs in the child of TestFewThreads")
	}
	for range 100 {
		applet.FewThreads()
	}
}

func TestFewThreads_returns(t *testing.T) {
	command := exec.Command(os.Args[0], "-test.run=^TestFewThreadsChild$", "-test.timeout=20s")
	command.Env = append(os.Environ(), childEnv+"=threads")
	began := time.Now()
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("after %s: %v\n%.600s", time.Since(began), err, output)
	}
}

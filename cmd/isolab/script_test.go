package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"isolab/schema/testenv"
)

// binary is the static isolab that the scripts run: the real thing, built once.
var binary string

func TestMain(m *testing.M) {
	if code, handled := part(os.Args); handled {
		os.Exit(code)
	}
	os.Exit(withBinary(m))
}

func withBinary(m *testing.M) int {
	dir, err := os.MkdirTemp("", "isolab-test-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "isolab")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build isolab: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// TestScripts runs testdata/script: each file is what a person types and sees.
func TestScripts(t *testing.T) {
	has := conditions(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"))
			env.Setenv("ISOLAB_STATE", filepath.Join(env.WorkDir, "state"))
			env.Setenv("NO_COLOR", "1")
			env.Setenv("DOCKER_HOST", "unix:///nonexistent.sock") // scripts that want Docker unset it
			return nil
		},
		Condition: func(name string) (bool, error) {
			ok, known := has[name]
			if !known {
				return false, fmt.Errorf("unknown condition %s", name)
			}
			return ok, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode":     exitCodeCommand,
			"nothing-left": nothingLeft,
		},
	})
}

// conditions are what scripts may ask for in brackets; what ISOLAB_REQUIRE
// promises has to be there.
func conditions(t *testing.T) map[string]bool {
	has := map[string]bool{}
	for name, feature := range map[string]testenv.Feature{
		"root": testenv.Root, "docker": testenv.Docker, "cgroup1": testenv.Cgroup1, "cgroup2": testenv.Cgroup2,
	} {
		has[name] = testenv.Has(t, feature)
	}
	return has
}

// exitCodeCommand runs `exitcode N command…` and checks the exit code.
func exitCodeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode code command [args…]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if exit, ok := err.(*exec.ExitError); ok {
		code = fmt.Sprint(exit.ExitCode())
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

// nothingLeft fails when the script's own runs have left a journal, a scratch file,
// a container of the embedded runtime or a mount. Other scripts run at the same time and are not looked at.
func nothingLeft(ts *testscript.TestScript, _ bool, _ []string) {
	state := ts.Getenv("ISOLAB_STATE")
	// Those that a run leaves empty have to be there: one by another name would hold nothing.
	for dir, stays := range map[string]bool{"journal": false, "scratch": false, "run/containers": true, "data/containers": true} {
		entries, err := os.ReadDir(filepath.Join(state, dir))
		if stays {
			ts.Check(err)
		}
		if len(entries) > 0 {
			ts.Fatalf("left behind in %s: %v", dir, entries)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	ts.Check(err)
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, state) {
			ts.Fatalf("left behind, a mount: %s", line)
		}
	}
}

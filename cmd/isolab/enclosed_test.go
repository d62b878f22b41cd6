package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"isolab/schema/testenv"
)

// sneak is a scenario whose command leaves its session and wipes its environment,
// by which the processes of a run are told otherwise.
const sneak = `isolab: 1
name: sneak
title: A command that hides
permissions: [host.exec]
steps:
  - host.exec: [sh, -c, "env -i setsid sleep 391817 >/dev/null 2>&1 </dev/null &"]
  - host.memory: {}
    expect: [result.total > 0B]
  - flow.sleep: WAIT
`

// TestWhatHidesIsFound ends such a command with the run, and after a SIGKILL of
// isolab with the next one.
func TestWhatHidesIsFound(t *testing.T) {
	testenv.Need(t, testenv.Root, testenv.Cgroup2)
	for name, wait := range map[string]string{"at the end": "10ms", "after a kill": "100s"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file, state := filepath.Join(dir, "sneak.yaml"), filepath.Join(dir, "state")
			if err := os.WriteFile(file, bytes.ReplaceAll([]byte(sneak), []byte("WAIT"), []byte(wait)), 0o600); err != nil {
				t.Fatal(err)
			}
			run := exec.Command(binary, "run", "-q", "--allow", "host.exec", "--runtime", "embedded", file)
			run.Env = append(os.Environ(), "ISOLAB_STATE="+state)
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			if wait == "100s" {
				until(t, "it hides", hidden)
				run.Process.Kill()
				run.Wait()
				if code, out := isolab(t, state, "clean"); code != 0 {
					t.Fatalf("clean: exit code %d\n%s", code, out)
				}
			} else if err := run.Wait(); err != nil {
				t.Fatal(err)
			}
			until(t, "it is gone", func() bool { return !hidden() })
		})
	}
}

// hidden reports whether the sneaking command runs.
func hidden() bool {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if line, _ := os.ReadFile(file); bytes.Equal(line, []byte("sleep\x00391817\x00")) {
			return true
		}
	}
	return false
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

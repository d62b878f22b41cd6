package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"isolab/schema/testenv"
)

// neighbour makes a container and a cgroup, and looks whether they stay: whoever
// removes the things of others makes a claim false.
const neighbour = `isolab: 1
name: neighbour
title: Lives beside others
containers:
  one: {command: [sleep, 60s], limits: {memory: 32MiB}}
steps:
  - container.start: one
  - cgroup.create: {name: yard, limits: {memory: 32MiB}}
  - cgroup.run: {cgroup: yard, command: [sleep, 60s], detach: true}
  - container.inspect: one
    always: {for: 1500ms}
    expect: [result.state == "running"]
  - cgroup.read: {cgroup: yard}
    expect: [result.populated, len(result.processes) == 1]
  - container.exec: {container: one, command: [ps]}
    expect: [result.exit_code == 0]
`

// TestNeighbours runs several engines on one state directory while others sweep
// it all the time. All of them pass, and nothing is left.
func TestNeighbours(t *testing.T) {
	for _, test := range []struct {
		runtime string
		engines int
	}{{"embedded", 2}, {"embedded", 8}, {"docker", 2}} {
		t.Run(fmt.Sprintf("%d on %s", test.engines, test.runtime), func(t *testing.T) {
			testenv.Need(t, testenv.Root)
			if test.runtime == "docker" {
				testenv.Need(t, testenv.Docker)
			}
			beside(t, test.runtime, test.engines)
		})
	}
}

func beside(t *testing.T, runtime string, engines int) {
	dir := t.TempDir()
	state, file := filepath.Join(dir, "state"), filepath.Join(dir, "neighbour.yaml")
	if err := os.WriteFile(file, []byte(neighbour), 0o600); err != nil {
		t.Fatal(err)
	}
	var going, sweeping sync.WaitGroup
	done := make(chan struct{})
	sweeps := 0
	sweeping.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			sweeps++
			if code, out := isolab(t, state, "clean"); code != 0 || strings.Contains(out, "removed ") {
				t.Errorf("a sweep has removed something of the living, exit code %d:\n%s", code, out)
			}
		}
	})
	var runs []string
	logs := make([]string, engines)
	for i := range engines {
		logs[i] = filepath.Join(dir, fmt.Sprint("log", i))
		going.Go(func() {
			if code, out := isolab(t, state, "run", "--runtime", runtime, "--report", "json="+logs[i], file); code != 0 {
				t.Errorf("engine %d: exit code %d:\n%s", i, code, out)
			}
		})
	}
	going.Wait()
	close(done)
	sweeping.Wait()
	for _, log := range logs {
		runs = append(runs, runsOf(t, log)...)
	}
	if left := waitNothing(t, state, runs); left != "" || len(runs) != engines {
		t.Errorf("%d runs left behind:\n%s", len(runs), left)
	}
	t.Logf("%d engines and %d sweeps", engines, sweeps)
}

package main

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"isolab/schema/testenv"
)

// busyScenario makes and removes things all the time, so that a kill at a random
// moment meets every stage of their lives.
const busyScenario = `isolab: 1
name: busy
title: Containers and cgroups come and go
containers:
  one: {command: [sleep, 30s], limits: {memory: 64MiB}}
  two: {command: [stress, --vm, "2", --vm-bytes, 8MiB, --timeout, 30s]}
steps:
  - cgroup.create: {name: yard, limits: {memory: 64MiB}}
  - container.start: one
  - container.start: two
  - container.exec: {container: one, command: [ps]}
  - cgroup.run: {cgroup: yard, command: [sleep, 1s]}
  - container.kill: one
  - container.remove: one
  - host.memory: {}
    expect: [result.total > 0B]
`

// writeBusy writes the scenario that makes and removes things.
func writeBusy(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(dir, "busy.yaml")
	if err := os.WriteFile(file, []byte(busyScenario), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestKilledAtAnyMoment kills isolab with SIGKILL at random moments, and demands
// that the machine is as before after the next command.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	onEachRuntime(t, killRandomly)
}

func onEachRuntime(t *testing.T, test func(t *testing.T, runtime string)) {
	for _, runtime := range []string{"embedded", "docker"} {
		t.Run(runtime, func(t *testing.T) {
			t.Parallel() // they mostly wait
			testenv.Need(t, testenv.Root)
			if runtime == "docker" {
				testenv.Need(t, testenv.Docker)
			}
			test(t, runtime)
		})
	}
}

func killRandomly(t *testing.T, runtime string) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	file := filepath.Join(dir, "busy.yaml")
	if err := os.WriteFile(file, []byte(busyScenario), 0o644); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "ISOLAB_STATE="+state)
	full := timed(t, env, file, runtime)
	for range kills(4) {
		after := time.Duration(rand.Int64N(int64(full)))
		killAndClean(t, state, env, file, runtime, after)
	}
}

// TestLibraryKilledAtAnyMoment does the same to the lessons, which make more kinds
// of things: swap areas, loop devices, file systems, volumes.
func TestLibraryKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	onEachRuntime(t, killLibrary)
}

func killLibrary(t *testing.T, runtime string) {
	state := filepath.Join(t.TempDir(), "state")
	env := append(os.Environ(), "ISOLAB_STATE="+state)
	names := builtinNames()
	for range kills(10) {
		// Most lessons take between a tenth of a second and five; one that is over
		// by then was not killed, which is a moment like any other.
		after := time.Duration(rand.ExpFloat64() * float64(time.Second))
		killAndClean(t, state, env, names[rand.IntN(len(names))], runtime, after)
	}
}

// killAndClean demands that a command that follows finds everything and removes it.
func killAndClean(t *testing.T, state string, env []string, scenario, runtime string, after time.Duration) {
	t.Helper()
	runs := killOnce(t, env, scenario, runtime, after)
	sweep := exec.Command(binary, "clean")
	sweep.Env = env
	if out, err := sweep.CombinedOutput(); err != nil {
		t.Fatalf("%s on %s, killed after %s: clean: %v\n%s", scenario, runtime, after, err, out)
	}
	if left := waitNothing(t, state, runs); left != "" {
		t.Fatalf("%s on %s, killed after %s, left behind:\n%s", scenario, runtime, after, left)
	}
}

// timed runs the scenario once undisturbed, to know how long it takes.
func timed(t *testing.T, env []string, file, runtime string) time.Duration {
	t.Helper()
	began := time.Now()
	run := exec.Command(binary, "run", "--runtime", runtime, file)
	run.Env = env
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("run: %v\n%s", err, out)
	}
	return time.Since(began)
}

// killOnce starts a run, kills it after a while, and returns the ids it had.
func killOnce(t *testing.T, env []string, file, runtime string, after time.Duration) []string {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	run := exec.Command(binary, "run", "-q", "--runtime", runtime, "--report", "json="+log, file)
	run.Env = env
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after) // the moment is what is random here
	run.Process.Kill()
	run.Wait()
	if _, err := os.Stat(log); err != nil {
		return nil // killed before it had begun
	}
	return runsOf(t, log)
}

// kills is how often something is killed; ISOLAB_KILLS asks for more.
func kills(usual int) int {
	if n, err := strconv.Atoi(os.Getenv("ISOLAB_KILLS")); err == nil {
		return n
	}
	return usual
}

// things lists what the runs of one state directory could leave: cgroups, mounts,
// processes that carry a run's environment, containers and images. Other tests
// and isolabs may be at work on the same machine; their things are not listed.
func things(t *testing.T, state string, runs []string) []string {
	t.Helper()
	mine := func(text string) bool {
		return strings.Contains(text, state) || slices.ContainsFunc(runs, func(run string) bool { return strings.Contains(text, run) })
	}
	var list []string
	add := func(kind, text string) {
		if mine(text) {
			list = append(list, kind+" "+text)
		}
	}
	filepath.WalkDir("/sys/fs/cgroup", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			add("cgroup", path)
		}
		return nil
	})
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(mounts)) {
		add("mount", line)
	}
	swaps, _ := os.ReadFile("/proc/swaps")
	for line := range strings.Lines(string(swaps)) {
		add("swap area", line)
	}
	loops, _ := filepath.Glob("/sys/block/loop*/loop/backing_file")
	for _, loop := range loops {
		backing, _ := os.ReadFile(loop)
		add("loop device", loop+" "+string(backing))
	}
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environs {
		if data, err := os.ReadFile(path); err == nil {
			_, nonce, _ := strings.Cut(string(data), "ISOLAB_RUN=")
			run, _, _ := strings.Cut(nonce, "\x00")
			add("process "+filepath.Dir(path)+" "+statOf(path), run)
		}
	}
	for _, lines := range [][]string{
		dockerLines("ps", "-a", "--format", "{{.Names}}"), dockerLines("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"),
	} {
		for _, line := range lines {
			if mine(line) || strings.HasPrefix(line, "isolab/workload:"+tagOf(state)) {
				list = append(list, "docker "+line)
			}
		}
	}
	entries, _ := os.ReadDir(filepath.Join(state, "scratch"))
	for _, entry := range entries {
		list = append(list, "file "+entry.Name())
	}
	return list
}

// statOf is the name and state of a process, by any of its files.
func statOf(path string) string {
	text, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "stat"))
	return string(text[:min(len(text), 40)])
}

func dockerLines(args ...string) []string {
	out, err := exec.Command("docker", args...).Output()
	if err != nil {
		return nil // no daemon, so nothing of it
	}
	return strings.Fields(string(out))
}

// runOf is the run that an event is of, and not one that its receipt mentions.
var runOf = regexp.MustCompile(`(?m)^{"kind":"[^"]*","time":"[^"]*","run":"([a-z0-9]+)"`)

// runsOf finds the run ids in an event log, however suddenly it ended.
func runsOf(t *testing.T, log string) []string {
	t.Helper()
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var runs []string
	for _, match := range runOf.FindAllStringSubmatch(string(data), -1) {
		if !slices.Contains(runs, match[1]) {
			runs = append(runs, match[1])
		}
	}
	return runs
}

// waitNothing gives what is being removed a moment, and returns what is left then.
func waitNothing(t *testing.T, state string, runs []string) string {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		left := things(t, state, runs)
		if len(left) == 0 || time.Now().After(deadline) {
			return strings.Join(left, "\n")
		}
		time.Sleep(50 * time.Millisecond) // a process that was killed takes a moment to be gone
	}
}

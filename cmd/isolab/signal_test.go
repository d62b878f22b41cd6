package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"isolab/schema/testenv"
)

// stubborn is a scenario whose workload ignores every polite signal.
const stubborn = `isolab: 1
name: stubborn
title: A workload that does not want to end
containers:
  mule: {command: [ignore-term]}
steps:
  - container.run: mule
    timeout: 5m
    expect: [result.exit_code == 0]
finally:
  - flow.note: the finally steps ran
`

// TestSignalsEndInTime sends each signal while a stubborn workload runs, and
// demands the exit code 130 within 7 s, a report, and nothing left.
func TestSignalsEndInTime(t *testing.T) {
	testenv.Need(t, testenv.Root)
	for name, signals := range map[string][]syscall.Signal{
		"INT": {syscall.SIGINT}, "TERM": {syscall.SIGTERM}, "HUP": {syscall.SIGHUP}, "QUIT": {syscall.SIGQUIT}, "INT twice": {syscall.SIGINT, syscall.SIGINT},
	} {
		t.Run(name, func(t *testing.T) { interrupt(t, signals) })
	}
}

func interrupt(t *testing.T, signals []syscall.Signal) {
	dir := t.TempDir()
	file := filepath.Join(dir, "stubborn.yaml")
	if err := os.WriteFile(file, []byte(stubborn), 0o644); err != nil {
		t.Fatal(err)
	}
	state, log := filepath.Join(dir, "state"), filepath.Join(dir, "log")
	run := exec.Command(binary, "run", "--runtime", "embedded", "--report", "json="+log, file)
	run.Env = append(os.Environ(), "ISOLAB_STATE="+state)
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	reader := bufio.NewReader(out)
	waitFor(t, reader, &seen, "docker run")
	waitProcess(t, "ignore-term", runsOf(t, log)) // into the middle of the container's life
	began := time.Now()
	for _, signal := range signals {
		run.Process.Signal(signal)
	}
	seen.ReadFrom(reader)
	err = run.Wait()
	if took := time.Since(began); took > 7*time.Second {
		t.Errorf("it took %s to end", took)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("%v, want exit code %d", err, exitInterrupted)
	}
	for _, want := range []string{"interrupted", "left behind: nothing", "the finally steps ran"} {
		if !strings.Contains(seen.String(), want) {
			t.Errorf("the output does not say %q:\n%s", want, seen.String())
		}
	}
	if left := waitNothing(t, state, runsOf(t, log)); left != "" {
		t.Errorf("left behind:\n%s", left)
	}
}

// waitProcess waits until a process of one of the runs is this program.
func waitProcess(t *testing.T, program string, runs []string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		names, _ := filepath.Glob("/proc/[0-9]*/comm")
		for _, path := range names {
			name, _ := os.ReadFile(path)
			environ, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "environ"))
			ours := slices.ContainsFunc(runs, func(run string) bool { return strings.Contains(string(environ), "ISOLAB_RUN="+run) })
			if ours && string(name) == program+"\n" {
				return
			}
		}
	}
	t.Fatalf("no process of %v is %s", runs, program)
}

// waitFor reads lines until one has the text.
func waitFor(t *testing.T, reader *bufio.Reader, seen *bytes.Buffer, text string) {
	t.Helper()
	for {
		line, err := reader.ReadString('\n')
		seen.WriteString(line)
		if strings.Contains(line, text) {
			return
		}
		if err != nil {
			t.Fatalf("ended before it said %q:\n%s", text, seen.String())
		}
	}
}

//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"isolab/schema/testenv"
)

// TestUnreadOutput fills a pipe that nobody reads, and demands that a run ends all
// the same at --timeout and at a signal, and that nothing of it is left.
func TestUnreadOutput(t *testing.T) {
	testenv.Need(t, testenv.Root)
	for name, timeout := range map[string]string{"timeout": "2s", "signal": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unread(t, timeout)
		})
	}
}

// unread ends the run by that timeout, or by a signal where there is none.
func unread(t *testing.T, timeout string) {
	dir := t.TempDir()
	state, log := filepath.Join(dir, "state"), filepath.Join(dir, "log")
	file := filepath.Join(dir, "stubborn.yaml")
	if err := os.WriteFile(file, []byte(stubborn), 0o600); err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	size, err := unix.FcntlInt(writer.Fd(), unix.F_SETPIPE_SZ, os.Getpagesize())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Write(make([]byte, size)); err != nil { // not a byte more goes in
		t.Fatal(err)
	}
	run := exec.Command(binary, "run", "--runtime", "embedded", "--report", "json="+log, file)
	run.Env = append(os.Environ(), "ISOLAB_STATE="+state)
	run.Stdout, run.Stderr = writer, writer
	if timeout != "" {
		run.Args = append(run.Args, "--timeout", timeout)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	if timeout == "" {
		defer time.AfterFunc(2*time.Second, func() { run.Process.Signal(syscall.SIGTERM) }).Stop()
	}
	stuck := time.AfterFunc(time.Minute, func() { run.Process.Kill() })
	defer stuck.Stop()
	if run.Wait(); !run.ProcessState.Exited() {
		t.Error("it did not end")
	}
	if code := run.ProcessState.ExitCode(); code != exitError && code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	if left := waitNothing(t, state, runsOf(t, log)); left != "" {
		t.Errorf("left behind:\n%s", left)
	}
}

// TestReadingEnds interrupts commands that read a pipe into which nobody writes.
func TestReadingEnds(t *testing.T) {
	for _, command := range []string{"check", "run", "replay"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			pipe := filepath.Join(t.TempDir(), "pipe.yaml")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			read := exec.Command(binary, command, pipe)
			read.Env = append(os.Environ(), "ISOLAB_STATE="+t.TempDir())
			if err := read.Start(); err != nil {
				t.Fatal(err)
			}
			stuck := time.AfterFunc(time.Minute, func() { read.Process.Kill() })
			defer stuck.Stop()
			writer, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits until it is read
			if err != nil {
				t.Fatal(err)
			}
			defer writer.Close()
			read.Process.Signal(syscall.SIGINT)
			if read.Wait(); read.ProcessState.ExitCode() != exitInterrupted {
				t.Errorf("%v, want exit code %d", read.ProcessState, exitInterrupted)
			}
		})
	}
}

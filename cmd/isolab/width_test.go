//go:build linux

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// TestWidth runs commands on a terminal of 80 columns, and demands that no line of
// prose is broken by the terminal.
func TestWidth(t *testing.T) {
	for _, command := range []string{"list", "actions", "actions container.run", "actions --functions", "actions --permissions", "check --codes", "schema --keys", "workload", "run --help", "--help"} {
		t.Run(command, func(t *testing.T) {
			for _, line := range onTerminal(t, 80, strings.Fields(command)...) {
				if utf8.RuneCountInString(line) > 80 && !strings.HasPrefix(line, "  isolab") { // an example stays whole
					t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
				}
			}
		})
	}
}

// onTerminal runs isolab on a terminal (pty(7)) and returns the lines that it prints.
func onTerminal(t *testing.T, columns uint16, args ...string) (lines []string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer master.Close()
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: 40})
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(binary, args...)
	run.Env = append(os.Environ(), "ISOLAB_STATE="+t.TempDir(), "NO_COLOR=1")
	run.Stdout = slave
	err = run.Start()
	slave.Close()
	if err != nil {
		t.Fatal(err)
	}
	for scanner := bufio.NewScanner(master); scanner.Scan(); { // until the terminal hangs up
		lines = append(lines, strings.TrimRight(scanner.Text(), "\r"))
	}
	if err := run.Wait(); err != nil || len(lines) < 2 {
		t.Errorf("%d lines: %v", len(lines), err)
	}
	return lines
}

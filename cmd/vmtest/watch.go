//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"isolab/cmd/vmtest/protocol"
)

// stillAfter is how long a machine may be silent; one that boots says nothing for a while.
const stillAfter = 2 * time.Minute

// errStill: the machine's first process, which does nothing but wait and speak, has
// said nothing for stillAfter.
var errStill = errors.New("the machine stood still")

// watch runs the machine, copies its console, and finds the verdict in it.
func watch(qemu *exec.Cmd, monitor string) error {
	console, err := qemu.StdoutPipe()
	if err != nil {
		return err
	}
	if err := qemu.Start(); err != nil {
		return fmt.Errorf("start qemu: %w", err)
	}
	still := atomic.Pointer[string]{}
	watchdog := time.AfterFunc(stillAfter, func() {
		registers := ask(monitor, "info registers -a")
		still.Store(&registers)
		_ = qemu.Process.Kill()
	})
	defer watchdog.Stop()
	errNone := errors.New("the machine ended without a verdict")
	verdict := errNone
	lines := bufio.NewReader(console)
	for {
		line, err := lines.ReadString('\n')
		watchdog.Reset(stillAfter)
		if line = strings.TrimRight(line, "\r\n"); line != "" && line != protocol.Alive {
			fmt.Println(line)
		}
		if code, ok := strings.CutPrefix(line, protocol.Exit); ok {
			verdict = nil
			if code != "0" {
				verdict = fmt.Errorf("a command of the guest failed (exit code %s)", code)
			}
		}
		if err != nil {
			break
		}
	}
	_ = qemu.Wait()
	if registers := still.Load(); registers != nil && errors.Is(verdict, errNone) {
		return fmt.Errorf("%w for %v; its CPUs: %s", errStill, stillAfter, *registers)
	}
	return verdict
}

// ask puts a question to qemu's monitor, and answers with where the CPUs are.
func ask(monitor, question string) string {
	conn, err := net.Dial("unix", monitor)
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(3 * time.Second))
	fmt.Fprintln(conn, question)
	answer, _ := io.ReadAll(conn) // until the deadline: the monitor does not hang up
	var told []string
	for line := range strings.Lines(string(answer)) {
		if strings.HasPrefix(line, "RIP=") || strings.HasPrefix(line, "CPU#") {
			told = append(told, strings.TrimSpace(line))
		}
	}
	return strings.Join(told, " ")
}

package main

import (
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"isolab/schema/testenv"
)

// daemons are sockets that something else than a working Docker answers on.
var daemons = map[string]func(net.Conn){
	"silent":       func(c net.Conn) { io.Copy(io.Discard, c) },
	"hangs up":     func(c net.Conn) {},
	"garbage":      func(c net.Conn) { io.WriteString(c, "\x00\xff\x1b[2Jpassed\r\n\r\n") },
	"fails always": answers("500 Internal Server Error", `{"message":"\u001b[2Jno"}`),
	"no JSON":      answers("200 OK", "passed"),
	"empty JSON":   answers("200 OK", "{}"),
	"truncates": func(c net.Conn) {
		readRequest(c)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
	},
	"endless": func(c net.Conn) {
		readRequest(c)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n\"")
		for {
			if _, err := io.WriteString(c, strings.Repeat("x", 1<<16)); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond) // a slow flood, not one that takes the machine's time
		}
	},
	"moves": answers("301 Moved\r\nLocation: http://127.0.0.1:1/", ""),
}

func answers(status, body string) func(net.Conn) {
	return func(c net.Conn) {
		for readRequest(c) {
			io.WriteString(c, "HTTP/1.1 "+status+"\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n"+body)
			return
		}
	}
}

func readRequest(c net.Conn) bool {
	buffer := make([]byte, 64<<10)
	n, err := c.Read(buffer)
	return err == nil && n > 0 && strings.Contains(string(buffer[:n]), "HTTP/1.1") || http.MethodGet == string(buffer[:min(n, 3)])
}

// TestDockerFails runs a scenario on a Docker that is none: it has to end soon,
// say in a line why, and never pass or fail.
func TestDockerFails(t *testing.T) {
	testenv.Need(t, testenv.Root)
	t.Run("missing", func(t *testing.T) {
		t.Parallel()
		onDaemon(t, "/nonexistent/docker.sock")
	})
	t.Run("no socket", func(t *testing.T) {
		t.Parallel()
		onDaemon(t, "/etc/hostname")
	})
	for name, serve := range daemons {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onDaemon(t, listen(t, serve))
		})
	}
}

// listen serves a socket until the test is over.
func listen(t *testing.T, serve func(net.Conn)) string {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { serve(conn); conn.Close() }()
		}
	}()
	return path
}

func onDaemon(t *testing.T, socket string) {
	dir := t.TempDir()
	file := writeBusy(t, dir)
	const most = 12 * time.Second
	began := time.Now()
	code, out := isolabWith(t, []string{"DOCKER_HOST=unix://" + socket}, filepath.Join(dir, "state"), "run", "--runtime", "docker", file)
	if took := time.Since(began); took > most {
		t.Errorf("it took %s to say so", took)
	}
	if code != exitError && code != exitNothing {
		t.Errorf("exit code %d, want %d or %d:\n%s", code, exitError, exitNothing, out)
	}
	words := strings.Join(strings.Fields(strings.ReplaceAll(out, "-\n", "-")), "")
	if strings.Contains(out, "\x1b") || !strings.Contains(words, "--runtimeembedded") || !strings.HasPrefix(strings.TrimSpace(out), "busy") {
		t.Errorf("the output does not say what helps, says more than that, or speaks to the terminal: %q", out)
	}
	t.Logf("exit code %d after %s: %s", code, time.Since(began).Round(time.Millisecond), out)
}

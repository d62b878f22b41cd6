package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"isolab/schema/testenv"
)

// loadTakes is how long the slow daemon is at work on an image after it has read it.
const loadTakes = 5 * time.Second

// TestKilledWhileTheDaemonLoads: what a daemon still makes of a dead client's request
// is found and removed, also by one on a slow disk.
func TestKilledWhileTheDaemonLoads(t *testing.T) {
	t.Parallel()
	testenv.Need(t, testenv.Root, testenv.Docker)
	dir := t.TempDir()
	state, loading := filepath.Join(dir, "state"), make(chan struct{}, 1)
	env := append(os.Environ(), "ISOLAB_STATE="+state, "DOCKER_HOST=unix://"+slowDaemon(t, loading))
	run := exec.Command(binary, "run", "-q", "--runtime", "docker", writeBusy(t, dir))
	run.Env = env
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	select {
	case <-loading:
	case err := <-ended:
		t.Fatalf("run ended before it loaded the image: %v", err)
	}
	run.Process.Kill()
	<-ended
	clean := exec.Command(binary, "clean")
	clean.Env = env
	if out, err := clean.CombinedOutput(); err != nil {
		t.Errorf("clean: %v\n%s", err, out)
	}
	time.Sleep(loadTakes) // the image is there by now, unless somebody removed it
	if left := waitNothing(t, state, nil); left != "" {
		t.Errorf("left behind:\n%s", left)
	}
}

// slowDaemon is the machine's daemon behind a door that keeps what it loads for a
// while, and then hands it on whether or not somebody still waits for the answer.
func slowDaemon(t *testing.T, loading chan<- struct{}) (socket string) {
	t.Helper()
	behind := dockerSocket(t)
	door := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "docker"})
	door.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", behind)
	}}
	socket = filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/images/load") {
			image, _ := io.ReadAll(r.Body)
			loading <- struct{}{}
			time.Sleep(loadTakes)
			w, r = deaf{w}, r.WithContext(context.WithoutCancel(r.Context()))
			r.Body = io.NopCloser(bytes.NewReader(image))
		}
		door.ServeHTTP(w, r)
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return socket
}

// deaf does not tell that the client has hung up.
type deaf struct{ http.ResponseWriter }

// dockerSocket is where the machine's own daemon listens.
func dockerSocket(t *testing.T) string {
	t.Helper()
	host := os.Getenv("DOCKER_HOST")
	if host == "" {
		return "/var/run/docker.sock"
	}
	path, local := strings.CutPrefix(host, "unix://")
	if !local {
		t.Skip("needs a daemon on a socket of this machine; unset DOCKER_HOST")
	}
	return path
}

package docker

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is a daemon of our own making on a socket of its own. Paths are given
// without the version: "GET /info".
type fake struct {
	answers map[string]http.HandlerFunc
	mutex   sync.Mutex
	bodies  map[string]string // the last request body by path
}

// paced makes patience short: 9 s become 450 ms.
const paced = 0.05

// serve starts a daemon that answers as told, and 404 to all else, and returns a
// runtime that talks to it.
func serve(t *testing.T, answers map[string]http.HandlerFunc) (*Runtime, *fake) {
	t.Helper()
	f := &fake{answers: answers, bodies: map[string]string{}}
	return runtimeAt(t, listen(t, f)), f
}

func runtimeAt(t *testing.T, host string) *Runtime {
	t.Helper()
	r, err := New(Options{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	r.pace = paced
	t.Cleanup(func() { r.Close() })
	return r
}

// listen serves on a new socket. Its path must stay short (unix(7): 108 bytes).
func listen(t *testing.T, handler http.Handler) string {
	t.Helper()
	listener, path := socket(t)
	server := httptest.NewUnstartedServer(handler)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return "unix://" + path
}

func socket(t *testing.T) (net.Listener, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "fake")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "d.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener, path
}

func (f *fake) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	path := q.URL.Path
	if strings.HasPrefix(path, "/v1.") {
		path = "/" + strings.SplitN(path, "/", 3)[2]
	}
	body, _ := io.ReadAll(q.Body)
	f.mutex.Lock()
	f.bodies[path] = string(body)
	f.mutex.Unlock()
	w.Header().Set("Api-Version", "1.41")
	if answer := f.answers[q.Method+" "+path]; answer != nil {
		answer(w, q)
		return
	}
	if path == "/_ping" {
		return
	}
	says404(w, q)
}

func says404(w http.ResponseWriter, _ *http.Request) {
	fails(http.StatusNotFound, "no such thing")(w, nil)
}

func (f *fake) body(path string) string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.bodies[path]
}

// gives answers with JSON.
func gives(v any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	}
}

// streams answers with text as it is.
func streams(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
}

// fails answers with a status and the daemon's form of an error.
func fails(status int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]string{"message": message})
	}
}

// hangs does not answer until the client goes.
func hangs(_ http.ResponseWriter, q *http.Request) {
	io.Copy(io.Discard, q.Body) // only then does the server notice that the client has gone
	<-q.Context().Done()
}

type object = map[string]any

// linuxInfo is what a healthy daemon on cgroup v1 says of itself.
func linuxInfo() object {
	return object{"OSType": "linux", "Architecture": "x86_64", "CgroupVersion": "1", "CgroupDriver": "cgroupfs",
		"MemoryLimit": true, "SwapLimit": true, "CpuCfsQuota": true, "CPUShares": true, "CPUSet": true,
		"PidsLimit": true, "OomKillDisable": true, "ServerVersion": "20.10.24", "Runtimes": object{"runc": object{}}}
}

func windowsInfo() object {
	return object{"OSType": "windows", "Architecture": "x86_64", "ServerVersion": "27.0.0", "CgroupDriver": "none",
		"Isolation": "process", "OSVersion": "10.0.17763"}
}

// running is a container as inspect shows it.
func running(id string) object {
	return object{"Id": id, "Name": "/c", "State": object{"Status": "running", "Running": true, "Pid": 1},
		"HostConfig": object{}, "Config": object{}}
}

func background(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

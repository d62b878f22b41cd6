package docker

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"isolab/actions/runtime"
)

// calls are all that can be asked of a runtime that needs its daemon.
func calls(t *testing.T, r *Runtime) map[string]func(context.Context) error {
	dir := t.TempDir()
	for _, name := range []string{"Dockerfile", "saved.tar"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("FROM scratch\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	images := r.Images()
	return map[string]func(context.Context) error{
		"info": func(ctx context.Context) error { _, err := r.Info(ctx); return err },
		"create": func(ctx context.Context) error {
			_, err := r.Create(ctx, runtime.Spec{Name: "c", Image: "i"})
			return err
		},
		"start":   func(ctx context.Context) error { return r.Start(ctx, "c") },
		"wait":    func(ctx context.Context) error { _, err := r.Wait(ctx, "c"); return err },
		"signal":  func(ctx context.Context) error { return r.Signal(ctx, "c", syscall.SIGTERM) },
		"stop":    func(ctx context.Context) error { return r.Stop(ctx, "c", time.Second) },
		"pause":   func(ctx context.Context) error { return r.Pause(ctx, "c") },
		"unpause": func(ctx context.Context) error { return r.Unpause(ctx, "c") },
		"update":  func(ctx context.Context) error { return r.Update(ctx, "c", runtime.Limits{}) },
		"remove":  func(ctx context.Context) error { return r.Remove(ctx, "c") },
		"exec": func(ctx context.Context) error {
			_, err := r.Exec(ctx, "c", runtime.ExecSpec{Command: []string{"true"}})
			return err
		},
		"inspect":    func(ctx context.Context) error { _, err := r.Inspect(ctx, "c"); return err },
		"logs":       func(ctx context.Context) error { return r.Logs(ctx, "c", nil, nil) },
		"top":        func(ctx context.Context) error { _, err := r.Top(ctx, "c"); return err },
		"stats":      func(ctx context.Context) error { _, err := r.Stats(ctx, "c"); return err },
		"list":       func(ctx context.Context) error { _, err := r.List(ctx, "l", "v"); return err },
		"image":      func(ctx context.Context) error { _, err := images.Resolve(ctx, "i"); return err },
		"image pull": func(ctx context.Context) error { _, err := images.Pull(ctx, "i", nil); return err },
		"image load": func(ctx context.Context) error {
			_, err := images.Load(ctx, filepath.Join(dir, "saved.tar"))
			return err
		},
		"image build":  func(ctx context.Context) error { _, err := images.Build(ctx, dir, "t", nil); return err },
		"image remove": func(ctx context.Context) error { return images.Remove(ctx, "i", "") },
	}
}

// atOnce calls all methods at the same time, and tells how each ended.
func atOnce(ctx context.Context, t *testing.T, r *Runtime) map[string]error {
	type ending struct {
		name string
		err  error
	}
	all := calls(t, r)
	endings := make(chan ending, len(all))
	for name, call := range all {
		go func() { endings <- ending{name, call(ctx)} }()
	}
	errs := map[string]error{}
	for range all {
		e := <-endings
		errs[e.name] = e.err
	}
	return errs
}

// every wants each method to say that Docker is unavailable, and what would help.
func every(t *testing.T, r *Runtime) {
	t.Helper()
	for name, err := range atOnce(background(t), t, r) {
		if !errors.Is(err, runtime.ErrUnavailable) {
			t.Errorf("%s: error is %v, want one that says unavailable", name, err)
		}
		if err != nil && !regexp.MustCompile("; .*(start Docker|sudo)$").MatchString(err.Error()) {
			t.Errorf("%s: error does not say what would help: %v", name, err)
		}
	}
}

func TestDaemonMissing(t *testing.T) {
	every(t, runtimeAt(t, "unix://"+filepath.Join(t.TempDir(), "none.sock")))
}

func TestDaemonSilent(t *testing.T) { every(t, runtimeAt(t, raw(t, func(net.Conn) {}))) }

func TestDaemonClosesAtOnce(t *testing.T) {
	every(t, runtimeAt(t, raw(t, func(c net.Conn) { c.Close() })))
}

func TestDaemonIsNoHTTPServer(t *testing.T) {
	every(t, runtimeAt(t, raw(t, func(c net.Conn) {
		c.Write([]byte("220 mail.example.com ESMTP\r\n"))
	})))
}

func TestDaemonIsAnotherServer(t *testing.T) {
	every(t, runtimeAt(t, listen(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("<html>It works!</html>"))
	}))))
}

// TestDaemonIsSick: it answers pings, and 500 to all else.
func TestDaemonIsSick(t *testing.T) {
	every(t, runtimeAt(t, listen(t, afterPing(fails(http.StatusInternalServerError, "something is wrong")))))
}

// TestDaemonFailsPings: a 500 to the ping itself.
func TestDaemonFailsPings(t *testing.T) {
	every(t, runtimeAt(t, listen(t, fails(http.StatusInternalServerError, "something is wrong"))))
}

// TestDaemonIsDeaf: it answers one ping, and then nothing any more.
func TestDaemonIsDeaf(t *testing.T) {
	first := make(chan struct{}, 1)
	every(t, runtimeAt(t, listen(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		select {
		case first <- struct{}{}:
			w.Header().Set("Api-Version", "1.41")
		default:
			hangs(w, q)
		}
	}))))
}

// TestDaemonTruncates: every answer ends in its middle. A call of which the
// status is the whole answer cannot notice.
func TestDaemonTruncates(t *testing.T) {
	half := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		w.Write([]byte(`{"Id": "0123", "`))
	}
	r := runtimeAt(t, listen(t, afterPing(half)))
	for name, call := range calls(t, r) {
		if name == "signal" || name == "pause" || name == "unpause" || name == "stop" {
			continue
		}
		if err := call(background(t)); !errors.Is(err, runtime.ErrUnavailable) {
			t.Errorf("%s: error is %v, want one that says unavailable", name, err)
		}
	}
}

// TestDaemonAnswersNull: JSON, but nothing in it.
func TestDaemonAnswersNull(t *testing.T) {
	r := runtimeAt(t, listen(t, afterPing(streams("null"))))
	for name, call := range calls(t, r) {
		switch name {
		case "signal", "pause", "unpause", "stop", "logs", "image remove":
			continue // the status is the answer, or bytes that need not be JSON
		}
		if err := call(background(t)); err == nil {
			t.Errorf("%s succeeds", name)
		}
	}
}

func afterPing(then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		if !strings.HasSuffix(q.URL.Path, "/_ping") {
			then(w, q)
		}
	}
}

// raw accepts connections, reads a request's first line and leaves the rest to do.
func raw(t *testing.T, do func(net.Conn)) string {
	listener, path := socket(t)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			go func() {
				_, _ = bufio.NewReader(conn).ReadString('\n')
				do(conn)
			}()
		}
	}()
	return "unix://" + path
}

// TestWaitEndsWithTheConnection: the daemon dies while somebody waits.
func TestWaitEndsWithTheConnection(t *testing.T) {
	waiting := make(chan struct{})
	die := make(chan struct{})
	r, _ := serve(t, map[string]http.HandlerFunc{
		"GET /info":              gives(linuxInfo()),
		"GET /containers/c/json": gives(running("abc")),
		"POST /containers/abc/wait": func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			close(waiting)
			<-die
			panic(http.ErrAbortHandler)
		},
	})
	r.pace = 1
	failed := make(chan error)
	go func() {
		_, err := r.Wait(background(t), "c")
		failed <- err
	}()
	<-waiting
	close(die)
	if err := <-failed; !errors.Is(err, runtime.ErrUnavailable) || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("error is %v", err)
	}
}

// TestWaitNoticesSilence: the connection stays, and nobody is behind it.
func TestWaitNoticesSilence(t *testing.T) {
	pings := 0
	r, _ := serve(t, map[string]http.HandlerFunc{
		"HEAD /_ping": func(w http.ResponseWriter, q *http.Request) {
			if pings++; pings > 2 {
				hangs(w, q)
			}
		},
		"GET /containers/c/json":    gives(running("abc")),
		"POST /containers/abc/wait": hangs,
	})
	if _, err := r.Wait(background(t), "c"); !errors.Is(err, runtime.ErrUnavailable) {
		t.Errorf("error is %v", err)
	}
}

// TestCallerGivesUp: the caller's own end is not called the daemon's fault.
func TestCallerGivesUp(t *testing.T) {
	r := runtimeAt(t, raw(t, func(net.Conn) {}))
	r.pace = 1
	for name, call := range calls(t, r) {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		err := call(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, runtime.ErrUnavailable) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

// TestSilenceIsBounded is the promise at its real pace: no call lasts ten seconds.
func TestSilenceIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes nine seconds")
	}
	r := runtimeAt(t, raw(t, func(net.Conn) {}))
	r.pace = 1
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for name, err := range atOnce(ctx, t, r) {
		if !errors.Is(err, runtime.ErrUnavailable) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

package docker

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"isolab/actions/runtime"
)

// TestStalledCreateIsWaitedFor: a daemon that stands still for longer than our
// patience still makes the container. Who asked is let go; who removes waits for it.
func TestStalledCreateIsWaitedFor(t *testing.T) {
	goOn, stalled := make(chan struct{}), atomic.Bool{}
	made, removed := atomic.Bool{}, atomic.Bool{}
	r, _ := serve(t, map[string]http.HandlerFunc{
		"HEAD /_ping": func(w http.ResponseWriter, q *http.Request) {
			if stalled.Load() {
				hangs(w, q)
			}
		},
		"GET /info": gives(linuxInfo()),
		"POST /containers/create": func(w http.ResponseWriter, q *http.Request) {
			stalled.Store(true)
			select {
			case <-goOn:
			case <-q.Context().Done():
				t.Error("the request was cut off")
			}
			stalled.Store(false)
			made.Store(true)
			w.WriteHeader(http.StatusCreated)
			w.Write([]byte(`{"Id":"abc"}`))
		},
		"GET /containers/c/json": func(w http.ResponseWriter, q *http.Request) {
			if !made.Load() {
				http.NotFound(w, q)
				return
			}
			gives(running("abc"))(w, q)
		},
		"GET /volumes": gives(map[string]any{}),
		"DELETE /containers/abc": func(w http.ResponseWriter, _ *http.Request) {
			removed.Store(made.Load())
			w.WriteHeader(http.StatusNoContent)
		},
	})
	if _, err := r.Create(background(t), runtime.Spec{Name: "c", Image: "image"}); !errors.Is(err, runtime.ErrUnavailable) {
		t.Errorf("create: %v", err)
	}
	time.AfterFunc(100*time.Millisecond, func() { close(goOn) })
	if err := r.Remove(background(t), "c"); err != nil || !removed.Load() {
		t.Errorf("removed before it was made: %v", err)
	}
}

package docker

import (
	"context"
	"maps"
	"sync"
	"time"

	"isolab/actions/runtime"
)

// watchers are the containers whose counters are being followed, by id.
type watchers struct {
	mutex sync.Mutex
	byID  map[string]*watcher
}

// begin starts to look for a container's cgroup, which the kernel makes while the
// container is being started.
func (ws *watchers) begin(id string) *watcher {
	ws.drop(id)
	ws.mutex.Lock()
	defer ws.mutex.Unlock()
	w := &watcher{id: id, pid: make(chan int, 1), stop: make(chan struct{}), done: make(chan struct{}), final: unread()}
	ws.byID[id] = w
	go w.run()
	return w
}

// of is the container's watcher, nil when there never was one.
func (ws *watchers) of(id string) *watcher {
	ws.mutex.Lock()
	defer ws.mutex.Unlock()
	return ws.byID[id]
}

// drop ends and forgets a container's watcher.
func (ws *watchers) drop(id string) {
	ws.mutex.Lock()
	defer ws.mutex.Unlock()
	if w := ws.byID[id]; w != nil {
		close(w.stop)
		delete(ws.byID, id)
	}
}

func (ws *watchers) stopAll() {
	ws.mutex.Lock()
	defer ws.mutex.Unlock()
	for id, w := range ws.byID {
		close(w.stop)
		delete(ws.byID, id)
	}
}

// watcher follows one container from before its start to its end.
type watcher struct {
	id   string
	pid  chan int      // the main process, once the daemon tells; holds one
	stop chan struct{} // closed to end it early
	done chan struct{} // closed when the fields below are set

	final  runtime.Accounting
	status waitStatus
}

// follow tells the main process's id, 0 when it has ended already.
func (w *watcher) follow(pid int) {
	select {
	case w.pid <- pid:
	default:
	}
}

// result is the last reading, for which it waits a moment.
func (w *watcher) result(ctx context.Context, within time.Duration) (runtime.Accounting, waitStatus) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-w.done:
		return clone(w.final), w.status
	case <-timer.C:
	case <-ctx.Done():
	}
	return unread(), waitStatus{}
}

func clone(a runtime.Accounting) runtime.Accounting {
	a.Origins = maps.Clone(a.Origins)
	return a
}

package event

import (
	"context"
	"sync"
)

// mostQueued is how many events may wait. A result holds up to 1 MiB of output, so
// it bounds the memory that they take.
const mostQueued = 64

// Queue is a Sink that hands events on in a goroutine of its own, in order: to a
// terminal or pipe that may be slow, or that nobody reads. When many wait, so does
// the caller; but not once ctx has ended, for what comes then is the cleanup. The
// second value waits until all that came has been handed on, or its own ctx ends.
func Queue(ctx context.Context, sink Sink) (Sink, func(context.Context) error) {
	q := &queue{sink: sink}
	q.changed.L = &q.mu
	return func(e Event) { q.put(ctx, e) }, q.wait
}

type queue struct {
	sink    Sink
	mu      sync.Mutex
	changed sync.Cond
	waiting []Event
	working bool // a goroutine hands on
}

func (q *queue) put(ctx context.Context, e Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.until(ctx, func() bool { return len(q.waiting) < mostQueued })
	q.waiting = append(q.waiting, e)
	if !q.working {
		q.working = true
		go q.work()
	}
}

// work hands on what waits. The sink is called without the lock.
func (q *queue) work() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) > 0 {
		next := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.changed.Broadcast()
		q.mu.Unlock()
		q.sink(next)
		q.mu.Lock()
	}
	q.working = false
	q.changed.Broadcast()
}

func (q *queue) wait(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.until(ctx, func() bool { return !q.working }) {
		return nil
	}
	return context.Cause(ctx)
}

// until waits for a condition, no longer than ctx lasts, and reports whether it is met.
func (q *queue) until(ctx context.Context, met func() bool) bool {
	if met() {
		return true
	}
	defer context.AfterFunc(ctx, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.changed.Broadcast()
	})()
	for !met() && ctx.Err() == nil {
		q.changed.Wait()
	}
	return met()
}

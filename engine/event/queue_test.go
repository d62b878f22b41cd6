package event

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestQueueKeepsOrder puts more than may wait, and demands all of it, in order.
func TestQueueKeepsOrder(t *testing.T) {
	const count = 10 * mostQueued
	next := 0
	put, wait := Queue(t.Context(), func(e Event) {
		if e.Step != next {
			t.Errorf("event %d came when %d was next", e.Step, next)
		}
		next++
	})
	for i := range count {
		put(Event{Step: i})
	}
	if err := wait(t.Context()); err != nil || next != count {
		t.Errorf("%d of %d events came: %v", next, count, err)
	}
}

// TestQueueOfAStuckSink demands that nobody waits for a sink that is stuck once the
// run has ended, and that all comes when it is free again.
func TestQueueOfAStuckSink(t *testing.T) {
	free, came := make(chan bool), 0
	run, end := context.WithCancelCause(t.Context())
	put, wait := Queue(run, func(Event) { <-free; came++ })
	ended := errors.New("the run has ended")
	time.AfterFunc(10*time.Millisecond, func() { end(ended) })
	const count = 3 * mostQueued
	for range count {
		put(Event{})
	}
	if err := wait(run); !errors.Is(err, ended) {
		t.Errorf("wait ended with %v", err)
	}
	close(free)
	if err := wait(t.Context()); err != nil || came != count {
		t.Errorf("%d of %d events came: %v", came, count, err)
	}
}

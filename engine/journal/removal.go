package journal

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"time"

	"isolab/actions"
)

// removal is how entries are removed.
type removal struct {
	removers map[string]actions.Remover
	attempts int           // passes over what is still there
	patience time.Duration // of one call, at most
	crash    func(point string)
	removed  func(Entry) // told of each entry that is gone
}

const (
	defaultTimeout  = 30 * time.Second
	defaultAttempts = 3
	// pause lies before the second pass, and four times as long before each later
	// one: a cgroup of killed processes is busy for some 10 ms.
	pause = 50 * time.Millisecond
	// grace is what a call has, after its time is up, to say so, at most.
	grace = 500 * time.Millisecond
)

// all removes entries in the given order and returns those that are still there.
// One that fails does not keep the others; it is tried again after them, as what
// it waited for may be gone then.
func (r removal) all(ctx context.Context, entries []Entry) []Leftover {
	left := r.pass(ctx, entries)
	for wait, attempt := pause, 1; attempt < r.attempts && retriable(left) && sleep(ctx, wait); attempt++ {
		left = r.pass(ctx, entriesOf(left))
		wait *= 4
	}
	return left
}

func (r removal) pass(ctx context.Context, entries []Entry) []Leftover {
	var left []Leftover
	for i, entry := range entries {
		r.crash("remove: before")
		if err := r.one(ctx, entry, r.share(ctx, len(entries)-i)); err != nil {
			left = append(left, leftover(entry, err))
			continue
		}
		r.crash("remove: removed")
		r.removed(entry)
	}
	return left
}

// share is the time for one call when n are still to be made: one that hangs
// must not use up the others' time.
func (r removal) share(ctx context.Context, n int) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return r.patience
	}
	return min(r.patience, time.Until(end)/time.Duration(n))
}

// one calls the entry's remover, and does not wait for one that ignores its
// context.
func (r removal) one(ctx context.Context, entry Entry, patience time.Duration) error {
	remover, ok := r.removers[entry.Kind]
	if !ok || remover == nil {
		return ErrUnknownKind
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience*4/5)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- guard(ctx, remover, entry) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(min(grace, patience/5)):
		return fmt.Errorf("gave up waiting: %w", ctx.Err())
	}
}

// guard turns a panic into an error: the other entries must still be removed.
func guard(ctx context.Context, remover actions.Remover, entry Entry) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return remover(ctx, entry.Name, maps.Clone(entry.Attrs))
}

func entriesOf(left []Leftover) []Entry {
	entries := make([]Entry, len(left))
	for i := range left {
		entries[i] = left[i].Entry
	}
	return entries
}

func retriable(left []Leftover) bool {
	for _, l := range left {
		if l.err != ErrUnknownKind {
			return true
		}
	}
	return false
}

// sleep waits, and reports false when the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

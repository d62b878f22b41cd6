package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"isolab/cmd/isolab/console"
	"isolab/engine/event"
)

// screen is what writes events to standard output, through a queue: a paused pager,
// or a pipe that nobody reads, must not keep a run from its end.
func (m *machinery) screen(ctx context.Context, many int) (sink event.Sink) {
	if m.flags.json {
		sink, m.leave = event.Writer(m.app.out)
	} else {
		screen := console.New(console.For(m.app.out, m.app.detail(many)))
		sink, m.leave = screen.Show, func() error { screen.Close(); return nil }
	}
	sink, m.shown = event.Queue(ctx, sink)
	return sink
}

// unreadTime is how long the end waits for whoever reads standard output, once a
// signal or --timeout has ended the run; before that, it waits as long as it takes.
const unreadTime = 3 * time.Second

var errUnread = errors.New("the output is not complete: nobody reads it")

// showAll waits until all that was told is written.
func (m *machinery) showAll(ctx context.Context) error {
	patient, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	defer context.AfterFunc(ctx, func() { time.AfterFunc(unreadTime, func() { end(errUnread) }) })()
	if err := m.shown(patient); err != nil {
		return err
	}
	return m.leave()
}

// say writes a line, and waits for that no longer than a second: who reads standard
// error may be stopped as well.
func say(errs io.Writer, line string) {
	written := make(chan struct{})
	go func() {
		defer close(written)
		fmt.Fprintln(errs, line)
	}()
	select {
	case <-written:
	case <-time.After(time.Second):
	}
}

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// errInterrupted is the cause of a context that a signal ended.
type errInterrupted struct{ signal os.Signal }

func (e errInterrupted) Error() string { return fmt.Sprintf("interrupted (%s)", e.signal) }

// withSignals ends the context at the first INT, TERM, HUP or QUIT, so that the run
// cleans up; it says so at the second, and leaves at the third: what is then
// still there, the reaper or the next isolab removes. While nothing is made, the
// first one leaves: a file that is read may be a pipe that nobody writes.
// ABRT still ends it where it is, and prints where that was.
func withSignals(parent context.Context, errs io.Writer, makes func() bool) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	go func() {
		for count := 1; ; count++ {
			received, ok := <-signals
			if !ok {
				return
			}
			switch {
			case !makes():
				os.Exit(exitInterrupted)
			case count == 1:
				cancel(errInterrupted{received})
				say(errs, "\nisolab: stopping and cleaning up …")
			case count == 2:
				say(errs, "isolab: still cleaning up; once more leaves at once")
			default:
				os.Exit(exitInterrupted)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}

package docker

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// patience bounds one call to the daemon.
type patience struct {
	total time.Duration // the whole call; 0 is no bound but the caller's
	every time.Duration // how often the daemon must answer a ping meanwhile; 0 is never
	ping  time.Duration // how long one ping may take
}

// How long the kinds of calls may take. A dead daemon is noticed within 9 s by
// all but an endless wait, which allows for a machine that a workload keeps busy.
var (
	// quick calls only ask: a healthy daemon answers in milliseconds.
	quick = patience{total: 9 * time.Second}
	// steady calls do work in the daemon; on a slow disk, or with Hyper-V, a start
	// takes many seconds.
	steady = patience{total: 2 * time.Minute, every: 3 * time.Second, ping: 4 * time.Second}
	// long calls last for as long as something else does: a pull, a build, an exec.
	long = patience{every: 4 * time.Second, ping: 5 * time.Second}
	// endless is for waiting; a broken connection ends it at once.
	endless = patience{every: 5 * time.Second, ping: 10 * time.Second}
)

// at is the patience at another pace.
func (p patience) at(pace float64) patience {
	scaled := func(d time.Duration) time.Duration { return time.Duration(float64(d) * pace) }
	return patience{total: scaled(p.total), every: scaled(p.every), ping: scaled(p.ping)}
}

// errSilent is the cause when the daemon has not answered in time.
var errSilent = errors.New("the daemon does not answer")

// call runs one operation against the daemon within p, and explains its error.
// The operation is named for the error, such as "start container web"; empty where
// the error says enough.
func (r *Runtime) call(ctx context.Context, p patience, operation string, do func(context.Context) error) error {
	p = p.at(r.pace)
	bounded, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if p.total > 0 {
		timer := time.AfterFunc(p.total, func() { cancel(fmt.Errorf("%w within %s", errSilent, p.total)) })
		defer timer.Stop()
	}
	if p.every > 0 {
		go r.listen(bounded, p, cancel)
	}
	err := r.greet(bounded)
	if err == nil {
		err = do(bounded)
	}
	return r.outcome(ctx, bounded, operation, err)
}

// listen pings the daemon beside a call, and ends the call when it is silent.
func (r *Runtime) listen(ctx context.Context, p patience, end context.CancelCauseFunc) {
	ticker := time.NewTicker(p.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		ping, cancel := context.WithTimeout(ctx, p.ping)
		_, err := r.client.Ping(ping)
		cancel()
		if err != nil && ctx.Err() == nil {
			end(fmt.Errorf("%w a ping within %s: %w", errSilent, p.ping, err))
			return
		}
	}
}

// outcome tells apart who ended the call: the caller, our patience, the daemon.
func (r *Runtime) outcome(caller, bounded context.Context, operation string, err error) error {
	switch {
	case err == nil:
		return nil
	case caller.Err() != nil:
		err = context.Cause(caller)
	case bounded.Err() != nil:
		err = r.unavailable(context.Cause(bounded))
	default:
		err = r.classify(err)
	}
	if operation == "" {
		return err
	}
	return fmt.Errorf("%s: %w", operation, err)
}

package embedded

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"isolab/actions/runtime/embedded/child"
)

// waiting is a process that sets a container up and then waits to be told to
// execute the command. Create begins one in the background, so that Start has
// little left to do; it is a head start and nothing else: without it, or when it
// failed, Start begins another.
type waiting struct {
	launch *launch
	life   *life
	heard  chan struct{} // closed when it is ready or has failed
	err    error         // why it failed
}

// maxWaiting bounds how many created containers have a process that waits.
const maxWaiting = 16

// setUp begins the set-up.
func (r *Runtime) setUp(ctx context.Context, rec record) (*waiting, error) {
	group, err := r.group(rec)
	if err != nil && !errors.Is(err, errNoGroup) {
		return nil, err
	}
	l, out, err := r.prepare(ctx, rec, group)
	if err != nil {
		return nil, err
	}
	begun, err := r.begin(rec, l, out)
	if err != nil {
		return nil, err
	}
	w := &waiting{launch: l, life: begun, heard: make(chan struct{})}
	go func() {
		defer close(w.heard)
		w.err = w.untilReady(r.hearer(rec.Spec.Name))
	}()
	return w, nil
}

// begin starts the process on a thread that stays with it.
func (r *Runtime) begin(rec record, l *launch, out *output) (*life, error) {
	begun := newLife(out)
	started := make(chan error)
	go func() {
		process, err := l.start(r.options.Executable, child.InitName)
		begun.process = process
		started <- err
		if err == nil {
			begun.await()
		}
		// The thread ends with this goroutine, which never unlocked it.
	}()
	if err := <-started; err != nil {
		out.close()
		return nil, fmt.Errorf("clone: %w", err)
	}
	where := ""
	if l.attr.Sys.UseCgroupFD {
		where = ", into cgroup " + rec.Cgroup
	}
	r.tell(rec.Spec.Name, "clone with %s%s", flagNames(l.attr.Sys.Cloneflags), where)
	return begun, nil
}

// errReady ends hearing when the process waits.
var errReady = errors.New("ready")

// hearer passes on what the new process tells.
func (r *Runtime) hearer(name string) func(child.Report) error {
	return func(report child.Report) error {
		if report.Did != "" {
			r.tell(name, "%s", report.Did)
		}
		if report.Ready {
			return errReady
		}
		return nil
	}
}

func (w *waiting) untilReady(heard func(child.Report) error) error {
	err := w.launch.hear(context.Background(), heard)
	switch {
	case errors.Is(err, errReady):
		return nil
	case err == nil:
		return errors.New("the first process ended while it was setting up")
	}
	return err
}

// isReady waits for the set-up and reports whether it succeeded.
func (w *waiting) isReady(ctx context.Context) bool {
	select {
	case <-w.heard:
		return w.err == nil
	case <-ctx.Done():
		return false
	}
}

// end kills the process and lets go of all that belongs to it.
func (w *waiting) end() (dropped [2]int64) {
	_ = w.life.process.Kill()
	<-w.life.ended
	<-w.heard
	_ = w.launch.link.Close()
	return w.life.output.finish()
}

// headStart begins the set-up of a created container, if nothing speaks against
// it: the namespaces of another container are those it has at the start, and
// under a tight limit there is no room yet.
func (r *Runtime) headStart(ctx context.Context, rec record) {
	if r.isTight(rec.Spec.Limits) {
		return
	}
	for _, ns := range namespaceKinds(rec.Spec) {
		if strings.HasPrefix(ns.mode, "container:") {
			return
		}
	}
	r.mu.Lock()
	full := len(r.waiting) >= maxWaiting
	r.mu.Unlock()
	if full {
		return
	}
	w, err := r.setUp(ctx, rec)
	if err != nil {
		return // Start tries again, and says why
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting[rec.Spec.Name] = w
}

// takeWaiting hands over the process that waits for a container, nil without one.
func (r *Runtime) takeWaiting(name string) *waiting {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.waiting[name]
	delete(r.waiting, name)
	return w
}

// Close ends the processes that wait for a Start. It stops and removes no
// container: those that run do so until this process ends.
func (r *Runtime) Close() error {
	r.mu.Lock()
	left := r.waiting
	r.waiting = map[string]*waiting{}
	r.mu.Unlock()
	for _, w := range left {
		w.end()
	}
	return r.giveBack()
}

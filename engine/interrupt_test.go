package engine

import (
	"context"
	"errors"
	"strings"
	"testing"

	"isolab/engine/event"
)

func TestInterrupt(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(context.Background())
	program, diags := Compile(scenario(t, "steps: [{test.count: {make: a}}, {test.count: {fail: hang}, expect: ['result.n > 0']}]\nfinally: [{test.count: last}]"),
		NewCatalog(b.actions()...), Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	session := b.session()
	done := make(chan Summary)
	go func() { done <- session.Run(ctx, program) }()
	for {
		b.mu.Lock()
		n := b.count
		b.mu.Unlock()
		if n == 2 {
			break
		}
	}
	cancel()
	summary := <-done
	if summary.Outcome != event.Errored || summary.Reason != "interrupted" || b.count != 3 || len(b.removed) != 1 {
		t.Errorf("%s (%s), %d actions, removed %v; want interrupted, finally run, a removed", summary.Outcome, summary.Reason, b.count, b.removed)
	}
}

// An action that outlives its step says nothing about the steps after it. The engine
// waits stuckTime for it.
func TestActionOutlivesItsStep(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	summary := b.play("steps: [{test.count: {fail: deaf}, timeout: 10ms, expect: ['result.n > 0']}]\nfinally: [{test.count: {fail: release}}]")
	if summary.Outcome != event.Errored || !strings.Contains(summary.Reason, "did not stop") || b.count != 2 {
		t.Errorf("%s (%s), %d actions", summary.Outcome, summary.Reason, b.count)
	}
	for _, e := range b.events {
		if e.Kind == event.StepNote {
			t.Errorf("step %d is said to say %q", e.Step, e.Text)
		}
	}
}

// What is cut off while it waits for a claim to hold has not been judged.
func TestInterruptWhileWaiting(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	program, diags := Compile(scenario(t, "steps: [{test.count: x, eventually: {within: 10s, every: 1s}, expect: ['result.n > 100']}]"),
		NewCatalog(b.actions()...), Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	session := b.session()
	session.sink = event.Tee(session.sink, func(e event.Event) {
		if e.Kind == event.StepTry {
			cancel(errors.New("noon"))
		}
	})
	if summary := session.Run(ctx, program); summary.Outcome != event.Errored || !strings.Contains(summary.Reason, "noon") {
		t.Errorf("%s (%s), want error, for it is noon", summary.Outcome, summary.Reason)
	}
}

// A run that ends between two cases has not shown what it claims, although all that
// ran is true: the interrupt came in a last step that made it to its end, or in a
// finally step.
func TestInterruptBeforeTheNextCase(t *testing.T) {
	for _, body := range []string{
		"steps: [{test.count: x, expect: ['result.n > 0']}, {test.count: last}]",
		"steps: [{test.count: x, expect: ['result.n > 0']}]\nfinally: [{test.count: last}]",
	} {
		b := newBench(t)
		ctx, cancel := context.WithCancel(context.Background())
		program, diags := Compile(scenario(t, "cases: [{name: one}, {name: two}]\n"+body), NewCatalog(b.actions()...), Options{})
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		session := b.session()
		session.sink = event.Tee(session.sink, func(e event.Event) {
			if e.Kind == event.StepEnd && e.Step == 2 {
				cancel()
			}
		})
		summary := session.Run(ctx, program)
		if summary.Outcome != event.Errored || summary.Reason != "interrupted; case two did not run" || b.count != 2 {
			t.Errorf("%s (%s), %d actions, want an error after 2", summary.Outcome, summary.Reason, b.count)
		}
	}
}

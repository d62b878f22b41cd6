package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"isolab/actions"
	"isolab/engine/event"
	"isolab/schema"
)

// stuckTime is how long an action may go on after its context has ended, before
// the engine goes on without it. What it made is in the journal either way.
const stuckTime = 5 * time.Second

// try is one round of a step: what the action returned and how its claims fared.
type try struct {
	result any
	err    error // of the action
	claims []event.Claim
}

// once runs a step's action, repeated if the step says so, judges its claims and
// tells both. The result is nil when there is none.
func (c *caseRun) once(ctx context.Context, s *step, item string) (*event.End, any) {
	params, err := c.parameters(ctx, s)
	c.announce(ctx, s, item, params)
	if err != nil {
		return &event.End{Outcome: event.Errored, Reason: err.Error()}, nil
	}
	var last try
	switch {
	case s.Eventually != nil:
		last = c.eventually(ctx, s, params)
	case s.Always != nil:
		last = c.always(ctx, s, params)
	default:
		last = c.try(ctx, s, params)
	}
	c.tell(last)
	if last.err == nil && last.holding() < len(last.claims) {
		c.tellOwnFailure(s, last.result)
	}
	return c.close(ctx, s, last), last.result
}

func (c *caseRun) parameters(ctx context.Context, s *step) (any, error) {
	if s.fixed != nil {
		return s.fixed, nil
	}
	params := reflect.New(s.action.Params)
	if diags := schema.Decode(s.Params, params.Interface(), c.evaluator(ctx)); len(diags) > 0 {
		return nil, diags.Err()
	}
	return params.Elem().Interface(), nil
}

func (c *caseRun) announce(ctx context.Context, s *step, item string, params any) {
	info := &event.Step{
		ID: s.ID, Title: c.text(ctx, s, "title", s.Title), Say: c.text(ctx, s, "say", s.Say),
		Look: c.text(ctx, s, "look", s.Look), Action: s.Action, As: s.As,
		Item: item, Pos: s.At, Finally: s.finally,
	}
	if params != nil {
		info.Commands = s.action.Shell(params, &liveView{ctx: ctx, run: c, reads: s.reads})
	}
	c.emit(event.Event{Kind: event.StepStart, StepInfo: info})
}

// text is what the audience reads, its expressions evaluated. One that has no value
// yet stays as the author wrote it.
func (c *caseRun) text(ctx context.Context, s *step, key, plain string) string {
	node := s.Node.Get(key)
	if !node.HasExpr() {
		return plain
	}
	var text string
	if diags := schema.Decode(node, &text, c.evaluator(ctx)); len(diags) > 0 {
		return plain
	}
	return text
}

// try does the action once and judges the claims.
func (c *caseRun) try(ctx context.Context, s *step, params any) try {
	return c.judged(ctx, s, c.act(ctx, s, params))
}

// judged is a try with its claims judged, if its action came to a result.
func (c *caseRun) judged(ctx context.Context, s *step, t try) try {
	if t.result != nil {
		t.claims = c.judge(ctx, s, t.result)
	}
	return t
}

// act does the action once.
func (c *caseRun) act(ctx context.Context, s *step, params any) try {
	ctx, cancel := context.WithTimeoutCause(ctx, s.Timeout, stepTimeError{s.Timeout})
	defer cancel()
	env := *c.env
	note, over := c.notes()
	env.Note = note
	result, err := guard(ctx, func() (any, error) { return s.action.Run(ctx, &env, params) })
	over()
	if err != nil {
		return try{err: err}
	}
	t := try{result: result}
	if !s.judges {
		t.err = s.action.FailsOn(result)
		if t.err != nil {
			t.err = ownFailure{t.err}
		}
	}
	return t
}

// notes are those of one action. Once it is over, which an action that ignores its
// context may not notice, what it has to say belongs to no step and is not told.
func (c *caseRun) notes() (note func(string), over func()) {
	var mu sync.Mutex
	var ended bool
	note = func(text string) {
		mu.Lock()
		defer mu.Unlock()
		if !ended {
			c.emit(event.Event{Kind: event.StepNote, Text: text})
		}
	}
	return note, func() {
		mu.Lock()
		defer mu.Unlock()
		ended = true
	}
}

// guard runs an action in a goroutine of its own, so that one that ignores its
// context cannot hold up the run, and turns a panic into an error.
func guard(ctx context.Context, do func() (any, error)) (any, error) {
	type answer struct {
		result any
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- answer{nil, fmt.Errorf("the action panicked: %v", p)}
			}
		}()
		result, err := do()
		done <- answer{result, err}
	}()
	select {
	case a := <-done:
		return a.result, because(ctx, a.err)
	case <-ctx.Done():
	}
	timer := time.NewTimer(stuckTime)
	defer timer.Stop()
	select {
	case a := <-done:
		return a.result, because(ctx, a.err)
	case <-timer.C:
		return nil, fmt.Errorf("%w, and the action did not stop within %s", context.Cause(ctx), stuckTime)
	}
}

// because replaces the bare "context deadline exceeded" by what ran out of time.
func because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return context.Cause(ctx)
	}
	return err
}

// stepTimeError is the cause of a context that ended with the step's timeout.
type stepTimeError struct{ limit time.Duration }

func (e stepTimeError) Error() string {
	return fmt.Sprintf("took longer than the step's timeout of %s", e.limit)
}

// ownFailure marks an action that worked and whose result is a failure by
// default: the step is then failed, not in error.
type ownFailure struct{ error }

func (e ownFailure) Unwrap() error { return e.error }

// eventually repeats until every claim holds or the time is over. An error counts
// as "not yet".
func (c *caseRun) eventually(ctx context.Context, s *step, params any) try {
	began := c.env.Clock.Now()
	for count := 1; ; count++ {
		t := c.act(ctx, s, params)
		holding := 0
		if t.result != nil {
			holding = c.holding(ctx, s, t.result)
		}
		elapsed := c.env.Clock.Now().Sub(began)
		c.tellTry(s, holding, count, elapsed, s.Eventually.Within)
		done := t.err == nil && holding == len(s.claims)
		if done || hopeless(t.err) || elapsed >= s.Eventually.Within {
			return c.judged(ctx, s, t)
		}
		if err := c.env.Clock.Sleep(ctx, s.Eventually.Every); err != nil {
			return try{err: err, result: t.result} // it might have held later
		}
	}
}

// always repeats until a claim does not hold or the time is over.
func (c *caseRun) always(ctx context.Context, s *step, params any) try {
	began := c.env.Clock.Now()
	var before []event.Claim
	for count := 1; ; count++ {
		t := c.try(ctx, s, params)
		tighten(t.claims, before)
		before = t.claims
		elapsed := c.env.Clock.Now().Sub(began)
		c.tellTry(s, t.holding(), count, elapsed, s.Always.For)
		if t.err != nil || t.holding() < len(t.claims) || elapsed >= s.Always.For {
			return t
		}
		if err := c.env.Clock.Sleep(ctx, s.Always.Every); err != nil {
			return try{err: err, result: t.result}
		}
	}
}

// tighten keeps the smallest margin of all rounds.
func tighten(now, before []event.Claim) {
	for i := range now {
		if i < len(before) && now[i].Margin != "" && before[i].Margin != "" && before[i].Spare < now[i].Spare {
			now[i].Margin, now[i].Spare = before[i].Margin, before[i].Spare
		}
	}
}

// hopeless reports whether no repetition can help.
func hopeless(err error) bool {
	return errors.Is(err, actions.ErrUnsupported) || errors.Is(err, actions.ErrDenied) || errors.As(err, new(actions.Final))
}

// holding counts the claims that were judged to hold.
func (t try) holding() (count int) {
	for _, claim := range t.claims {
		if claim.Outcome == event.Passed {
			count++
		}
	}
	return count
}

func (c *caseRun) tellTry(s *step, holding, count int, elapsed, limit time.Duration) {
	c.emit(event.Event{Kind: event.StepTry, Try: &event.Try{
		Count: count, Elapsed: elapsed, Limit: limit, Holding: holding, Claims: len(s.claims),
	}})
}

// tell emits a try's result and claims.
func (c *caseRun) tell(t try) {
	if t.result != nil {
		e := event.Event{Kind: event.StepResult, Origins: origins(t.result)}
		if raw, err := json.Marshal(t.result); err == nil {
			e.Result = raw
		}
		c.emit(e)
	}
	for _, claim := range t.claims {
		c.emit(event.Event{Kind: event.ClaimJudged, Claim: &claim})
	}
}

// tellOwnFailure says how an action's command failed, if it did: the likely cause of
// a claim that is false.
func (c *caseRun) tellOwnFailure(s *step, result any) {
	if failure := s.action.FailsOn(result); failure != nil {
		c.emit(event.Event{Kind: event.StepNote, Text: failure.Error()})
	}
}

// close turns the last try into the step's end.
func (c *caseRun) close(ctx context.Context, s *step, t try) *event.End {
	end := &event.End{Outcome: event.Passed}
	for _, claim := range t.claims {
		end.Claims.Add(claim.Outcome)
		if event.Worse(end.Outcome, claim.Outcome) != end.Outcome {
			end.Outcome, end.Help = claim.Outcome, claim.Hint
			end.Reason = sentence(claim)
		}
	}
	if t.err == nil {
		return end
	}
	outcome := event.Errored
	switch {
	case errors.As(t.err, new(ownFailure)):
		outcome = event.Failed
	case errors.Is(t.err, actions.ErrUnsupported):
		outcome = event.Skipped
	case ctx.Err() != nil:
		c.interrupted(ctx)
	}
	if end.Outcome == event.Passed || event.Worse(end.Outcome, outcome) != end.Outcome {
		end.Outcome, end.Reason, end.Help = outcome, t.err.Error(), c.text(ctx, s, "hint", s.Hint)
	}
	return end
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// origins are where a result's numbers came from.
func origins(result any) map[string]string {
	if sourced, ok := result.(actions.Sourced); ok {
		return sourced.Origins()
	}
	if result == nil {
		return nil
	}
	pointer := reflect.New(reflect.TypeOf(result)) // the method may be the pointer's
	if sourced, ok := pointer.Interface().(actions.Sourced); ok {
		pointer.Elem().Set(reflect.ValueOf(result))
		return sourced.Origins()
	}
	return nil
}

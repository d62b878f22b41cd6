package engine

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"isolab/actions"
	"isolab/engine/event"
	"isolab/schema"
)

// caseResult is what became of one pass over the steps.
type caseResult struct {
	outcome      event.Outcome
	reason, help string
	claims       event.Tally
	broke        map[string]event.Outcome
}

// caseRun is one pass over the steps with one row of params.
type caseRun struct {
	*run
	env    *actions.Env
	live   *containers
	values map[string]any   // what expressions see, by name
	none   map[string]error // why a step's result will never be there, by name
	result caseResult
}

func newCaseRun(r *run, row caseRow) *caseRun {
	c := &caseRun{run: r, values: map[string]any{"params": row.params.Interface(), "case": row.name}, none: map[string]error{}}
	c.result = caseResult{broke: map[string]event.Outcome{}}
	c.live = newContainers(r.program.Scenario.Containers.Names())
	env := r.env
	env.Containers = c.live
	c.env = &env
	return c
}

// lookup is how expressions find the values of names, or why there is none.
func (c *caseRun) lookup(name string) (any, bool) {
	if value, ok := c.values[name]; ok {
		return value, true
	}
	if why, ok := c.none[name]; ok {
		return why, false
	}
	return nil, false
}

// perform does the steps, then the finally steps whatever happened.
func (c *caseRun) perform(ctx context.Context) caseResult {
	if err := c.declare(ctx); err != nil {
		c.worsen(event.Errored, err.Error(), "")
		return c.result
	}
	for _, s := range c.program.steps {
		if ctx.Err() != nil {
			c.interrupted(ctx)
			break
		}
		if outcome := c.do(ctx, s); outcome == event.Errored || outcome == event.Skipped {
			break
		}
	}
	c.last(ctx)
	if c.result.outcome == "" {
		c.result.outcome = event.Passed
	}
	return c.result
}

// last runs the finally steps; they have their own time after an interrupt.
func (c *caseRun) last(ctx context.Context) {
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
		defer cancel()
	}
	for _, s := range c.program.finally {
		c.do(ctx, s)
	}
}

func (c *caseRun) interrupted(ctx context.Context) {
	reason, help := c.interruption(ctx)
	c.worsen(event.Errored, reason, help)
}

func (c *caseRun) worsen(o event.Outcome, reason, help string) {
	if event.Worse(c.result.outcome, o) == o && c.result.outcome != o {
		c.result.outcome, c.result.reason, c.result.help = o, reason, help
	}
}

// declare evaluates the container declarations with this row's params.
func (c *caseRun) declare(ctx context.Context) error {
	for _, entry := range c.program.Scenario.Containers {
		var container schema.Container
		if diags := schema.Decode(entry.Value, &container, c.evaluator(ctx)); len(diags) > 0 {
			return fmt.Errorf("container %s: %w", entry.Name, diags.Err())
		}
		c.live.declare(entry.Name, container)
	}
	return nil
}

// evaluator is the schema.Evaluator of a run: it looks up the compiled program.
func (c *caseRun) evaluator(ctx context.Context) schema.Evaluator {
	return func(e schema.Expr, _ reflect.Type) (any, error) {
		program, ok := c.program.programs[e]
		if !ok {
			return nil, fmt.Errorf("the expression %q was not compiled", e.Source)
		}
		return program.Eval(ctx, c.lookup)
	}
}

// do runs one step, for each item if it has a foreach, and records its outcome.
func (c *caseRun) do(ctx context.Context, s *step) event.Outcome {
	c.step = s.number
	began := c.env.Clock.Now()
	end := c.leftOut(ctx, s)
	if end == nil {
		c.summary.Ran[s.ID] = true
		end = c.items(ctx, s)
	}
	end.Duration = c.env.Clock.Now().Sub(began)
	c.result.claims = c.result.claims.Plus(end.Claims)
	end.Allowed = s.AllowFailure && end.Outcome != event.Passed && end.Outcome != event.Skipped
	c.emit(event.Event{Kind: event.StepEnd, End: end})
	return c.account(s, end)
}

// account adds a step's end to the case's outcome, and says whether to go on.
func (c *caseRun) account(s *step, end *event.End) event.Outcome {
	if end.Outcome == event.Passed || end.LeftOut {
		return event.Passed
	}
	if end.Allowed {
		return event.Passed
	}
	if s.ID != "" {
		c.result.broke[s.ID] = event.Worse(c.result.broke[s.ID], end.Outcome)
	}
	c.worsen(end.Outcome, fmt.Sprintf("%s: %s", s.label(), end.Reason), end.Help)
	return end.Outcome
}

// leftOut answers a step whose `when` is false, or cannot be evaluated.
func (c *caseRun) leftOut(ctx context.Context, s *step) *event.End {
	if s.when == nil {
		return nil
	}
	value, err := s.when.Eval(ctx, c.lookup)
	if err == nil && value == true {
		return nil
	}
	if err != nil {
		c.announce(ctx, s, "", nil)
		return &event.End{Outcome: event.Errored, Reason: fmt.Sprintf("when: %v", err)}
	}
	c.emit(event.Event{Kind: event.StepStart, StepInfo: &event.Step{ID: s.ID, Title: s.Title, Action: s.Action, Pos: s.At, Finally: s.finally, LeftOut: true}})
	const reason = "its `when` is false"
	c.none[s.As] = fmt.Errorf("%s was left out, %s", s.label(), reason)
	return &event.End{Outcome: event.Skipped, LeftOut: true, Reason: reason}
}

// items runs the step once, or once for each item of its foreach.
func (c *caseRun) items(ctx context.Context, s *step) *event.End {
	if s.Foreach == nil {
		end, result := c.once(ctx, s, "")
		if s.As != "" && result != nil {
			c.values[s.As] = result
		}
		return end
	}
	list, err := c.list(ctx, s)
	if err != nil {
		c.announce(ctx, s, "", nil)
		return &event.End{Outcome: event.Errored, Reason: fmt.Sprintf("foreach: %v", err)}
	}
	if list.Len() == 0 {
		return c.nothing(ctx, s)
	}
	total := &event.End{Outcome: event.Passed}
	results := reflect.MakeSlice(reflect.SliceOf(s.action.Result), 0, list.Len())
	for i := range list.Len() {
		c.values["item"] = list.Index(i).Interface()
		end, result := c.once(ctx, s, fmt.Sprint(list.Index(i).Interface()))
		total.Claims = total.Claims.Plus(end.Claims)
		if result != nil {
			results = reflect.Append(results, reflect.ValueOf(result))
		}
		if event.Worse(total.Outcome, end.Outcome) != total.Outcome {
			total.Outcome, total.Reason, total.Help = end.Outcome, end.Reason, end.Help
		}
		if end.Outcome == event.Errored || end.Outcome == event.Skipped {
			break
		}
	}
	delete(c.values, "item")
	if s.As != "" {
		c.values[s.As] = results.Interface()
	}
	return total
}

// nothing ends a step whose foreach has no items. What it claims of each of them was
// not shown for any.
func (c *caseRun) nothing(ctx context.Context, s *step) *event.End {
	c.announce(ctx, s, "", nil)
	if s.As != "" {
		c.values[s.As] = reflect.MakeSlice(reflect.SliceOf(s.action.Result), 0, 0).Interface()
	}
	if len(s.claims) > 0 {
		return &event.End{Outcome: event.Errored, Help: s.Hint, Reason: "foreach: the list is empty, so no claim was judged"}
	}
	c.emit(event.Event{Kind: event.StepNote, Text: "its foreach is an empty list: nothing was done"})
	return &event.End{Outcome: event.Passed}
}

// list is the list of a foreach.
func (c *caseRun) list(ctx context.Context, s *step) (reflect.Value, error) {
	if s.foreach != nil {
		value, err := s.foreach.Eval(ctx, c.lookup)
		return reflect.ValueOf(value), err
	}
	list := reflect.New(reflect.SliceOf(listItemType(s.Foreach)))
	if diags := schema.Decode(s.Foreach, list.Interface(), c.evaluator(ctx)); len(diags) > 0 {
		return reflect.Value{}, diags.Err()
	}
	return list.Elem(), nil
}

// label names a step for people: its id, title or action, and its number.
func (s *step) label() string {
	return fmt.Sprintf("step %d (%s)", s.number, firstOf(s.ID, s.Title, s.Action))
}

// realClock is the machine's time.
type realClock struct{}

// RealClock is the machine's own time.
func RealClock() actions.Clock { return realClock{} }

func (realClock) Now() time.Time { return time.Now() }

func (realClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

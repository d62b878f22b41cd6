package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"isolab/actions"
	"isolab/actions/runtime"
	"isolab/engine/event"
	"isolab/engine/expr"
	"isolab/engine/journal"
	"isolab/engine/receipt"
	"isolab/schema"
)

// The tests run whole scenarios, from YAML to events, with actions of their own:
// the engine knows actions by their contract only, so nothing else is needed.

// bench is a machine for scenarios: a clock that does not wait, and a counter that
// actions raise.
type bench struct {
	t       *testing.T
	clock   *testClock
	mu      sync.Mutex
	count   int
	removed []string
	lacks   []Lack
	grant   func(context.Context, *Program) error
	events  []event.Event
	leak    bool
	stuck   bool // nothing that was made can be removed
	release chan struct{}
	noted   chan struct{}
}

// testClock moves only when somebody sleeps.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

type countResult struct {
	N    int    `json:"n" expr:"n" doc:"How often it was asked."`
	Code int    `json:"code" expr:"code" doc:"How it ended."`
	Text string `json:"text" expr:"text" doc:"What was given."`

	Missing map[string]string `json:"missing" expr:"missing" doc:"What could not be read."`

	noise string
	slow  bool // the noise makes figures smaller, never larger
}

var _ actions.Noisy = countResult{}

func (r countResult) Origins() map[string]string { return map[string]string{"n": "/test/counter"} }

func (r countResult) Noise(field string, miss actions.Miss) (string, float64) {
	if field == "n" && miss == actions.MissHigh {
		return "", 0 // noise never makes it more
	}
	if r.slow && !(miss == actions.MissLow && field == "code") {
		return "", 0
	}
	return r.noise, 0.1
}

type countParams struct {
	Text  string `json:"text" doc:"Text to give back." isolab:"main"`
	Code  int    `json:"code" doc:"How to end."`
	Fail  string `json:"fail" doc:"An error to return." enum:"always,first,final,unsupported,hang,panic,unread,deaf,release"`
	Noisy bool   `json:"noisy" doc:"Whether the result is noisy."`
	Slow  bool   `json:"slow" doc:"Whether it is noisy, and that makes the code smaller."`
	Make  string `json:"make" doc:"The name of something to make."`
	Write bool   `json:"write" doc:"Whether to write a file into the scratch directory."`
}

// counter is an action that observes; bump is the same and changes something.
func (b *bench) actions() []actions.Action {
	spec := actions.Spec[countParams, countResult]{
		Summary: "Count",
		Verdict: []string{"code"},
		FailsOn: func(r countResult) error {
			if r.Code != 0 {
				return fmt.Errorf("exited with %d", r.Code)
			}
			return nil
		},
		Shell: func(p countParams, _ actions.View) []string { return []string{"count " + p.Text} },
		Run:   b.run,
	}
	counter, bump, host := spec, spec, spec
	counter.Name, counter.Observes = "test.count", true
	bump.Name = "test.bump"
	host.Name = "test.exec"
	host.Needs = func(countParams, actions.Declared) []actions.Permission {
		return []actions.Permission{actions.HostExec}
	}
	return []actions.Action{actions.Define(counter), actions.Define(bump), actions.Define(host)}
}

func (b *bench) run(ctx context.Context, env *actions.Env, p countParams) (countResult, error) {
	b.mu.Lock()
	b.count++
	n := b.count
	b.mu.Unlock()
	if p.Make != "" {
		if err := env.Ledger.Intend("thing", p.Make, nil); err != nil {
			return countResult{}, err
		}
	}
	if p.Write {
		if err := os.WriteFile(filepath.Join(env.Run.Dir, "file"), nil, 0o600); err != nil {
			return countResult{}, err
		}
	}
	switch {
	case p.Fail == "always", p.Fail == "first" && n == 1:
		return countResult{}, errors.New("count: it failed")
	case p.Fail == "final":
		return countResult{}, fmt.Errorf("count: %w", actions.Final{Err: errors.New("nothing is left")})
	case p.Fail == "unsupported":
		return countResult{}, fmt.Errorf("count: %w: there is no abacus; buy one", actions.ErrUnsupported)
	case p.Fail == "hang":
		<-ctx.Done()
		return countResult{}, ctx.Err()
	case p.Fail == "deaf": // it goes on after the end of its context
		<-b.release
		env.Note("still here")
		close(b.noted)
	case p.Fail == "release":
		close(b.release)
		<-b.noted
	case p.Fail == "panic":
		panic("the abacus broke")
	}
	r := countResult{N: n, Code: p.Code, Text: p.Text}
	if p.Fail == "unread" {
		r.Missing = map[string]string{"n": "the abacus was locked"}
	}
	if p.Noisy || p.Slow {
		r.noise, r.slow = "40 % of the CPU time was stolen", p.Slow
	}
	return r, nil
}

func (b *bench) Choose(context.Context, string) (runtime.Runtime, string, error) {
	return noRuntime{}, "it is a test", nil
}

func (b *bench) Lacks(context.Context, schema.Requires, runtime.Runtime) []Lack { return b.lacks }
func (b *bench) Describe(context.Context) event.Session                         { return event.Session{} }

// noRuntime is a runtime that is never asked anything but its name.
type noRuntime struct{ runtime.Runtime }

func (noRuntime) Name() string { return "none" }

func (b *bench) session() *Session {
	j, err := journal.Open(b.t.TempDir(), journal.Options{})
	if err != nil {
		b.t.Fatal(err)
	}
	scratch := b.t.TempDir()
	services := Services{
		Runtimes: b, Machine: b, Journal: j, Clock: b.clock, Scratch: scratch, Root: "/",
		Removers: map[string]actions.Remover{"scratch": Removers(scratch)["scratch"], "thing": func(_ context.Context, name string, _ map[string]string) error {
			if b.stuck {
				return errors.New("it is stuck")
			}
			b.removed = append(b.removed, name)
			return nil
		}},
		Grant: b.grant,
		Inventory: func(ctx context.Context, _ runtime.Runtime, run string) receipt.Inventory {
			inventory, _ := receipt.Take(ctx, receipt.Objects(receipt.Containers, func(context.Context) ([]receipt.Item, error) {
				if b.leak {
					return []receipt.Item{{Name: "forgotten", Run: run}}, nil
				}
				return nil, nil
			}))
			return inventory
		},
		Locate: func(context.Context, *actions.Env, string, string) (string, string, bool) { return "", "", false },
	}
	return NewSession(services, func(e event.Event) { b.events = append(b.events, e) }, false)
}

func newBench(t *testing.T) *bench {
	return &bench{t: t, clock: &testClock{now: time.Unix(0, 0)}, grant: func(context.Context, *Program) error { return nil },
		release: make(chan struct{}), noted: make(chan struct{})}
}

// scenario reads a document whose head is given.
func scenario(t *testing.T, body string) *schema.Scenario {
	t.Helper()
	s, diags := schema.Read("test.yaml", []byte("isolab: 1\nname: test\ntitle: A test\n"+body))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return s
}

// play compiles and runs a document.
func (b *bench) play(body string) Summary {
	b.t.Helper()
	program, diags := Compile(scenario(b.t, body), NewCatalog(b.actions()...), Options{})
	if len(diags) > 0 {
		b.t.Fatal(diags)
	}
	return b.session().Run(context.Background(), program)
}

func (b *bench) claims() (list []*event.Claim) {
	for _, e := range b.events {
		if e.Kind == event.ClaimJudged {
			list = append(list, e.Claim)
		}
	}
	return list
}

func TestOutcomes(t *testing.T) {
	for _, test := range []struct {
		name, body string
		outcome    event.Outcome
		reason     string
	}{
		{"a claim holds", "steps: [{test.count: hello, expect: [result.text == 'hello']}]", event.Passed, ""},
		{"a claim is false", "steps: [{test.count: hello, expect: [result.text == 'bye']}]", event.Failed, `result.text = "hello"`},
		{"a failing result is red although nobody asked", "steps: [{test.count: {code: 3}}, {test.count: x, expect: ['result.n > 0']}]", event.Failed, "exited with 3"},
		{"unless the step expects it", "steps: [{test.count: {code: 3}, expect: [result.code == 3]}]", event.Passed, ""},
		{"another claim does not excuse it", "steps: [{test.count: {code: 3}, expect: ['result.n > 0']}]", event.Failed, "exited with 3"},
		{"an action fails", "steps: [{test.count: {fail: always}, expect: ['result.n > 0']}]", event.Errored, "it failed"},
		{"an action panics", "steps: [{test.count: {fail: panic}, expect: ['result.n > 0']}]", event.Errored, "the abacus broke"},
		{"the machine cannot", "steps: [{test.count: {fail: unsupported}, expect: ['result.n > 0']}]", event.Skipped, "there is no abacus"},
		{"a timeout", "steps: [{test.count: {fail: hang}, timeout: 10ms, expect: ['result.n > 0']}]", event.Errored, "took longer than the step's timeout of 10ms"},
		{"a claim cannot be judged", "steps: [{test.count: x, expect: [\"int(result.text) == 1\"]}]", event.Errored, "could not be judged"},
		{"a claim on what could not be read", "steps: [{test.count: {fail: unread}, expect: ['result.n >= 0']}]", event.Errored, "the abacus was locked"},
		{"a claim on an item that could not be read", "steps: [{test.count: {fail: unread}, foreach: [1], as: all}, {test.count: x, expect: ['all[0].n >= 0']}]", event.Errored, "all[0].n could not be read: the abacus was locked"},
		{"a claim on any item that could not be read", "steps: [{test.count: {fail: unread}, foreach: [1], as: all}, {test.count: x, expect: ['all(all, .n >= 0)']}]", event.Errored, "the abacus was locked"},
		{"a condition on what could not be read", "steps: [{test.count: {fail: unread}, as: it}, {test.count: x, when: it.n > 0, expect: ['result.n > 0']}]", event.Errored, "when: it.n could not be read"},
		{"a parameter that could not be read", "steps: [{test.count: {fail: unread}, as: it}, {test.count: {code: '${it.n}'}, expect: ['result.n > 0']}]", event.Errored, "the abacus was locked"},
		{"what could not be read, and need not be", "steps: [{test.count: {fail: unread, text: x}, expect: [\"result.text == 'x' || result.n > 5\"]}]", event.Passed, ""},
		{"noise", "steps: [{test.count: {noisy: true}, expect: [result.text == 'x']}]", event.Inconclusive, "40 % of the CPU time"},
		{"noise that cannot have done it", "steps: [{test.count: {noisy: true}, expect: ['result.n >= 100']}]", event.Failed, "result.n"},
		{"noise does not matter while claims hold", "steps: [{test.count: {noisy: true}, expect: ['result.n > 0']}]", event.Passed, ""},
		{"noise that lowers a figure which is too low", "steps: [{test.count: {slow: true, code: 10}, expect: ['result.code >= 11']}]", event.Inconclusive, "40 % of the CPU time"},
		{"the figure may be on either side", "steps: [{test.count: {slow: true, code: 10}, expect: ['11 <= result.code * 1']}]", event.Inconclusive, "40 % of the CPU time"},
		{"noise that cannot raise a figure", "steps: [{test.count: {noisy: true}, expect: ['result.n < 1']}]", event.Failed, "result.n"},
		{"unless it is part of a larger one", "steps: [{test.count: {noisy: true}, expect: ['1 + result.n * 0 < 1']}]", event.Inconclusive, "40 % of the CPU time"},
		{"noise that lowers a figure which is too high", "steps: [{test.count: {slow: true, code: 10}, expect: ['result.code <= 9']}]", event.Failed, "result.code"},
		{"noise beside what is false", "steps: [{test.count: x, as: plain}, {test.count: {noisy: true}, expect: [\"plain.text == 'other' && result.text == ''\"]}]", event.Failed, "plain.text"},
		{"noise in what is false", "steps: [{test.count: x, as: plain}, {test.count: {noisy: true}, expect: [\"plain.text == 'x' && (result.text == 'x')\"]}]", event.Inconclusive, "40 % of the CPU time"},
		{"noise in the middle of two comparisons", "steps: [{test.count: {noisy: true, code: 10}, expect: ['1 <= result.code * 1 < 10']}]", event.Inconclusive, "40 % of the CPU time"},
		{"noise inside a loop", "steps: [{test.count: x, as: plain}, {test.count: {noisy: true}, expect: [\"plain.text == 'x' && all(['y'], # == result.text)\"]}]", event.Inconclusive, "40 % of the CPU time"},
		{"a failure that is allowed", "steps: [{test.count: {code: 3}, allow_failure: true}, {test.count: x, expect: ['result.n > 0']}]", event.Passed, ""},
		{"no claim but one that may be false", "steps: [{test.count: x, allow_failure: true, expect: ['result.n > 5']}]", event.Skipped, "no claim holds"},
		{"claims on each of nothing", "steps: [{test.count: x, expect: ['result.n > 0']}, {test.count: x, foreach: '${filter([1], # > 1)}', expect: ['result.n > 0']}]", event.Errored, "step 2 (test.count): foreach: the list is empty"},
		{"something done for each of nothing", "steps: [{test.count: x, foreach: '${filter([1], # > 1)}', as: all}, {test.count: x, expect: ['len(all) == 0']}]", event.Passed, ""},
		{"finally runs after an error, and its own failure counts", "steps: [{test.count: x, expect: ['result.n > 0']}]\nfinally: [{test.count: y, expect: ['result.n > 5']}]", event.Failed, "result.n"},
		{"a step that is left out", "steps: [{test.count: x, when: 1 > 2, expect: ['result.n > 5']}, {test.count: y, expect: ['result.n > 0']}]", event.Passed, ""},
		{"a result of a step that was left out", "steps: [{test.count: x, when: 1 > 2, as: gone}, {test.count: y, expect: ['gone.n > 0']}]", event.Errored, "gone has no value: step 1 (test.count) was left out, its `when` is false"},
		{"a result that may have been left out", "steps: [{test.count: x, when: 1 > 2, as: gone}, {test.count: y, expect: ['(gone?.n ?? 7) == 7']}]", event.Passed, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			summary := b.play(test.body)
			b.everyEndHasItsStart()
			if summary.Outcome != test.outcome || !strings.Contains(summary.Reason, test.reason) {
				t.Errorf("%s (%s), want %s (… %s …)", summary.Outcome, summary.Reason, test.outcome, test.reason)
			}
		})
	}
}

// Actions and expressions do not know each other, and mean the same field.
func TestMissingFieldIsOne(t *testing.T) {
	if expr.MissingField != actions.MissingField {
		t.Errorf("expressions look at %s, actions tell in %s", expr.MissingField, actions.MissingField)
	}
}

func TestEventuallyWaitsForAllClaims(t *testing.T) {
	b := newBench(t)
	summary := b.play("steps: [{test.count: {fail: first}, eventually: {within: 10s, every: 1s}, expect: ['result.n >= 4', 'result.n > 0']}]")
	if summary.Outcome != event.Passed || b.count != 4 {
		t.Errorf("%s after %d tries, want passed after 4: an error counts as not yet", summary.Outcome, b.count)
	}
	if len(b.claims()) != 2 {
		t.Errorf("%d claims told, want those of the last try only", len(b.claims()))
	}
}

func TestEventuallyEnds(t *testing.T) {
	b := newBench(t)
	summary := b.play("steps: [{test.count: x, eventually: {within: 3s, every: 1s}, expect: ['result.n > 100']}]")
	if summary.Outcome != event.Failed || b.count != 4 {
		t.Errorf("%s after %d tries, want failed after 4", summary.Outcome, b.count)
	}
	b = newBench(t)
	summary = b.play("steps: [{test.count: {fail: final}, eventually: 10s, expect: ['result.n > 0']}]")
	if summary.Outcome != event.Errored || b.count != 1 {
		t.Errorf("%s after %d tries, want an error after 1: nothing can change it", summary.Outcome, b.count)
	}
}

func TestAlwaysDemandsEveryTime(t *testing.T) {
	b := newBench(t)
	summary := b.play("steps: [{test.count: x, always: {for: 10s, every: 1s}, expect: ['result.n < 3']}]")
	if summary.Outcome != event.Failed || b.count != 3 {
		t.Errorf("%s after %d tries, want failed at the third", summary.Outcome, b.count)
	}
	b = newBench(t)
	if summary := b.play("steps: [{test.count: x, always: {for: 3s, every: 1s}, expect: ['result.n < 9']}]"); summary.Outcome != event.Passed || b.count != 4 {
		t.Errorf("%s after %d tries, want passed after 4", summary.Outcome, b.count)
	}
}

func TestForeachAndCases(t *testing.T) {
	b := newBench(t)
	summary := b.play(`
params: {word: {type: string, default: a}}
cases:
  - {name: one, params: {word: x}}
  - {name: two, params: {word: y}}
steps:
  - {test.count: "${params.word}${item}", foreach: [1, 2, 3], as: all, expect: ["result.text == params.word + string(item)"]}
  - {test.count: last, expect: ["len(all) == 3", "all[2].text == params.word + '3'"]}
`)
	if summary.Outcome != event.Passed || b.count != 8 || summary.Claims.Passed != 10 {
		t.Errorf("%s (%s), %d actions, %d claims, want passed, 8, 10", summary.Outcome, summary.Reason, b.count, summary.Claims.Passed)
	}
}

// A step whose foreach fails begins like any other: what reads the events puts an end
// down to the step that began last.
func TestFailingForeachIsItsOwn(t *testing.T) {
	b := newBench(t)
	summary := b.play("steps: [{test.count: x, when: 1 > 2, as: gone}, {test.count: x, foreach: '${[gone.text]}', expect: ['result.n > 0']}]")
	if summary.Outcome != event.Errored || !strings.Contains(summary.Reason, "foreach: gone") {
		t.Errorf("%s (%s)", summary.Outcome, summary.Reason)
	}
	b.everyEndHasItsStart()
}

// everyEndHasItsStart looks whether the step that ends is the one that began last.
func (b *bench) everyEndHasItsStart() {
	b.t.Helper()
	began := 0
	for _, e := range b.events {
		switch {
		case e.Kind == event.StepStart:
			began = e.Step
		case e.Kind == event.StepEnd && e.Step != began:
			b.t.Errorf("step %d ends, and the one that began last is step %d", e.Step, began)
		}
	}
}

func TestWhatWasMadeIsRemoved(t *testing.T) {
	b := newBench(t)
	b.play("steps: [{test.count: {make: a}}, {test.count: {make: b, fail: always}, expect: ['result.n > 0']}]")
	if fmt.Sprint(b.removed) != "[b a]" {
		t.Errorf("removed %v, want [b a]: the latest first, also after an error", b.removed)
	}
}

// Each pass over the steps has a scratch directory: the next case, and a case that
// runs once more.
func TestEachPassHasAScratchDirectory(t *testing.T) {
	for name, body := range map[string]string{
		"the next case": "cases: [{name: one}, {name: two}]\nsteps: [{test.count: {write: true}, expect: ['result.n > 0']}]",
		"once more":     "steps: [{test.count: {write: true, noisy: true}, expect: [\"result.text == 'x' || result.n > 1\"]}]",
	} {
		b := newBench(t)
		if summary := b.play(body); summary.Outcome != event.Passed || b.count != 2 {
			t.Errorf("%s: %s (%s), %d actions, want passed after 2", name, summary.Outcome, summary.Reason, b.count)
		}
	}
}

// What cannot be removed ends the run: the next pass would meet it.
func TestNoPassAmongLeftovers(t *testing.T) {
	b := newBench(t)
	b.stuck = true
	summary := b.play("cases: [{name: one}, {name: two}]\nsteps: [{test.count: {make: a}, expect: ['result.n > 0']}]")
	if summary.Outcome != event.Errored || !strings.Contains(summary.Reason, "begin afresh") || !strings.Contains(summary.Reason, "it is stuck") || b.count != 1 {
		t.Errorf("%s (%s), %d actions, want an error after 1", summary.Outcome, summary.Reason, b.count)
	}
}

func TestLeftoversFailTheRun(t *testing.T) {
	b := newBench(t)
	b.leak = true
	summary := b.play("steps: [{test.count: x, expect: ['result.n > 0']}]")
	if summary.Outcome != event.Errored || !strings.Contains(summary.Reason, "forgotten") {
		t.Errorf("%s (%s), want an error that names what is left", summary.Outcome, summary.Reason)
	}
}

func TestRefusedBeforeTheFirstStep(t *testing.T) {
	b := newBench(t)
	b.grant = func(_ context.Context, p *Program) error { return fmt.Errorf("refused: %v", p.Needs) }
	summary := b.play("permissions: [host.exec]\nsteps: [{test.exec: x, expect: ['result.n > 0']}]")
	if !summary.Denied || b.count != 0 || !strings.Contains(summary.Reason, "host.exec") {
		t.Errorf("denied %v (%s), %d actions done", summary.Denied, summary.Reason, b.count)
	}
}

func TestSkippedBeforeTheFirstStep(t *testing.T) {
	b := newBench(t)
	b.lacks = []Lack{{"needs 64 CPUs, this machine has 2", "buy more"}}
	summary := b.play("steps: [{test.count: x, expect: ['result.n > 0']}]")
	if summary.Outcome != event.Skipped || summary.Help != "buy more" || b.count != 0 {
		t.Errorf("%+v, %d actions done", summary, b.count)
	}
}

func TestClaimsNameTheirOrigin(t *testing.T) {
	b := newBench(t)
	b.play("steps: [{test.count: x, as: mem, expect: ['mem.n > 5']}]")
	claim := b.claims()[0]
	for _, operand := range claim.Operands {
		if operand.Text == "mem.n" && operand.Value == "1" && operand.Origin == "/test/counter" {
			return
		}
	}
	t.Errorf("operands %+v, want mem.n = 1 from /test/counter", claim.Operands)
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"isolab/engine/event"
)

// Noise in a step that a control does not name leaves it open whether it breaks that.
func TestControlIsNoisyElsewhere(t *testing.T) {
	b := newBench(t)
	s := scenario(t, "steps:\n  - {id: a, test.count: {code: 0}, expect: [result.code == 0]}\n  - {id: b, test.count: {text: x}, expect: ['result.text == \"x\"']}\n"+
		"controls: [{name: c, change: {steps.a.test.count.code: 1, steps.b.test.count: {noisy: true, text: y}}, breaks: [a]}]")
	proof, diags := b.session().Prove(context.Background(), s, NewCatalog(b.actions()...), Options{}, 1)
	if len(diags) > 0 || proof.Outcome != event.Inconclusive || !strings.Contains(proof.Reason, "too noisy to tell whether it breaks b") {
		t.Errorf("%s (%s), %v", proof.Outcome, proof.Reason, diags)
	}
}

// A claim that holds in a control although it should not, and that noise may have made
// hold, proves nothing either way.
func TestControlHoldsByNoise(t *testing.T) {
	for noisy, want := range map[bool]event.Outcome{true: event.Inconclusive, false: event.Failed} {
		b := newBench(t)
		s := scenario(t, fmt.Sprintf("steps:\n  - {id: a, test.count: {code: 99, noisy: %t}, expect: [result.code <= 100]}\n"+
			"controls: [{name: c, change: {steps.a.test.count.code: 98}, breaks: [a]}]", noisy))
		proof, diags := b.session().Prove(context.Background(), s, NewCatalog(b.actions()...), Options{}, 1)
		if len(diags) > 0 || proof.Outcome != want {
			t.Errorf("noisy %t: %s (%s), %v", noisy, proof.Outcome, proof.Reason, diags)
		}
	}
}

// A proof that was cut short is none.
func TestProofIsCutShort(t *testing.T) {
	for _, kind := range []event.Kind{event.ScenarioEnd, event.ControlEnd} {
		b := newBench(t)
		ctx, cancel := context.WithCancelCause(context.Background())
		s := scenario(t, "steps: [{id: a, test.count: {code: 0}, expect: [result.code == 0]}]\ncontrols:\n"+
			"  - {name: c, change: {steps.a.test.count.code: 1}, breaks: [a]}\n  - {name: d, change: {steps.a.test.count.code: 2}, breaks: [a]}")
		session := b.session()
		session.sink = event.Tee(session.sink, func(e event.Event) {
			if e.Kind == kind {
				cancel(errors.New("noon"))
			}
		})
		proof, diags := session.Prove(ctx, s, NewCatalog(b.actions()...), Options{}, 1)
		if len(diags) > 0 || proof.Outcome != event.Errored || !strings.Contains(proof.Reason, "noon") {
			t.Errorf("cut at %s: %s (%s), %v", kind, proof.Outcome, proof.Reason, diags)
		}
	}
}

func TestControlsMustBreakWhatTheyName(t *testing.T) {
	for _, test := range []struct {
		name, controls string
		holds          bool
		reason         string
		unproven       int
	}{
		{"breaks it", "[{name: c, change: {steps.a.test.count.code: 1}, breaks: [a]}]", true, "", 2},
		{"breaks nothing", "[{name: c, change: {steps.a.test.count.text: x}, breaks: [a]}]", false, "still hold", 3},
		{"breaks another", "[{name: c, change: {steps.a.test.count.code: 1, steps.b.test.count.code: 1}, breaks: [a]}]", false, "also breaks b", 1},
		{"cannot run", "[{name: c, change: {steps.a.test.count.fail: always}, breaks: [a]}]", false, "could not be run", 3},
		{"cannot run here", "[{name: c, change: {steps.a.test.count.fail: unsupported}, breaks: [a]}]", false, "no abacus", 3},
		{"breaks the claim", "[{name: c, change: {steps.a.test.count.code: 1}, breaks: [{step: a, claims: [result.code == 0]}]}]", true, "", 2},
		{"breaks another claim", "[{name: c, change: {steps.a.test.count.text: y}, breaks: [{step: a, claims: [result.code == 0]}]}]", false, "a (result.code == 0) still hold", 2},
		{"breaks a claim too many", "[{name: c, change: {steps.a.test.count: {code: 1, text: y}}, breaks: [{step: a, claims: [result.code == 0]}]}]", false, `also breaks a (result.text == "x")`, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			s := scenario(t, "steps:\n  - {id: a, test.count: {text: x, code: 0}, expect: [result.code == 0, 'result.text == \"x\"']}\n"+
				"  - {id: b, test.count: {text: x, code: 0}, expect: [result.code == 0]}\ncontrols: "+test.controls)
			proof, diags := b.session().Prove(context.Background(), s, NewCatalog(b.actions()...), Options{}, 2)
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			if proof.Runs != 2 || (proof.Broke == 1) != test.holds || !strings.Contains(proof.Reason, test.reason) {
				t.Errorf("%+v", proof)
			}
			if len(proof.Unproven) != test.unproven || test.unproven > 1 && !slices.Contains(proof.Unproven, "step 2 (b): `result.code == 0`") {
				t.Errorf("unproven %q", proof.Unproven)
			}
		})
	}
}

// An action that fails says nothing about the claims of its step; a step without
// claims breaks by it.
func TestControlMakesTheActionFail(t *testing.T) {
	for expect, want := range map[string]string{", expect: ['result.text == \"x\"']": "the claims of a still hold", "": ""} {
		b := newBench(t)
		s := scenario(t, "steps:\n  - {id: a, test.count: {text: x, code: 0}"+expect+"}\n  - {test.count: x, expect: ['result.n > 0']}\n"+
			"controls: [{name: c, change: {steps.a.test.count.code: 3}, breaks: [a]}]")
		proof, diags := b.session().Prove(context.Background(), s, NewCatalog(b.actions()...), Options{}, 1)
		if len(diags) > 0 || (proof.Outcome == event.Passed) != (want == "") || !strings.Contains(proof.Reason, want) {
			t.Errorf("%s (%s), %v; want … %s …", proof.Outcome, proof.Reason, diags, want)
		}
	}
}

// A control that writes the claims anew, or needs what nobody granted, is found
// before anything runs.
func TestControlsAreRefused(t *testing.T) {
	b := newBench(t)
	body := "permissions: [host.exec]\nsteps:\n  - {id: a, test.count: x, expect: ['result.n > 0']}\ncontrols: "
	_, diags := CompileControls(scenario(t, body+"[{name: c, change: {steps.a.expect: ['result.n > 9']}, breaks: [a]}]"), NewCatalog(b.actions()...), Options{})
	if !strings.Contains(diags.Error(), "changes the claims of step a") {
		t.Errorf("other claims: %v", diags)
	}
	b.grant = func(_ context.Context, p *Program) error {
		if len(p.Needs) > 0 {
			return fmt.Errorf("refused: %v", p.Needs)
		}
		return nil
	}
	s := scenario(t, body+"[{name: c, change: {steps.a: {id: a, test.exec: x, expect: ['result.n > 0']}}, breaks: [a]}]")
	proof, _ := b.session().Prove(context.Background(), s, NewCatalog(b.actions()...), Options{}, 1)
	if !proof.Denied || b.count != 0 || !strings.Contains(proof.Reason, "host.exec") {
		t.Errorf("%+v, after %d actions", proof, b.count)
	}
}

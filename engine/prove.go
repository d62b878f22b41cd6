package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"isolab/engine/event"
	"isolab/schema"
)

// Proof is a scenario together with what shows that its claims can fail.
type Proof struct {
	Name   string
	Tally  event.Tally // the claims of all runs of the scenario itself
	Denied bool        // refused for a missing permission
	event.Proof
}

// Prove runs a scenario repeat times, then each of its controls, and demands that
// a control breaks exactly the steps that it names.
func (s *Session) Prove(ctx context.Context, scenario *schema.Scenario, catalog *Catalog, options Options, repeat int) (Proof, schema.Diagnostics) {
	program, diags := Compile(scenario, catalog, options)
	if len(diags) > 0 {
		return Proof{}, diags
	}
	controls, diags := CompileControls(scenario, catalog, options)
	if len(diags) > 0 {
		return Proof{}, diags
	}
	proof := Proof{Name: scenario.Name, Proof: event.Proof{Controls: len(controls)}}
	defer func() {
		told := proof.Proof
		s.sink(event.Event{Kind: event.ProofEnd, Time: s.services.Clock.Now(), Name: proof.Name, Proof: &told})
	}()
	if err := s.grant(ctx, program, controls); err != nil {
		proof.Denied, proof.Outcome, proof.Reason = true, event.Errored, err.Error()
		return proof, nil
	}
	var claims records
	if s.repeat(ctx, program, &proof, &claims, repeat); proof.Denied || proof.Outcome == event.Skipped {
		return proof, nil
	}
	var broken records
	for i, control := range scenario.Controls {
		if ctx.Err() != nil {
			proof.cut(ctx)
			break
		}
		told := s.control(ctx, control, controls[i], &broken)
		if told.Holds {
			proof.Broke++
			continue
		}
		proof.worsen(controlOutcome(told), fmt.Sprintf("control %s: %s", told.Name, told.Reason))
	}
	proof.Unproven = claims.unproven(&broken)
	return proof, nil
}

// grant asks once for what the scenario and its controls need together.
func (s *Session) grant(ctx context.Context, program *Program, controls []*Program) error {
	all := *program
	all.Needs = slices.Clone(program.Needs)
	for _, control := range controls {
		for _, need := range control.Needs {
			if !slices.Contains(all.Needs, need) {
				all.Needs = append(all.Needs, need)
			}
		}
	}
	return s.services.Grant(ctx, &all)
}

// repeat runs the scenario itself and keeps how each claim fared.
func (s *Session) repeat(ctx context.Context, program *Program, proof *Proof, claims *records, times int) {
	watched := *s
	watched.sink = event.Tee(claims.see, s.sink)
	for range max(times, 1) {
		summary := watched.Run(ctx, program)
		proof.Runs++
		if summary.Outcome == event.Passed {
			proof.Held++
		}
		proof.Denied = proof.Denied || summary.Denied
		proof.Claims, proof.Tally = claims.list, proof.Tally.Plus(summary.Claims)
		proof.worsen(summary.Outcome, summary.Reason)
		if summary.Outcome == event.Skipped || summary.Denied {
			return
		}
		if ctx.Err() != nil {
			proof.cut(ctx)
			return
		}
	}
}

// cut notes that the end of the whole run came before the end of the proof.
func (p *Proof) cut(ctx context.Context) {
	p.worsen(event.Errored, fmt.Sprintf("cut short: %v", context.Cause(ctx)))
}

// controlOutcome is what a control that does not hold means for the proof.
func controlOutcome(told event.Control) event.Outcome {
	switch {
	case told.Error:
		return event.Errored
	case told.Undecided:
		return event.Inconclusive
	}
	return event.Failed
}

func (p *Proof) worsen(o event.Outcome, reason string) {
	if event.Worse(p.Outcome, o) == o && p.Outcome != o {
		p.Outcome, p.Reason = o, reason
	}
}

// CompileControls compiles every control of a scenario: the scenario itself, with
// the control's change. They are in the author's order; all mistakes are returned
// at once, and each names its control.
func CompileControls(scenario *schema.Scenario, catalog *Catalog, options Options) ([]*Program, schema.Diagnostics) {
	var programs []*Program
	var all schema.Diagnostics
	for _, control := range scenario.Controls {
		changed, diags := scenario.WithChange(control.Change)
		var program *Program
		if len(diags) == 0 {
			diags = sameClaims(scenario, changed, control)
		}
		if len(diags) == 0 {
			program, diags = Compile(changed, catalog, options)
		}
		for _, d := range diags {
			d.Message = fmt.Sprintf("control %s: %s", control.Name, d.Message)
			all = append(all, d)
		}
		programs = append(programs, program)
	}
	return programs, all.Sorted()
}

// sameClaims demands that a control leaves the claims alone that it must break: one
// that is written anew says nothing about the old one.
func sameClaims(scenario, changed *schema.Scenario, control schema.Control) (diags schema.Diagnostics) {
	for _, b := range control.Breaks {
		if slices.Equal(claimsOf(scenario, b.Step), claimsOf(changed, b.Step)) {
			continue
		}
		diags = append(diags, schema.Diagnostic{Pos: control.Change[0].Pos, Width: len(control.Change[0].Name), Code: codeClaimsChanged,
			Message: fmt.Sprintf("this changes the claims of step %s, and then breaks others than it proves", b.Step),
			Hint:    "change the cause, such as a limit or a command, and leave expect as it is"})
	}
	return diags
}

// claimsOf are the claims of a step by its id.
func claimsOf(s *schema.Scenario, id string) (claims []string) {
	for _, step := range slices.Concat(s.Steps, s.Finally) {
		if step.ID != id {
			continue
		}
		for _, claim := range step.Expect {
			claims = append(claims, claim.That.Source)
		}
	}
	return claims
}

// control runs a changed scenario and compares what broke with what should. all
// gathers how the claims fared in every control.
func (s *Session) control(ctx context.Context, control schema.Control, program *Program, all *records) event.Control {
	told := event.Control{Name: control.Name, About: control.About}
	for _, b := range control.Breaks {
		told.Breaks = append(told.Breaks, b.String())
	}
	for _, change := range control.Change {
		told.Change = append(told.Change, change.Name+": "+change.Value.Inline())
	}
	begun := told
	s.sink(event.Event{Kind: event.ControlStart, Time: s.services.Clock.Now(), Name: program.Name(), Control: &begun})
	var claims records
	watched := *s
	watched.sink = event.Tee(claims.see, all.see, s.sink)
	verdict(&told, control.Breaks, watched.Run(ctx, program), &claims)
	done := told
	s.sink(event.Event{Kind: event.ControlEnd, Time: s.services.Clock.Now(), Name: program.Name(), Control: &done})
	return told
}

// verdict decides whether a control broke exactly what it names. A step that is
// left out on this machine cannot break, and is not asked to; one at least must.
func verdict(told *event.Control, breaks []schema.Break, summary Summary, claims *records) {
	var missing, others, noisy []string
	var named []string
	for _, b := range breaks {
		named = append(named, b.Step)
		switch {
		case summary.Broke[b.Step] == event.Inconclusive:
			noisy = append(noisy, b.Step)
		case summary.Ran[b.Step] && summary.Broke[b.Step] != event.Failed && claims.noisy(b.Step):
			noisy = append(noisy, b.Step)
		case summary.Ran[b.Step] && summary.Broke[b.Step] != event.Failed:
			missing = append(missing, b.Step)
		case summary.Broke[b.Step] == event.Failed:
			broken := claims.broken(b.Step)
			if len(broken) == 0 && claims.judged(b.Step) { // its action failed, which says nothing about them
				missing = append(missing, b.Step)
				continue
			}
			hold, also := compareClaims(b, broken)
			missing, others = append(missing, hold...), append(others, also...)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(summary.Broke)) {
		if summary.Broke[id] == event.Failed {
			told.Broke = append(told.Broke, id)
			for _, c := range claims.broken(id)[:min(1, len(claims.broken(id)))] {
				told.Found = append(told.Found, c.Why)
			}
		}
		switch {
		case slices.Contains(named, id):
		case summary.Broke[id] == event.Inconclusive:
			noisy = append(noisy, id)
		default:
			others = append(others, id)
		}
	}
	switch {
	case summary.Outcome == event.Errored:
		told.Error = true
		told.Reason = fmt.Sprintf("could not be run: %s", summary.Reason)
	case summary.Outcome == event.Skipped:
		told.Undecided = true
		told.Reason = fmt.Sprintf("cannot be run here: %s", summary.Reason)
	case len(noisy) > 0:
		told.Undecided = true
		told.Reason = fmt.Sprintf("the machine was too noisy to tell whether it breaks %s", strings.Join(noisy, ", "))
	case len(told.Broke) == 0 && len(missing) == 0:
		told.Reason = "none of the steps that it names ran here"
	case len(missing) > 0:
		told.Reason = fmt.Sprintf("the claims of %s still hold, so they prove nothing", strings.Join(missing, ", "))
	case len(others) > 0:
		told.Reason = fmt.Sprintf("it also breaks %s", strings.Join(others, ", "))
	default:
		told.Holds = true
	}
}

// compareClaims compares the claims of a step that are false with those that the
// author named, if any: which of these still hold, and which others are false.
func compareClaims(b schema.Break, broken []event.Record) (hold, also []string) {
	if len(b.Claims) == 0 {
		return nil, nil
	}
	isFalse := func(text string) bool {
		return slices.ContainsFunc(broken, func(c event.Record) bool { return c.Text == text })
	}
	for _, text := range b.Claims {
		if !isFalse(text) {
			hold = append(hold, fmt.Sprintf("%s (%s)", b.Step, text))
		}
	}
	for _, c := range broken {
		if !slices.Contains(b.Claims, c.Text) {
			also = append(also, fmt.Sprintf("%s (%s)", b.Step, c.Text))
		}
	}
	return hold, also
}

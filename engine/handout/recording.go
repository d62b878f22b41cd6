package handout

import (
	"io"
	"path"
	"strings"

	"isolab/engine/event"
)

// Recording is what one run of a scenario measured.
type Recording struct {
	Machine event.Session
	Runtime string
	Outcome event.Outcome
	Reason  string // of a run that did not pass

	claims map[place][]measured
}

// place is a claim of the scenario file: the same for every case and every item of
// a foreach.
type place struct {
	step int // from 1
	text string
}

// measured is a claim as it was judged once.
type measured struct {
	round string // the case and the item, where there are several
	claim event.Claim
}

// Read finds the runs of scenarios in an event log, by the scenarios' names. Where
// there are several of one scenario the last one that passed counts, or else the
// last. Runs of controls are not of interest.
func Read(r io.Reader) (map[string]*Recording, error) {
	reader := reader{found: map[string]*Recording{}, open: map[string]*Recording{}}
	err := event.Read(r, func(e event.Event) error { reader.see(e); return nil })
	return reader.found, err
}

type reader struct {
	found   map[string]*Recording
	open    map[string]*Recording // by run
	session event.Session
	control bool
	item    string
}

func (r *reader) see(e event.Event) {
	switch e.Kind {
	case event.SessionStart:
		r.session = *e.Session
	case event.ControlStart, event.ControlEnd:
		r.control = e.Kind == event.ControlStart
	case event.ScenarioStart:
		if !r.control {
			r.open[e.Run] = &Recording{Machine: r.session, Runtime: e.Scenario.Runtime, claims: map[place][]measured{}}
		}
	}
	recording := r.open[e.Run]
	if recording == nil {
		return
	}
	switch e.Kind {
	case event.StepStart:
		r.item = e.StepInfo.Item
	case event.ClaimJudged:
		at := place{e.Step, e.Claim.Text}
		round := strings.Trim(e.Case+", "+r.item, ", ")
		recording.claims[at] = append(recording.claims[at], measured{round, *e.Claim})
	case event.ScenarioEnd:
		recording.Outcome, recording.Reason = e.End.Outcome, e.End.Reason
		if earlier := r.found[e.Name]; earlier == nil || earlier.Outcome != event.Passed || recording.Outcome == event.Passed {
			r.found[e.Name] = recording
		}
		delete(r.open, e.Run)
	}
}

// lines are what a claim's measurements are in words.
func (r *Recording) lines(step int, text string) (lines []string) {
	for _, m := range r.claims[place{step, text}] {
		var values []string
		for _, o := range m.claim.Operands {
			if o.Value == "" || o.Text == m.claim.Text && len(m.claim.Operands) > 1 {
				continue
			}
			value := code(o.Text) + " = " + o.Value
			if o.Origin != "" {
				value += " (" + path.Base(o.Origin) + ")"
			}
			values = append(values, value)
		}
		line := strings.Join(values, ", ")
		if m.round != "" {
			line = m.round + ": " + line
		}
		switch {
		case m.claim.Outcome != event.Passed:
			line += "; " + string(m.claim.Outcome)
		case m.claim.Margin != "":
			line += "; " + m.claim.Margin
		}
		lines = append(lines, line)
	}
	return lines
}

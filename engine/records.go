package engine

import (
	"fmt"
	"slices"

	"isolab/engine/event"
)

// records gathers, from the events of several runs of one scenario, how each claim
// fared.
type records struct {
	list []event.Record
	at   map[place]int
	now  place
	id   string
	step string
}

// place is one claim of one step of one case, also when a foreach repeats it.
type place struct {
	name, item, text string
	number           int
}

// see is an event.Sink.
func (r *records) see(e event.Event) {
	switch e.Kind {
	case event.StepStart:
		r.now = place{name: e.Case, item: e.StepInfo.Item, number: e.Step}
		r.id = e.StepInfo.ID
		r.step = fmt.Sprintf("step %d (%s)", e.Step, firstOf(e.StepInfo.ID, e.StepInfo.Title, e.StepInfo.Action))
	case event.ClaimJudged:
		r.count(e.Claim)
	}
}

func (r *records) count(claim *event.Claim) {
	at := r.now
	at.text = claim.Text
	i, known := r.at[at]
	if !known {
		if r.at == nil {
			r.at = map[place]int{}
		}
		i = len(r.list)
		r.at[at] = i
		r.list = append(r.list, event.Record{Case: at.name, ID: r.id, Step: r.step, Item: at.item, Text: at.text})
	}
	record := &r.list[i]
	record.Judged++
	if claim.Outcome == event.Failed {
		record.False++
		record.Why = firstOf(record.Why, sentence(*claim))
	}
	if claim.Outcome != event.Passed {
		return
	}
	record.Held++
	if claim.Noise != "" {
		record.Noisy++
	}
	if claim.Margin != "" && (record.Closest == "" || claim.Spare < record.Spare) {
		record.Closest, record.Spare = claim.Margin, claim.Spare
	}
}

// broken are the claims of a step that were false at least once.
func (r *records) broken(id string) (list []event.Record) {
	for _, c := range r.list {
		if c.ID == id && c.False > 0 {
			list = append(list, c)
		}
	}
	return list
}

// noisy reports whether noise may have made some claim of a step hold.
func (r *records) noisy(id string) bool {
	return slices.ContainsFunc(r.list, func(c event.Record) bool { return c.ID == id && c.Noisy > 0 })
}

// judged reports whether a step has claims that were judged.
func (r *records) judged(id string) bool {
	return slices.ContainsFunc(r.list, func(c event.Record) bool { return c.ID == id })
}

// unproven lists the claims that no run of a control has made false: for each step
// its label and the claims' texts.
func (r *records) unproven(controls *records) (list []string) {
	type claim struct{ step, text string }
	broken := map[claim]bool{}
	for _, c := range controls.list {
		broken[claim{c.Step, c.Text}] = broken[claim{c.Step, c.Text}] || c.False > 0
	}
	for _, c := range r.list {
		if key := (claim{c.Step, c.Text}); !broken[key] {
			broken[key] = true // told once
			list = append(list, fmt.Sprintf("%s: `%s`", c.Step, c.Text))
		}
	}
	return list
}

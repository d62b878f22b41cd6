package console

import (
	"isolab/engine/event"
)

// held is what brief keeps back of a scenario until it is known how it ends: the
// steps that did not pass, and the one that runs.
type held struct {
	wrong []event.Event
	open  []event.Event
}

// brief shows a line for each scenario, and in full those that are not as they
// should be.
func (c *Console) brief(e event.Event) {
	switch e.Kind {
	case event.SessionEnd:
		c.totals(e.Totals)
	case event.ControlStart:
		c.control = e.Control.Name
	case event.ControlEnd:
		c.controlEnd(e.Control)
	case event.ProofEnd:
		c.proof(e.Name, e.Proof)
	case event.ScenarioEnd:
		c.briefEnding(e)
	case event.ScenarioStart:
		c.pending[e.Run] = &held{}
		fallthrough
	default:
		if kept := c.pending[e.Run]; kept != nil && c.Detail >= Brief {
			kept.add(e)
		}
	}
}

// add keeps an event that may have to be shown.
func (h *held) add(e event.Event) {
	switch e.Kind {
	case event.ScenarioStart:
		about := *e.Scenario
		about.About = ""
		e.Scenario = &about
		h.wrong = append(h.wrong, e)
	case event.CaseStart:
		h.wrong = append(h.wrong, e)
	case event.StepStart:
		h.open = append(h.open[:0], e)
	case event.StepEnd:
		if e.End.Outcome != event.Passed && !e.End.LeftOut {
			h.wrong = append(append(h.wrong, h.open...), e)
		}
		h.open = h.open[:0]
	case event.Cleanup:
		if !e.Receipt.Clean {
			h.wrong = append(h.wrong, e)
		}
	case event.ClaimJudged, event.StepNote:
		h.open = append(h.open, e)
	}
}

// briefEnding prints a scenario that ended, and what was kept back when it is
// worth reading.
func (c *Console) briefEnding(e event.Event) {
	kept := c.pending[e.Run]
	delete(c.pending, e.Run)
	if c.control != "" {
		return
	}
	wrong := e.End.Outcome == event.Failed || e.End.Outcome == event.Errored || e.End.Outcome == event.Inconclusive
	if wrong && c.Detail >= Brief && kept != nil {
		for _, earlier := range kept.wrong {
			c.narrate(earlier)
		}
	}
	c.printf("%s", c.line(e))
	if wrong && c.Detail < Brief {
		c.block("  ", c.style.warn, listed(e.End.Reason))
	}
	c.remember(e)
}

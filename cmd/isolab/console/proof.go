package console

import (
	"fmt"

	"isolab/engine/event"
)

// proof closes a scenario and its controls with what they show together, and with
// each claim's record when there was more than one run.
func (c *Console) proof(name string, p *event.Proof) {
	if p.Outcome == event.Skipped {
		return // the line before says why
	}
	verdict := "proven"
	switch {
	case p.Outcome != event.Passed:
		verdict = "not proven: " + p.Reason
	case p.Controls == 0:
		verdict = "not proven: it has no controls"
	}
	c.hanging("", 2, fmt.Sprintf("%s: held %d of %d times, %d of %d controls break what they name; %s",
		name, p.Held, p.Runs, p.Broke, p.Controls, verdict))
	if c.Detail < Brief {
		return
	}
	if len(p.Unproven) > 0 && p.Controls > 0 {
		c.unproven(p.Unproven)
	}
	if p.Runs > 1 {
		c.records(p.Claims)
	}
}

// unproven lists the claims that no control breaks, or only their number where
// many scenarios are told.
func (c *Console) unproven(claims []string) {
	if c.Detail < Full {
		c.printf("  no control breaks %d of its claims (-v lists them)", len(claims))
		return
	}
	c.printf("  no control breaks")
	for _, claim := range claims {
		c.hanging("    · ", 6, claim)
	}
}

func (c *Console) records(claims []event.Record) {
	last := ""
	for _, r := range claims {
		where := r.Step
		if r.Case != "" {
			where = r.Case + ", " + where
		}
		if r.Item != "" {
			where += " · " + r.Item
		}
		if where != last {
			c.printf("  %s", c.style.dim.Render(cut(where, c.Width-2)))
			last = where
		}
		mark := event.Passed
		if r.Held < r.Judged {
			mark = event.Failed
		}
		c.hanging(fmt.Sprintf("    %s %d/%d ", c.mark(mark), r.Held, r.Judged), 10, r.Text)
		if r.Closest != "" {
			c.printf("          %s", c.style.dim.Render(cut("closest: "+r.Closest, c.Width-10)))
		}
	}
}

package engine

import (
	"context"
	"slices"
	"strings"

	"isolab/actions"
	"isolab/engine/event"
	"isolab/engine/expr"
)

// judge evaluates a step's claims against its result and what came before.
func (c *caseRun) judge(ctx context.Context, s *step, result any) []event.Claim {
	if len(s.claims) == 0 {
		return nil
	}
	lookup := c.seeing(s, result)
	judged := make([]event.Claim, 0, len(s.claims))
	for _, claim := range s.claims {
		judged = append(judged, c.judgeOne(ctx, s, claim, lookup))
	}
	return judged
}

// holding counts the claims that a result makes true. It explains nothing, so it is
// quick enough to be asked again and again.
func (c *caseRun) holding(ctx context.Context, s *step, result any) (count int) {
	lookup := c.seeing(s, result)
	for _, claim := range s.claims {
		if value, err := claim.program.Eval(ctx, lookup); err == nil && value == true {
			count++
		}
	}
	return count
}

// seeing is what the claims of a step see: its own result, and what came before.
func (c *caseRun) seeing(s *step, result any) expr.Lookup {
	return func(name string) (any, bool) {
		if name == "result" || name == s.As {
			return result, true
		}
		return c.lookup(name)
	}
}

func (c *caseRun) judgeOne(ctx context.Context, s *step, cl claim, lookup expr.Lookup) event.Claim {
	told := event.Claim{Text: cl.That.Source, Why: cl.Why, Pos: cl.That.Pos, Outcome: event.Passed}
	value, err := cl.program.Eval(ctx, lookup)
	if err == nil && value == true {
		told.Operands = c.operands(cl.program.Values(ctx, lookup), s, lookup)
		if margin, ok := cl.program.Margin(ctx, lookup); ok {
			told.Margin, told.Spare = margin.Text, margin.Share
		}
		if noise, share := disturbed(lookup, expr.Explanation{Deciding: cl.program.Paths()}); told.Spare <= sure*share {
			told.Noise = noise
		}
		return told
	}
	told.Hint = firstOf(cl.Hint, c.text(ctx, s, "hint", s.Hint))
	told.Outcome = event.Failed
	explained := cl.program.Explain(ctx, lookup)
	if err != nil {
		told.Outcome, told.Reason = event.Errored, err.Error()
	} else if noise, share := disturbed(lookup, explained); noise != "" && explained.Missed <= sure*share {
		told.Outcome, told.Reason = event.Inconclusive, noise
	}
	told.Missed = explained.Difference
	told.Operands = c.operands(explained.Operands, s, lookup)
	return told
}

// sure is how many times larger than the noise a miss has to be to count as false
// all the same: what took a tenth of the CPUs cannot have halved a figure.
const sure = 2

// disturbed says what disturbed most the figures that a claim is false by, and by
// how much they may be off.
func disturbed(lookup expr.Lookup, explained expr.Explanation) (what string, share float64) {
	for _, path := range explained.Deciding {
		name, field, _ := strings.Cut(path, ".")
		value, _ := lookup(name)
		noisy, ok := value.(actions.Noisy)
		if !ok {
			continue
		}
		miss := actions.MissUnknown
		switch {
		case slices.Contains(explained.Smaller, path):
			miss = actions.MissLow
		case path == explained.Larger:
			miss = actions.MissHigh
		}
		if noise, off := noisy.Noise(field, miss); noise != "" && off > share {
			what, share = noise, off
		}
	}
	return what, share
}

// operands turns explained operands into events, with the origin of each number.
func (c *caseRun) operands(list []expr.Operand, s *step, lookup expr.Lookup) []event.Operand {
	told := make([]event.Operand, 0, len(list))
	for _, operand := range list {
		told = append(told, event.Operand{
			Text: operand.Text, Value: operand.Value, Depth: operand.Depth, NotRun: !operand.Evaluated,
			Origin: origin(operand.Path, lookup),
		})
	}
	return told
}

// origin finds the file behind a path such as mem.memory.usage: the result that
// mem names knows where its field memory.usage was read.
func origin(path string, lookup expr.Lookup) string {
	for i, r := range path {
		if r != '.' {
			continue
		}
		value, ok := lookup(path[:i])
		if !ok {
			return ""
		}
		return origins(value)[path[i+1:]]
	}
	return ""
}

// sentence says in one line what is false: for a step's reason.
func sentence(claim event.Claim) string {
	text := claim.Text
	switch {
	case claim.Outcome == event.Errored:
		return "`" + text + "` could not be judged: " + claim.Reason
	case claim.Outcome == event.Inconclusive:
		return "`" + text + "` could not be told: " + claim.Reason
	}
	text = "`" + text + "` is false"
	for i, operand := range claim.Operands {
		if operand.Value == "" || i == 0 && operand.Text == claim.Text {
			continue
		}
		text += ", " + operand.Text + " = " + operand.Value
	}
	if claim.Missed != "" {
		text += " (" + claim.Missed + ")"
	}
	return text
}

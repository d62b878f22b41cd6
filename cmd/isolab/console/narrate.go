package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"isolab/engine/event"
)

// narrate shows an event in full.
func (c *Console) narrate(e event.Event) {
	switch e.Kind {
	case event.ScenarioStart:
		c.opening(e)
	case event.CaseStart:
		c.caseOpening(e)
	case event.StepStart:
		c.stepOpening(e)
	case event.StepNote:
		c.block("      ", c.style.warn, e.Text)
	case event.StepResult:
		if c.Detail >= Traced {
			c.result(e)
		}
	case event.ClaimJudged:
		c.claim(e.Claim)
	case event.StepEnd:
		c.stepEnd(e.End)
	case event.Cleanup:
		c.receipt(e.Receipt)
	case event.ControlStart:
		c.controlStart(e.Control)
	case event.ControlEnd:
		c.controlEnd(e.Control)
	case event.ProofEnd:
		c.proof(e.Name, e.Proof)
	case event.ScenarioEnd:
		c.ending(e)
	case event.SessionEnd:
		c.totals(e.Totals)
	}
}

func (c *Console) opening(e event.Event) {
	c.steps[e.Run] = e.Scenario.Steps
	c.printf("")
	c.printf("%s  %s", c.style.strong.Render(e.Name), cut(e.Scenario.Title, c.Width-len(e.Name)-2))
	if e.Scenario.Runtime != "" {
		c.block("  ", c.style.dim, fmt.Sprintf("on the %s runtime: %s", e.Scenario.Runtime, e.Scenario.RuntimeWhy))
	}
	if c.control != "" {
		return
	}
	if e.Scenario.About != "" {
		c.printf("")
		c.block("  ", c.style.dim, e.Scenario.About)
	}
}

func (c *Console) caseOpening(e event.Event) {
	c.printf("")
	var values []string
	for name, value := range e.Scenario.Params {
		values = append(values, name+" = "+value)
	}
	sort.Strings(values)
	c.printf("  case %s  %s", c.style.strong.Render(e.Case), c.style.dim.Render(cut(strings.Join(values, ", "), c.Width-20)))
	if e.Text != "" {
		c.block("  ", c.style.dim, e.Text)
	}
}

func (c *Console) stepOpening(e event.Event) {
	info := e.StepInfo
	if info.LeftOut {
		c.printf("")
		c.printf("%s", c.style.dim.Render(cut(fmt.Sprintf("%3d/%d %s: left out, its condition is false here", e.Step, c.steps[e.Run], titleOf(info)), c.Width)))
		return
	}
	title := titleOf(info)
	if info.Item != "" {
		title += " · " + info.Item
	}
	c.printf("")
	c.printf("%s %s", c.style.dim.Render(fmt.Sprintf("%3d/%d", e.Step, c.steps[e.Run])),
		c.style.strong.Render(cut(title, c.Width-7)))
	if info.Say != "" {
		c.block("      ", c.style.dim, info.Say)
	}
	for _, command := range info.Commands {
		c.command(command)
	}
	if info.Look != "" {
		c.block("      ", c.style.dim, "Look at: "+info.Look)
	}
}

// titleOf is a step's title, or its action when it has none.
func titleOf(info *event.Step) string {
	if info.Title != "" {
		return info.Title
	}
	return info.Action
}

// command shows what a person would type. It is not broken: it is there to be
// copied.
func (c *Console) command(line string) {
	for i, part := range strings.Split(Clean(line), "\n") {
		prompt := "$"
		if i > 0 {
			prompt = " "
		}
		c.printf("      %s", c.style.command.Render(prompt+" "+part))
	}
}

func (c *Console) claim(claim *event.Claim) {
	c.hanging("    "+c.mark(claim.Outcome)+" ", 6, claim.Text)
	for i, operand := range claim.Operands {
		if i == 0 && operand.Text == claim.Text {
			continue
		}
		c.operand(operand)
	}
	if claim.Outcome == event.Passed {
		if claim.Margin != "" {
			c.printf("        %s", c.style.dim.Render("margin: "+claim.Margin))
		}
		return
	}
	if strings.HasPrefix(claim.Missed, "exactly") {
		c.remark("missed:", claim.Missed)
	} else {
		c.remark("missed by", claim.Missed)
	}
	c.remark("could not tell:", claim.Reason)
	c.remark("why:", claim.Why)
	c.remark("hint:", claim.Hint)
}

// hanging prints text behind a lead, further lines below the first one's start.
func (c *Console) hanging(lead string, indent int, text string) {
	for i, line := range wrap(text, c.Width-indent) {
		if i > 0 {
			lead = strings.Repeat(" ", indent)
		}
		c.printf("%s%s", lead, line)
	}
}

// Row prints text behind a label, in two columns.
func (c *Console) Row(label, text string) { c.hanging(fmt.Sprintf("%-11s ", label), 12, text) }

func (c *Console) remark(lead, text string) {
	if text != "" {
		c.block("        ", c.style.warn, lead+" "+text)
	}
}

// operand shows a value and the file it was read from, on a second line when both
// do not fit.
func (c *Console) operand(o event.Operand) {
	indent := strings.Repeat(" ", 8+2*max(o.Depth-1, 0))
	if o.NotRun {
		c.printf("%s%s", indent, c.style.dim.Render(cut(o.Text, c.Width-len(indent)-16)+" [not evaluated]"))
		return
	}
	value := Clean(o.Text + " = " + o.Value)
	if o.Value == "" {
		value = Clean(o.Text + " has no value")
	}
	if o.Origin == "" {
		c.printf("%s%s", indent, cut(value, c.Width-len(indent)))
		return
	}
	from := "from " + Clean(o.Origin)
	if len(indent)+len(value)+1+len(from) <= c.Width {
		c.printf("%s%s %s", indent, value, c.style.dim.Render(from))
		return
	}
	c.printf("%s%s", indent, cut(value, c.Width-len(indent)))
	c.printf("%s  %s", indent, c.style.dim.Render(from))
}

func (c *Console) stepEnd(end *event.End) {
	if end.Allowed {
		defer c.printf("    %s this step may fail", c.mark(event.Skipped))
	}
	switch {
	case end.Outcome == event.Passed, end.LeftOut:
		return
	case end.Claims.Failed+end.Claims.Error+end.Claims.Inconclusive > 0:
		return // the claim has said it
	}
	c.hanging("    "+c.mark(end.Outcome)+" ", 6, listed(end.Reason))
	c.remark("hint:", end.Help)
}

func (c *Console) result(e event.Event) {
	var pretty bytes.Buffer
	if json.Indent(&pretty, e.Result, "", "  ") == nil {
		for line := range strings.Lines(Clean(pretty.String())) {
			c.printf("      %s", c.style.dim.Render(strings.TrimRight(line, "\n")))
		}
	}
}

func (c *Console) receipt(r *event.Receipt) {
	c.printf("")
	c.block("  ", c.style.dim, r.Line)
	for _, left := range append(r.Left, r.Errors...) {
		c.printf("    %s %s", c.mark(event.Errored), Clean(left))
	}
}

func (c *Console) controlStart(control *event.Control) {
	c.control = control.Name
	c.printf("")
	c.printf("  control %s  %s", c.style.strong.Render(control.Name), cut(strings.Join(control.Change, ", "), c.Width-20))
	about := strings.TrimSuffix(strings.TrimSpace(control.About), ".")
	if about != "" {
		about += ". "
	}
	c.block("  ", c.style.dim, fmt.Sprintf("%sThe claims of %s must be false now.", about, strings.Join(control.Breaks, ", ")))
}

func (c *Console) controlEnd(control *event.Control) {
	c.control = ""
	if control.Holds {
		c.hanging(fmt.Sprintf("  %s ", c.mark(event.Passed)), 4, fmt.Sprintf("control %s breaks %s, as it should", control.Name, strings.Join(control.Broke, ", ")))
		for _, found := range control.Found {
			c.block("    ", c.style.dim, found)
		}
		return
	}
	mark := c.mark(event.Failed)
	if control.Undecided {
		mark = c.mark(event.Inconclusive)
	}
	c.hanging(fmt.Sprintf("  %s ", mark), 4, fmt.Sprintf("control %s: %s", control.Name, control.Reason))
}

func (c *Console) ending(e event.Event) {
	c.printf("%s", c.line(e))
	if e.End.Outcome != event.Passed && e.End.Reason != "" {
		c.block("  ", c.style.warn, listed(e.End.Reason))
	}
	c.remark("hint:", e.End.Help)
	c.remember(e)
}

// line is the one line that says how a scenario ended.
func (c *Console) line(e event.Event) string {
	text := fmt.Sprintf("%s %s", c.outcome(e.End.Outcome), c.style.strong.Render(e.Name))
	if e.End.Claims.Total() > 0 {
		text += "  " + tally(e.End.Claims)
	}
	return text + "  " + c.style.dim.Render(seconds(e.End.Duration))
}

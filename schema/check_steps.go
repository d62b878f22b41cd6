package schema

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"isolab/schema/unit"
)

func refOf(pointer any) reflect.Value { return reflect.ValueOf(pointer).Elem() }

// steps checks that there is something to do, and something that can be false.
func (c *checker) steps() {
	if n := c.Root.Get("steps"); n != nil && n.Kind == List && len(n.Items) == 0 {
		c.fail(n, CodeNoStep, "there is no step", "a scenario does something: add a step")
	}
	if c.tooMany("steps", len(c.Steps)+len(c.Finally), MaxSteps) {
		return
	}
	claims := 0
	ids := map[string]Pos{}
	for _, list := range [][]Step{c.Steps, c.Finally} {
		results := map[string]Pos{}
		for i := range list {
			claims += len(list[i].Expect)
			c.step(&list[i], ids, results)
		}
	}
	if claims == 0 && len(c.Steps) > 0 && len(c.diags) == 0 { // else it may only be misspelt
		c.fail(c.Root.Get("steps"), CodeNoClaim, "a scenario without a claim cannot fail", "say under expect: of a step what must be true")
	}
}

func (c *checker) step(step *Step, ids, results map[string]Pos) {
	if step.Node == nil {
		return // not a map: reported by the decoder
	}
	c.scalarName(step.Node, "id", "step", dashed)
	c.unique(ids, "step", step.ID, step.Node.Get("id"))
	c.scalarName(step.Node, "as", "result", identifier)
	c.unique(results, "result", step.As, step.Node.Get("as"))
	c.line(step.Node.Get("title"))
	c.repetition(step)
	if step.Eventually != nil {
		c.pause(step.Node.Get("eventually"), "within", step.Eventually.Within, step.Eventually.Every)
	}
	if step.Always != nil {
		c.pause(step.Node.Get("always"), "for", step.Always.For, step.Always.Every)
	}
	c.foreach(step.Foreach)
	c.expressions(step.Params)
	for _, key := range []string{"title", "say", "look", "hint"} {
		c.expressions(step.Node.Get(key))
	}
}

// repetition checks eventually and always: they repeat until, or while, claims hold.
func (c *checker) repetition(step *Step) {
	eventually, always := step.Node.field("eventually"), step.Node.field("always")
	if eventually != nil && always != nil {
		c.report(Diagnostic{Pos: always.Pos, Width: len(always.Key), Code: CodeConflict,
			Message: "a step has eventually or always, not both", Hint: "make two steps of it: first wait for the state, then watch that it stays"})
		return
	}
	for _, repeat := range []*Field{eventually, always} {
		if repeat != nil && step.Node.Get("expect") == nil && !step.strange() { // else it may only be misspelt
			c.report(Diagnostic{Pos: repeat.Pos, Width: len(repeat.Key), Code: CodeConflict,
				Message: fmt.Sprintf("%s repeats the step for its claims, and there is no expect", repeat.Key), Hint: "say under expect: what must be true"})
		}
	}
}

// pause checks that there is time for a second try.
func (c *checker) pause(n *Node, key string, whole, every time.Duration) {
	written := n
	if n.Kind == Map {
		written = n.Get(key)
	}
	if written == nil {
		return // was reported
	}
	asked, err := unit.ParseDuration(written.Text)
	switch {
	case err == nil && asked == 0:
		c.fail(written, CodeConflict, written.Text+" leaves no time to try again", "leave it out to judge the claims once")
	case whole > 0 && every > whole && n.Get("every") != nil:
		c.fail(n.Get("every"), CodeConflict, fmt.Sprintf("a pause of %s leaves no time for a second try within %s", every, whole), "make every shorter, or "+key+" longer")
	}
}

func (c *checker) foreach(n *Node) {
	if n == nil || n.Kind == List {
		c.expressions(n)
		return
	}
	parts, _ := embedded(n)
	if !n.IsScalar() || wholeExpr(parts) == nil {
		c.fail(n, CodeWrongKind, fmt.Sprintf("foreach: expected a list, found %s", n.Kind), `write a list, or one expression: "${params.sizes}"`)
		return
	}
	c.expressions(n)
}

// expressions checks the form of every ${…} in a value that is decoded later.
func (c *checker) expressions(n *Node) {
	n.walk(func(scalar *Node) bool {
		parts, problem := embedded(scalar)
		for _, p := range parts {
			if p.expr != nil && problem == nil {
				problem = checkExpr(*p.expr)
			}
		}
		if problem != nil {
			c.report(*problem)
		}
		return true
	})
}

// controls checks that each names steps that are there, and changes what is there.
func (c *checker) controls() {
	if c.tooMany("controls", len(c.Controls), MaxControls) {
		return
	}
	seen := map[string]Pos{}
	steps := c.stepsByID()
	for i := range c.Controls {
		control := &c.Controls[i]
		node := control.node
		c.scalarName(node, "name", "control", dashed)
		c.unique(seen, "control", control.Name, node.Get("name"))
		c.breaks(node.Get("breaks"), steps)
		if change := node.Get("change"); change != nil && change.Kind == Map && len(change.Fields) == 0 {
			c.fail(change, CodeConflict, "a control that changes nothing shows nothing", "take the cause of a claim away, such as {containers.hungry.limits.memory: none}")
		}
		if len(control.Change) > MaxChanges {
			c.fail(node.Get("change"), CodeTooLarge, fmt.Sprintf("a control makes %d changes; at most %d are read", len(control.Change), MaxChanges), "")
			continue
		}
		for _, entry := range control.Change {
			if diag := c.changeable(entry); diag != nil {
				c.report(*diag)
			}
		}
	}
}

func (c *checker) breaks(list *Node, steps Ordered[*Step]) {
	if list == nil || list.Kind != List {
		return
	}
	if len(list.Items) == 0 {
		c.fail(list, CodeConflict, "a control that breaks nothing shows nothing", "name the steps whose claims must be false")
	}
	for _, item := range list.Items {
		id := item
		if item.Kind == Map {
			id = item.Get("step")
		}
		if id == nil || !id.IsScalar() || id.Kind == Null {
			continue // was reported
		}
		if step, ok := steps.Get(id.Text); ok {
			c.brokenClaims(item.Get("claims"), step)
		} else {
			c.unknown(id.Pos, "step", id.Text, steps.Names())
		}
	}
}

// brokenClaims checks that a step has the claims that a control names.
func (c *checker) brokenClaims(list *Node, step *Step) {
	if list == nil || list.Kind != List {
		return
	}
	var known []string
	for _, claim := range step.Expect {
		known = append(known, claim.That.Source)
	}
	for _, item := range list.Items {
		if !item.IsScalar() || item.Kind == Null || slices.Contains(known, item.Text) {
			continue
		}
		message := fmt.Sprintf("step %s has no claim `%s`", step.ID, item.Text)
		if near := Nearest(item.Text, known); near != "" {
			message += fmt.Sprintf("; did you mean `%s`?", near)
		}
		c.fail(item, CodeUnknownName, message, "write the claim as it stands in the step")
	}
}

// stepsByID are the steps that controls may name.
func (c *checker) stepsByID() (steps Ordered[*Step]) {
	for _, list := range [][]Step{c.Steps, c.Finally} {
		for i := range list {
			if step := &list[i]; step.ID != "" {
				steps = append(steps, Named[*Step]{Name: step.ID, Value: step})
			}
		}
	}
	return steps
}

package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"isolab/actions"
	"isolab/schema"
)

// hintAtName says of an unknown name where it would be known.
func (c *compiler) hintAtName(diag *schema.Diagnostic) {
	told, ok := strings.CutPrefix(diag.Message, "unknown name ")
	if !ok {
		return
	}
	name, _, _ := strings.Cut(told, ";")
	message := "unknown name " + name
	if name == "item" {
		diag.Message = message + "; it is known in a step that has a foreach"
	}
	if _, ok := c.program.params.index[name]; ok {
		diag.Message, diag.Hint = fmt.Sprintf("%s; did you mean params.%s?", message, name), ""
		return
	}
	for _, s := range slices.Concat(c.program.Scenario.Steps, c.program.Scenario.Finally) {
		switch {
		case s.As == name:
			diag.Message = fmt.Sprintf("%s; it is the result of a later step, in line %d", message, s.Pos.Line)
		case s.ID == name && s.As == "":
			diag.Message = fmt.Sprintf("%s; step %s, in line %d, has no `as`", message, name, s.Pos.Line)
			diag.Hint = fmt.Sprintf("give its result the name: as: %s", name)
		}
	}
}

// badStep tells what an action's Check found, each mistake once and at its place.
func (c *compiler) badStep(s *step, err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range many.Unwrap() {
			c.badStep(s, one)
		}
		return
	}
	diag := schema.Diagnostic{Pos: s.At, Width: len(s.Action), Code: codeBadStep, Message: err.Error()}
	var mistake *actions.Mistake
	if errors.As(err, &mistake) {
		node := s.Params
		if mistake.Container != "" {
			node, _ = c.program.Scenario.Containers.Get(mistake.Container)
		}
		diag = node.Find(mistake.Path).Mistake(codeBadStep, err.Error(), mistake.Hint)
	}
	if !slices.Contains(c.diags, diag) { // several steps may use one container
		c.diags = append(c.diags, diag)
	}
}

// unused complains of results that nothing reads: often a misspelt name. Where an
// expression did not compile, its names are not known, and nothing is said.
func (c *compiler) unused() {
	if c.unread {
		return
	}
	for _, result := range c.results {
		if !c.used[result.name] {
			c.diags = append(c.diags, schema.Diagnostic{Pos: result.pos, Code: codeUnusedResult,
				Message: fmt.Sprintf("as: %s is never used", result.name),
				Hint:    "use it in an expression, or leave `as` out"})
		}
	}
}

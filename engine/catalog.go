package engine

import (
	"fmt"
	"sort"
	"strings"

	"isolab/actions"
	"isolab/schema"
)

// Catalog is the set of actions that scenarios may use.
type Catalog struct {
	byName map[string]actions.Action
	names  []string
}

// NewCatalog collects actions. It panics when two carry the same name.
func NewCatalog(list ...actions.Action) *Catalog {
	c := &Catalog{byName: make(map[string]actions.Action, len(list))}
	for _, action := range list {
		if _, taken := c.byName[action.Name]; taken {
			panic(fmt.Sprintf("two actions are called %s", action.Name))
		}
		c.byName[action.Name] = action
		c.names = append(c.names, action.Name)
	}
	sort.Strings(c.names)
	return c
}

// Get returns the action of that name.
func (c *Catalog) Get(name string) (actions.Action, bool) {
	action, ok := c.byName[name]
	return action, ok
}

// All lists the actions by name.
func (c *Catalog) All() []actions.Action {
	all := make([]actions.Action, len(c.names))
	for i, name := range c.names {
		all[i] = c.byName[name]
	}
	return all
}

// unknown explains that there is no action of that name.
func (c *Catalog) unknown(step schema.Step) schema.Diagnostic {
	d := schema.Diagnostic{
		Pos: step.At, Width: len(step.Action), Code: codeUnknownAction,
		Message: fmt.Sprintf("unknown action %q", step.Action),
		Hint:    "`isolab actions` lists them all",
	}
	if near := schema.Nearest(step.Action, c.names); near != "" {
		d.Message += fmt.Sprintf("; did you mean %q?", near)
	} else if same := c.sameVerb(step.Action); len(same) > 0 {
		d.Message += "; did you mean " + strings.Join(same, " or ") + "?"
	}
	return d
}

// sameVerb lists the actions of other families that do what one is called by.
func (c *Catalog) sameVerb(name string) (same []string) {
	_, verb, _ := strings.Cut(name, ".")
	for _, known := range c.names {
		if strings.HasSuffix(known, "."+verb) {
			same = append(same, fmt.Sprintf("%q", known))
		}
	}
	return same
}

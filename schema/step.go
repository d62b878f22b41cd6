package schema

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// open takes the action key out of a step before its other keys are decoded: the
// only kind of key with a dot. Whether there is such an action is not known here.
func (s *Step) open(n *Node) (rest *Node, diags Diagnostics) {
	s.Node, s.Pos = n, n.Pos
	rest = &Node{Kind: Map, Pos: n.Pos, Fields: make([]Field, 0, len(n.Fields))}
	for i := range n.Fields {
		f := &n.Fields[i]
		switch {
		case !strings.Contains(f.Key, "."):
			rest.Fields = append(rest.Fields, *f)
		case s.Action != "":
			diags = append(diags, Diagnostic{Pos: f.Pos, Width: utf8.RuneCountInString(f.Key), Code: CodeTwoActions,
				Message: fmt.Sprintf("a step has one action, and this one already has %s", s.Action), Hint: "make it a step of its own"})
		default:
			s.Action, s.Params, s.At = f.Key, f.Value, f.Pos
		}
	}
	if s.Action == "" && !s.strange() { // a strange key is reported, and may well be the action
		diags = append(diags, Diagnostic{Pos: n.Pos, Width: 1, Code: CodeNoAction, Message: "the step has no action",
			Hint: "give it one key such as container.run; `isolab actions` lists them"})
	}
	return rest, diags
}

// strange reports a key that means nothing, and may stand for one that is missing.
func (s *Step) strange() bool {
	known := recordOf(reflect.TypeFor[Step]()).byName
	return slices.ContainsFunc(s.Node.Fields, func(f Field) bool { return known[f.Key] == nil && !strings.Contains(f.Key, ".") })
}

// open remembers where a control stands.
func (c *Control) open(n *Node) (rest *Node, diags Diagnostics) {
	c.Pos, c.node = n.Pos, n
	return n, nil
}

// open remembers where a case stands.
func (c *Case) open(n *Node) (rest *Node, diags Diagnostics) {
	c.Pos, c.node = n.Pos, n
	return n, nil
}

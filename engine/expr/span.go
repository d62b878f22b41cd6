package expr

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// span is the place of a node in the text: from its first rune to behind its
// last one, with all its brackets.
func (s *source) span(n ast.Node) (from, to int) {
	e := extent{source: s, from: len(s.runes)}
	ast.Walk(&n, &e)
	if e.from >= e.to {
		return 0, max(len(s.runes), 1)
	}
	for changed := true; changed; {
		changed = false
		for _, b := range s.brackets {
			inside := b.open >= e.from && b.open < e.to
			if ended := b.close >= e.from && b.close < e.to; inside != ended {
				e.from, e.to, changed = min(e.from, b.open), max(e.to, b.close+1), true
			}
		}
	}
	return e.from, e.to
}

// text is the node as the author wrote it, on one line.
func (s *source) text(n ast.Node) string {
	from, to := s.span(n)
	return strings.Join(strings.Fields(string(s.runes[from:min(to, len(s.runes))])), " ")
}

// extent collects the places of a node and all below it. It implements ast.Visitor.
type extent struct {
	*source
	from, to int
}

// Visit implements ast.Visitor.
func (e *extent) Visit(node *ast.Node) {
	loc := (*node).Location()
	switch (*node).(type) {
	case *ast.ConditionalNode: // the parser gives it the place of what follows
		return
	case *ast.CallNode, *ast.BuiltinNode:
		e.closing(loc.To)
	}
	if loc.To > loc.From {
		e.from, e.to = min(e.from, loc.From), max(e.to, loc.To)
	}
}

// closing takes the closing bracket of a call, even one without arguments.
func (e *extent) closing(name int) {
	for _, b := range e.brackets {
		if b.open >= name && strings.TrimSpace(string(e.runes[name:b.open])) == "" {
			e.to = max(e.to, b.close+1)
			return
		}
	}
}

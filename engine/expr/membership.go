package expr

import (
	"fmt"

	"github.com/expr-lang/expr/ast"
)

func (c *checker) membership(slot *ast.Node, n *ast.BinaryNode, left, right ast.Node, l, r typ) typ {
	ok := false
	switch r.kind {
	case list:
		ok = equatable(l, r.item())
	case dict:
		ok = l.kind == anything || l.kind == kindOf(r.goType.Key())
	case anything:
		ok = true
	case text:
		if l.kind == text {
			return c.fail(n, CodeWrongType, "in looks into lists and maps", fmt.Sprintf("write %s contains %s", c.src.text(right), c.src.text(left)))
		}
	}
	if !ok {
		return c.fail(n, CodeWrongType, fmt.Sprintf("%s can never be in %s", l, r), "")
	}
	c.patch(slot, "$in", environment(), n.Left, n.Right)
	return typed(*slot, boolean)
}

func (c *checker) textual(slot *ast.Node, n *ast.BinaryNode, left, right ast.Node, l, r typ) typ {
	if l.kind == list && n.Operator == "contains" {
		return c.fail(n, CodeWrongType, "contains looks into text", fmt.Sprintf("write %s in %s", c.src.text(right), c.src.text(left)))
	}
	for _, side := range []struct {
		t    typ
		node ast.Node
	}{{l, left}, {r, right}} {
		if side.t.kind != text && side.t.kind != anything {
			return c.fail(side.node, CodeWrongType, fmt.Sprintf("%s needs text, but this is %s", n.Operator, side.t), "")
		}
	}
	c.patch(slot, "$textual", environment(), constant(n.Operator), n.Left, n.Right)
	return typed(*slot, boolean)
}

// matches takes a constant pattern only, which is compiled here.
func (c *checker) matches(slot *ast.Node, n *ast.BinaryNode) typ {
	pattern, ok := n.Right.(*ast.StringNode)
	if !ok {
		return c.fail(n.Right, CodeNotAllowed, "the pattern after matches must be written out in quotes", "")
	}
	left := n.Left
	l := c.there(&n.Left, c.check(&n.Left), left)
	if c.fault != nil {
		return typ{}
	}
	if l.kind != text && l.kind != anything {
		return c.fail(left, CodeWrongType, fmt.Sprintf("matches needs text, but this is %s", l), "")
	}
	m, err := newMatcher(pattern.Value)
	if err != nil {
		return c.fail(pattern, CodeNotAllowed, err.Error(), "")
	}
	c.patch(slot, "$match", environment(), n.Left, constant(m))
	return typed(*slot, boolean)
}

package expr

import (
	"fmt"

	"github.com/expr-lang/expr/ast"
)

func (c *checker) conditional(n *ast.ConditionalNode) typ {
	cond, yes, no := n.Cond, n.Exp1, n.Exp2
	if t := c.check(&n.Cond); c.fault != nil || !c.truth(&n.Cond, cond, t, "what stands before ?") {
		return typ{}
	}
	l, r := c.check(&n.Exp1), c.check(&n.Exp2)
	if c.fault != nil {
		return typ{}
	}
	l, r = c.zero(&n.Exp1, yes, l, r), c.zero(&n.Exp2, no, r, l)
	switch {
	case l.kind == r.kind:
		return either(l, r)
	case l.kind == null || r.kind == null:
		if l.kind == null {
			l = r
		}
		l.optional = true
		return l
	case l.kind.number() && r.kind.number():
		return basic(decimal)
	case l.kind == anything || r.kind == anything:
		return basic(anything)
	}
	from, to := c.src.span(cond)
	return c.failAt(from, to, CodeWrongType, fmt.Sprintf("the two results after ? are of different kinds: %s and %s", l, r), "")
}

// either is the type of a value that is one of two of the same kind.
func either(l, r typ) typ {
	if l.goType != r.goType {
		l = basic(anything)
	}
	l.optional = l.optional || r.optional
	return l
}

func (c *checker) array(n *ast.ArrayNode) typ {
	elem := basic(anything)
	for i := range n.Nodes {
		node := n.Nodes[i]
		t := c.there(&n.Nodes[i], c.check(&n.Nodes[i]), node)
		switch {
		case c.fault != nil:
			return typ{}
		case i == 0:
			elem = t
		case elem.kind.number() && t.kind.number():
			if elem.kind != t.kind {
				elem = basic(decimal)
			}
		case elem.kind != t.kind:
			return c.fail(node, CodeWrongType, fmt.Sprintf("the items of a list are of one kind, not %s and %s", elem, t), "")
		}
	}
	return listOf(elem)
}

func (c *checker) slice(slot *ast.Node, n *ast.SliceNode) typ {
	node := n.Node
	t := c.there(&n.Node, c.check(&n.Node), node)
	for _, end := range []*ast.Node{&n.From, &n.To} {
		if *end == nil {
			*end = &ast.NilNode{}
			continue
		}
		written := *end
		if e := c.there(end, c.check(end), written); c.fault == nil && e.kind != whole && e.kind != anything {
			return c.fail(written, CodeWrongType, fmt.Sprintf("the ends of [a:b] are whole numbers, not %s", e), "")
		}
	}
	if c.fault != nil {
		return typ{}
	}
	if t.kind != list && t.kind != text && t.kind != anything {
		return c.fail(node, CodeWrongType, fmt.Sprintf("[a:b] cuts lists and text, not %s", t), "")
	}
	c.patch(slot, "$slice", environment(), n.Node, n.From, n.To)
	return t
}

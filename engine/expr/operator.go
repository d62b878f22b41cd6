package expr

import (
	"fmt"
	"math"

	"github.com/expr-lang/expr/ast"
)

func (c *checker) unary(slot *ast.Node, n *ast.UnaryNode) typ {
	inner := n.Node
	t := c.check(&n.Node)
	if c.fault != nil {
		return typ{}
	}
	if n.Operator == "!" || n.Operator == "not" {
		if !c.truth(&n.Node, inner, t, "what follows "+n.Operator) {
			return typ{}
		}
		return typed(n, boolean)
	}
	t = c.there(&n.Node, t, inner)
	if !t.kind.number() && !t.kind.quantity() && t.kind != anything {
		return c.fail(inner, CodeWrongType, fmt.Sprintf("%s has no sign", t), "")
	}
	c.patch(slot, "$sign", constant(n.Operator), n.Node)
	(*slot).SetType(t.vmType())
	return t
}

func (c *checker) binary(slot *ast.Node, n *ast.BinaryNode) typ {
	switch n.Operator {
	case "&&", "||", "and", "or":
		return c.logic(n)
	case "..":
		return c.fail(n, CodeNotAllowed, "ranges are not part of the language", "write 1 <= x && x <= 5")
	case "matches":
		return c.matches(slot, n)
	}
	left, right := n.Left, n.Right
	l := c.check(&n.Left)
	r := c.check(&n.Right)
	if c.fault != nil {
		return typ{}
	}
	switch n.Operator {
	case "==", "!=":
		return c.equality(slot, n, left, right, l, r)
	case "??":
		return c.otherwise(n, right, l, r)
	}
	l, r = c.there(&n.Left, l, left), c.there(&n.Right, r, right)
	switch n.Operator {
	case "<", "<=", ">", ">=":
		return c.ordering(slot, n, left, right, l, r)
	case "in":
		return c.membership(slot, n, left, right, l, r)
	case "contains", "startsWith", "endsWith":
		return c.textual(slot, n, left, right, l, r)
	}
	return c.arithmetic(slot, n, left, right, l, r)
}

func (c *checker) logic(n *ast.BinaryNode) typ {
	c.findShared(n)
	left, right := n.Left, n.Right
	what := "a side of " + n.Operator
	if l := c.check(&n.Left); c.fault != nil || !c.truth(&n.Left, left, l, what) {
		return typ{}
	}
	if r := c.check(&n.Right); c.fault != nil || !c.truth(&n.Right, right, r, what) {
		return typ{}
	}
	return typed(n, boolean)
}

// findShared notes the middle of `a < b < c`, which the parser turns into
// `a < b && b < c` with one node for both b.
func (c *checker) findShared(n *ast.BinaryNode) {
	right, ok := n.Right.(*ast.BinaryNode)
	if !ok {
		return
	}
	left, ok := n.Left.(*ast.BinaryNode)
	if ok && left.Operator == "&&" {
		left, ok = left.Right.(*ast.BinaryNode)
	}
	if ok && left.Right == right.Left {
		c.twice = append(c.twice, sharedNode{node: right.Left})
	}
}

func (c *checker) equality(slot *ast.Node, n *ast.BinaryNode, left, right ast.Node, l, r typ) typ {
	if l.kind == null || r.kind == null {
		return c.nilCheck(slot, n, left, right, l, r)
	}
	l, r = c.there(&n.Left, l, left), c.there(&n.Right, r, right)
	l, r = c.zero(&n.Left, left, l, r), c.zero(&n.Right, right, r, l)
	l, r = c.unlimited(&n.Left, left, l, r), c.unlimited(&n.Right, right, r, l)
	if l.kind == r.kind && (l.kind == boolean || l.kind == text || l.kind == whole) {
		return typed(n, boolean)
	}
	if !equatable(l, r) {
		return c.mismatch(n, left, right, l, r)
	}
	c.patch(slot, "$equal", environment(), n.Left, n.Right, constant(n.Operator == "=="))
	return typed(*slot, boolean)
}

// equatable reports whether two values could ever be equal.
func equatable(l, r typ) bool {
	switch {
	case l.kind == anything || r.kind == anything || ordered(l.kind, r.kind):
		return true
	case l.kind == list && r.kind == list:
		return equatable(l.item(), r.item())
	}
	return l.kind == r.kind && (l.kind == boolean || l.goType == r.goType)
}

func (c *checker) nilCheck(slot *ast.Node, n *ast.BinaryNode, left, right ast.Node, l, r typ) typ {
	checked, t := left, l
	if l.kind == null {
		checked, t = right, r
	}
	if !t.optional && t.kind != anything && t.kind != null {
		return c.fail(checked, CodeWrongType, c.src.text(checked)+" always has a value", "compare it with a value, not with nil")
	}
	c.patch(slot, "$equal", environment(), n.Left, n.Right, constant(n.Operator == "=="))
	return typed(*slot, boolean)
}

// otherwise is `a ?? b`: b when a is not set.
func (c *checker) otherwise(n *ast.BinaryNode, right ast.Node, l, r typ) typ {
	r = c.zero(&n.Right, right, r, l)
	if !l.optional && l.kind != anything && l.kind != null {
		return c.fail(n, CodeWrongType, "what stands before ?? always has a value", "leave ?? and what follows out")
	}
	l.optional = false
	switch {
	case l.kind == r.kind, l.kind == anything:
		return either(l, r)
	case l.kind == null || r.kind == anything:
		return r
	case l.kind.number() && r.kind.number():
		return basic(decimal)
	}
	return c.fail(n, CodeWrongType, fmt.Sprintf("the two sides of ?? are of different kinds: %s and %s", l, r), "")
}

func (c *checker) ordering(slot *ast.Node, n *ast.BinaryNode, left, right ast.Node, l, r typ) typ {
	l, r = c.zero(&n.Left, left, l, r), c.zero(&n.Right, right, r, l)
	l, r = c.unlimited(&n.Left, left, l, r), c.unlimited(&n.Right, right, r, l)
	if l.kind == r.kind && (l.kind == text || l.kind == whole) {
		return typed(n, boolean)
	}
	if !ordered(l.kind, r.kind) && l.kind != anything && r.kind != anything {
		return c.mismatch(n, left, right, l, r)
	}
	c.patch(slot, "$order", constant(n.Operator), n.Left, n.Right)
	return typed(*slot, boolean)
}

func (c *checker) arithmetic(slot *ast.Node, n *ast.BinaryNode, left, right ast.Node, l, r typ) typ {
	if n.Operator == "+" || n.Operator == "-" {
		l, r = c.zero(&n.Left, left, l, r), c.zero(&n.Right, right, r, l)
	}
	result := basic(anything)
	if l.kind != anything && r.kind != anything {
		k, ok := combined(n.Operator, l.kind, r.kind)
		if !ok {
			return c.mismatch(n, left, right, l, r)
		}
		result = basic(k)
	}
	c.patch(slot, "$arithmetic", environment(), constant(n.Operator), n.Left, n.Right)
	(*slot).SetType(result.vmType())
	return result
}

// zero gives a plain 0 the kind of the quantity on the other side: nothing is
// nothing in every unit.
func (c *checker) zero(slot *ast.Node, node ast.Node, t, other typ) typ {
	if i, ok := node.(*ast.IntegerNode); !ok || i.Value != 0 || !other.kind.quantity() || other.kind == ratio {
		return t
	}
	value, _ := number{exact: true}.valueOf(other.kind)
	c.substitute(slot, constant(value))
	return other
}

// unlimited gives the word the kind of the other side, where limits are of that kind.
func (c *checker) unlimited(slot *ast.Node, node ast.Node, t, other typ) typ {
	if t.kind != size || !c.isNoLimit(node) {
		return t
	}
	switch other.kind {
	case cpus, rate, duration, whole:
		value, _ := number{exact: true, i: math.MaxInt64, f: math.MaxInt64}.valueOf(other.kind)
		c.substitute(slot, constant(value))
		return other
	}
	return t
}

// isNoLimit reports whether a node is the word for what has no limit.
func (c *checker) isNoLimit(node ast.Node) bool {
	word, ok := node.(*ast.IdentifierNode)
	if !ok || !noLimit(word.Value) {
		return false
	}
	_, declared := c.scope.Lookup(word.Value)
	return !declared
}

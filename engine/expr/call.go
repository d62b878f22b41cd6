package expr

import (
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"

	"isolab/schema"
)

// callSite is one call while it is checked: its arguments after the check, as
// they were written, and their types.
type callSite struct {
	fn      *functionSpec
	node    ast.Node
	args    []ast.Node
	written []ast.Node
	types   []typ
}

// called is a call that the library's parser does not know as one of its own.
func (c *checker) called(slot *ast.Node, n *ast.CallNode) typ {
	name, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return c.fail(n, CodeNotAllowed, "results have fields, not functions", "functions stand alone: len(x), not x.len()")
	}
	return c.call(slot, n, name.Value, n.Arguments)
}

func (c *checker) call(slot *ast.Node, n ast.Node, name string, args []ast.Node) typ {
	fn, ok := function(name)
	if !ok {
		return c.unknownFunction(n, name)
	}
	if len(args) < fn.min || fn.max >= 0 && len(args) > fn.max {
		return c.fail(n, CodeWrongType, fmt.Sprintf("%s does not take %d arguments", name, len(args)), "it is used like this: "+fn.Signature)
	}
	if loop, ok := n.(*ast.BuiltinNode); ok && len(args) == 2 && isPredicate(args[1]) {
		return c.loop(slot, loop, fn)
	}
	site := &callSite{fn: fn, node: n, args: args, written: append([]ast.Node(nil), args...), types: make([]typ, len(args))}
	for i := range args {
		site.types[i] = c.there(&args[i], c.check(&args[i]), site.written[i])
		if c.fault != nil {
			return typ{}
		}
	}
	result := fn.check(c, site)
	if c.fault != nil {
		return typ{}
	}
	c.patch(slot, functionPrefix+name, append([]ast.Node{environment()}, args...)...)
	(*slot).SetType(result.vmType())
	return result
}

func isPredicate(n ast.Node) bool {
	_, ok := n.(*ast.PredicateNode)
	return ok
}

func (c *checker) unknownFunction(n ast.Node, name string) typ {
	from := n.Location().From
	if _, ok := builtin.Index[name]; ok {
		return c.failAt(from, from+len(name), CodeNotAllowed, name+" is not part of the language", "functions are "+knownNames(functionNames()))
	}
	message, hint := "unknown function "+name, "functions are "+knownNames(functionNames())
	if near, ok := nearest(name, functionNames()); ok {
		fn, _ := function(near)
		message, hint = message+"; did you mean "+near+"?", near+" is used like this: "+fn.Signature
	} else if _, ok := c.scope.Lookup(name); ok {
		return c.failAt(from, from+len([]rune(name)), schema.CodeBadExpr, name+" is a value, not a function", "")
	}
	return c.failAt(from, from+len([]rune(name)), CodeUnknownFunction, message, hint)
}

// wrong complains of one argument.
func (c *checker) wrong(site *callSite, i int, needs string) typ {
	return c.fail(site.written[i], CodeWrongType, fmt.Sprintf("%s needs %s, but this is %s", site.fn.Name, needs, site.types[i]),
		"it is used like this: "+site.fn.Signature)
}

// loop checks any, all, filter and the like. The loop itself is the library's; a
// tick before each round counts the work.
func (c *checker) loop(slot *ast.Node, n *ast.BuiltinNode, fn *functionSpec) typ {
	args := n.Arguments
	written := args[0]
	over := c.there(&args[0], c.check(&args[0]), written)
	item, ok := c.loopItem(written, over, fn.Name)
	if !ok {
		return typ{}
	}
	if len(c.loops) == MaxLoops {
		return c.fail(n, schema.CodeTooLarge, fmt.Sprintf("more than %d loops inside one another", MaxLoops), "")
	}
	c.patch(&args[0], "$items", environment(), args[0])
	predicate := args[1].(*ast.PredicateNode)
	body := predicate.Node
	c.loops = append(c.loops, item)
	result := c.check(&predicate.Node)
	c.loops = c.loops[:len(c.loops)-1]
	if c.fault != nil {
		return typ{}
	}
	if fn.Name != "map" && fn.Name != "sum" && !c.truth(&predicate.Node, body, result, "the condition of "+fn.Name) {
		return typ{}
	}
	c.eachRound(n, predicate)
	return c.loopResult(slot, n, item, result, body)
}

func (c *checker) loopItem(written ast.Node, over typ, name string) (typ, bool) {
	switch over.kind {
	case list, series, anything:
		return over.item(), true
	case invalid:
		return typ{}, false
	}
	hint := ""
	if over.kind == dict {
		hint = "write keys(" + c.src.text(written) + ") or values(" + c.src.text(written) + ")"
	}
	c.fail(written, CodeWrongType, fmt.Sprintf("%s looks at the items of a list, but this is %s", name, over), hint)
	return typ{}, false
}

// eachRound puts a tick before the body, and a note of the item where it decides.
func (c *checker) eachRound(n *ast.BuiltinNode, predicate *ast.PredicateNode) {
	var tick ast.Node = &ast.NilNode{}
	c.patch(&tick, "$tick", environment())
	nodes := []ast.Node{tick}
	if c.notes != nil && len(c.loops) == 0 && (n.Name == "all" || n.Name == "none") {
		var seen ast.Node = &ast.NilNode{}
		c.patch(&seen, "$seen", environment(), constant(c.notes.current()), &ast.PointerNode{Name: "index"}, &ast.PointerNode{})
		nodes = append(nodes, seen)
	}
	predicate.Node = &ast.SequenceNode{Nodes: append(nodes, predicate.Node)}
}

func (c *checker) loopResult(slot *ast.Node, n *ast.BuiltinNode, item, result typ, body ast.Node) typ {
	switch n.Name {
	case "filter":
		return listOf(item)
	case "map":
		return listOf(result)
	case "find":
		item.optional = true
		return item
	case "count":
		return basic(whole)
	case "sum":
		return c.sumOf(slot, n, result, body)
	}
	return typed(n, boolean)
}

// sumOf makes `sum(list, x)` the sum of a map, as the library adds plain numbers
// only.
func (c *checker) sumOf(slot *ast.Node, n *ast.BuiltinNode, result typ, body ast.Node) typ {
	if !result.kind.number() && !result.kind.quantity() && result.kind != anything {
		return c.fail(body, CodeWrongType, fmt.Sprintf("sum adds numbers and quantities, but this is %s", result), "")
	}
	n.Name = "map"
	c.patch(slot, functionPrefix+"sum", environment(), n)
	result.optional = false
	(*slot).SetType(result.vmType())
	return result
}

package expr

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"

	"isolab/schema"
	"isolab/schema/unit"
)

// checker walks over a syntax tree once. It finds each node's type, and replaces
// what the library's virtual machine must not do on its own by calls.
type checker struct {
	src   *source
	scope *Scope
	names []string // used, in the order of their first use
	paths []*path  // from a name, in the order of the text
	loops []typ    // the item types of the loops around the current node
	twice []sharedNode
	fault *fault
	notes *notebook // nil unless the evaluation is to be explained
}

// sharedNode is a node that the parser hangs in two places: the b of `a < b < c`.
type sharedNode struct {
	node, checked ast.Node
	typ           typ
	operand       int
}

// check finds the type of a node and replaces the node if need be. After a
// mistake the type is invalid and c.fault is set.
func (c *checker) check(slot *ast.Node) typ {
	if c.fault != nil {
		return typ{}
	}
	node := *slot
	if again, ok := c.again(slot); ok {
		return again
	}
	operand := c.open(node)
	t := c.visit(slot)
	c.close(operand, slot)
	for i := range c.twice {
		if c.twice[i].node == node {
			c.twice[i].checked, c.twice[i].typ, c.twice[i].operand = *slot, t, operand
		}
	}
	return t
}

// again answers for a shared node that was checked in its first place.
func (c *checker) again(slot *ast.Node) (typ, bool) {
	for _, shared := range c.twice {
		if shared.node == *slot && shared.checked != nil {
			*slot = shared.checked
			c.attach(shared.operand)
			return shared.typ, true
		}
	}
	return typ{}, false
}

func (c *checker) visit(slot *ast.Node) typ {
	switch n := (*slot).(type) {
	case *ast.NilNode:
		return basic(null)
	case *ast.BoolNode:
		return typed(n, boolean)
	case *ast.IntegerNode:
		return typed(n, whole)
	case *ast.FloatNode:
		return typed(n, decimal)
	case *ast.StringNode:
		return typed(n, text)
	case *ast.IdentifierNode, *ast.ChainNode:
		return c.reached(slot)
	case *ast.MemberNode:
		return c.reached(slot)
	case *ast.PointerNode:
		return c.pointer(slot, n)
	case *ast.UnaryNode:
		return c.unary(slot, n)
	case *ast.BinaryNode:
		return c.binary(slot, n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.SliceNode:
		return c.slice(slot, n)
	case *ast.CallNode:
		return c.called(slot, n)
	case *ast.BuiltinNode:
		return c.call(slot, n, n.Name, n.Arguments)
	}
	return c.notAllowed(*slot)
}

// typed gives a node the type that lets the library choose its fastest opcode.
func typed(n ast.Node, k kind) typ {
	t := basic(k)
	n.SetType(t.goType)
	return t
}

func (c *checker) notAllowed(n ast.Node) typ {
	message, hint := "this is not part of the language", ""
	switch n.(type) {
	case *ast.MapNode:
		message = "maps cannot be written in an expression"
	case *ast.SequenceNode, *ast.VariableDeclaratorNode:
		message, hint = "a claim is one expression, without let and ;", "write several claims"
	case *ast.BytesNode:
		message, hint = "bytes cannot be written in an expression", "write text in quotes, without the b"
	}
	return c.fail(n, CodeNotAllowed, message, hint)
}

// fail records the first mistake, at the whole of a node.
func (c *checker) fail(n ast.Node, code, message, hint string) typ {
	from, to := c.src.span(n)
	return c.failAt(from, to, code, message, hint)
}

func (c *checker) failAt(from, to int, code, message, hint string) typ {
	if c.fault == nil {
		c.fault = &fault{from: from, to: to, code: code, message: message, hint: hint}
	}
	return typ{}
}

// there makes sure that a value is there when it is used: an optional one is
// looked at when the expression is evaluated.
func (c *checker) there(slot *ast.Node, t typ, node ast.Node) typ {
	if !t.optional {
		return t
	}
	t.optional = false
	c.patch(slot, "$there", *slot, constant(c.src.text(node)))
	return t
}

// truth makes sure that a value is true or false.
func (c *checker) truth(slot *ast.Node, node ast.Node, t typ, what string) bool {
	t = c.there(slot, t, node)
	switch t.kind {
	case invalid:
		return false
	case boolean:
		(*slot).SetType(typeBool)
		return true
	case anything:
		c.patch(slot, "$truth", *slot, constant(c.src.text(node)))
		return true
	}
	c.fail(node, CodeWrongType, fmt.Sprintf("%s must be true or false, but this is %s", what, t), compareHint(c.src.text(node), t))
	return false
}

// compareHint turns a lone value into a claim.
func compareHint(text string, t typ) string {
	switch {
	case t.kind == whole:
		return fmt.Sprintf("compare it: %s == 0", text)
	case example(t.kind) != "":
		return fmt.Sprintf("compare it: %s <= %s", text, example(t.kind))
	case t.kind == list || t.kind == dict:
		return fmt.Sprintf("say what must hold of it: len(%s) > 0", text)
	case t.kind == kindText:
		return fmt.Sprintf("compare it: %s == \"…\"", text)
	case t.kind == record:
		return fmt.Sprintf("speak of one of its fields: %s", knownNames(fieldNames(t.goType)))
	}
	return ""
}

// pieceHint picks of a value with parts what can be shown in a text.
func pieceHint(written string, t typ) string {
	switch {
	case (t.kind == list || t.kind == series) && measurable(t.item()):
		return fmt.Sprintf("take one figure of it: max(%s), or %s[0]", written, written)
	case t.kind == list:
		return fmt.Sprintf("take one item, %s[0], or say how many there are: len(%s)", written, written)
	case t.kind == dict:
		return fmt.Sprintf("take one value by its key, or say how many there are: len(%s)", written)
	case t.kind == record:
		return fmt.Sprintf("speak of one of its fields: %s", knownNames(fieldNames(t.goType)))
	}
	return ""
}

// example is a literal of a kind.
func example(k kind) string {
	return map[kind]string{size: "150MiB", duration: "5s", ratio: "10%", rate: "1MiB/s", cpus: "0.5cpu", whole: "0", decimal: "0.5"}[k]
}

// kindText is the kind of text, for functions with a parameter of that name.
const kindText = text

// patch replaces a node by a call of one of this package's functions.
func (c *checker) patch(slot *ast.Node, name string, args ...ast.Node) {
	ast.Patch(slot, &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args})
}

// environment is the node that yields the *run.
func environment() ast.Node { return &ast.IdentifierNode{Value: "$env"} }

func constant(value any) ast.Node { return &ast.ConstantNode{Value: value} }

// name resolves an identifier: a quantity's placeholder, a declared name, or
// unlimited.
func (c *checker) name(n *ast.IdentifierNode) (value any, p *path, t typ) {
	from := n.Location().From
	for _, l := range c.src.literals {
		if l.from == from {
			return l.value, nil, valueType(l.value)
		}
	}
	if goType, ok := c.scope.Lookup(n.Value); ok {
		t = typeOf(goType)
		return nil, &path{root: c.slot(n.Value), name: n.Value, place: n.Location()}, t
	}
	if noLimit(n.Value) {
		return unit.Unlimited, nil, basic(size)
	}
	return nil, nil, c.unknownName(n)
}

// slot numbers the names that are used.
func (c *checker) slot(name string) int {
	for i, known := range c.names {
		if known == name {
			return i
		}
	}
	c.names = append(c.names, name)
	return len(c.names) - 1
}

func (c *checker) unknownName(n *ast.IdentifierNode) typ {
	if _, ok := function(n.Value); ok {
		return c.fail(n, schema.CodeUnknownName, n.Value+" is a function", "write "+n.Value+"(…)")
	}
	message, hint := "unknown name "+n.Value, ""
	names := c.scope.Names()
	switch {
	case strings.EqualFold(n.Value, "and"), strings.EqualFold(n.Value, "or"), strings.EqualFold(n.Value, "not"):
		hint = "write " + strings.ToLower(n.Value)
	case strings.EqualFold(n.Value, "null"), strings.EqualFold(n.Value, "true"), strings.EqualFold(n.Value, "false"):
		hint = "write " + strings.Replace(strings.ToLower(n.Value), "null", "nil", 1)
	default:
		if near, ok := nearest(n.Value, names); ok {
			message += "; did you mean " + near + "?"
		} else {
			hint = "text stands in quotes; "
		}
		hint += "known here: " + knownNames(names)
	}
	return c.fail(n, schema.CodeUnknownName, message, hint)
}

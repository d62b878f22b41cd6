package expr

import (
	"fmt"
	"reflect"

	"github.com/expr-lang/expr/ast"
)

// reached replaces a name, or a chain of fields, keys and items, by one call that
// walks the whole path.
func (c *checker) reached(slot *ast.Node) typ {
	node := *slot
	value, p, base, t := c.reach(node)
	switch {
	case c.fault != nil:
		return typ{}
	case value != nil:
		ast.Patch(slot, constant(value))
	case p == nil: // the member cannot be known before the evaluation
		*slot = base
	case p.root < 0:
		if len(p.steps) == 0 {
			*slot = base
			return t
		}
		if _, item := base.(*ast.PointerNode); item {
			c.noteItem(p)
		}
		c.patch(slot, "$from", base, constant(p))
	default:
		c.paths = append(c.paths, p)
		c.notePath(p)
		begin := constant(p)
		begin.SetLocation(p.place)
		c.patch(slot, "$path", environment(), begin)
	}
	(*slot).SetType(t.vmType())
	return t
}

// vmType is the Go type that the library may rely on, or any.
func (t typ) vmType() reflect.Type {
	if t.optional || t.kind == anything || t.kind > moment {
		return typeAny
	}
	return t.goType
}

// reach follows a chain as far as it is known before the evaluation. It returns a
// quantity, or a path from a name, or a path from another node (base), or just a
// node.
func (c *checker) reach(n ast.Node) (value any, p *path, base ast.Node, t typ) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		value, p, t = c.name(n)
		return value, p, nil, t
	case *ast.ChainNode:
		return c.reach(n.Node)
	case *ast.MemberNode:
		if property, ok := constantProperty(n.Property); ok {
			return c.reachMember(n, property)
		}
		base = n
		t = c.index(&base, n)
		return nil, nil, base, t
	case *ast.PointerNode:
		if n.Name == "" && len(c.loops) > 0 {
			t = c.loops[len(c.loops)-1]
			return nil, &path{root: -1, name: "the item"}, n, t
		}
	}
	base = n
	t = c.check(&base)
	return nil, &path{root: -1, name: c.src.text(n)}, base, t
}

func (c *checker) reachMember(n *ast.MemberNode, property step) (any, *path, ast.Node, typ) {
	value, p, base, t := c.reach(n.Node)
	if c.fault != nil {
		return nil, nil, nil, typ{}
	}
	if value != nil {
		return nil, nil, nil, c.noMember(n, t, property)
	}
	if p == nil {
		p = &path{root: -1, name: c.src.text(n.Node)}
	}
	property.soft = n.Optional || len(p.steps) > 0 && p.steps[len(p.steps)-1].soft
	t = c.down(n, t, &property)
	p.steps = append(p.steps, property)
	t.optional = t.optional || property.soft
	return nil, p, base, t
}

// constantProperty is the step of .name, ["name"], [0] and [-1].
func constantProperty(n ast.Node) (step, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return step{name: n.Value}, n.Value != ""
	case *ast.IntegerNode:
		return step{at: n.Value}, true
	case *ast.UnaryNode:
		if i, ok := n.Node.(*ast.IntegerNode); ok && n.Operator == "-" {
			return step{at: -i.Value}, true
		}
	}
	return step{}, false
}

// down is the type of one step from a type.
func (c *checker) down(n *ast.MemberNode, t typ, s *step) typ {
	switch {
	case t.kind == record && s.name != "":
		index, field := findField(t.goType, s.name)
		if field == nil {
			return c.unknownField(n, t, s.name)
		}
		s.owner, s.index, s.gaps = t.goType, index, gaps(t.goType)
		return typeOf(field)
	case t.kind == dict && (s.name != "") == (kindOf(t.goType.Key()) == text):
		return t.item()
	case (t.kind == list || t.kind == series) && s.name == "":
		return t.item()
	case t.kind == anything:
		return t
	}
	return c.noMember(n, t, *s)
}

func (c *checker) unknownField(n *ast.MemberNode, t typ, name string) typ {
	fields := fieldNames(t.goType)
	owner := c.src.text(n.Node)
	if m, ok := n.Node.(*ast.MemberNode); ok {
		if s, ok := constantProperty(m.Property); ok && s.name != "" {
			owner = s.name
		}
	}
	if _, ok := n.Node.(*ast.PointerNode); ok {
		owner = "an item"
	}
	message := fmt.Sprintf("%s has no field %s", owner, name)
	if near, ok := nearest(name, fields); ok {
		message += "; did you mean " + near + "?"
	}
	from, to := c.src.span(n.Property)
	return c.failAt(from, to, CodeUnknownField, message, "its fields are "+knownNames(fields))
}

func (c *checker) noMember(n *ast.MemberNode, t typ, s step) typ {
	from, to := c.src.span(n.Property)
	owner := c.src.text(n.Node)
	hint := ""
	switch {
	case t.kind == list && s.name != "":
		hint = fmt.Sprintf("speak of one item, %s[0].%s, or of all: all(%s, .%s …)", owner, s.name, owner, s.name)
	case owner == "case":
		hint = `it is the name itself: case == "…"`
	case t.kind == series:
		hint = fmt.Sprintf("use a function: mean(%s), max(%s), p95(%s) …", owner, owner, owner)
	}
	what := "field " + s.name
	if s.name == "" {
		what = "numbered items"
	}
	return c.failAt(from, to, CodeUnknownField, fmt.Sprintf("%s is %s and has no %s", owner, t, what), hint)
}

// index is a member whose name or number is found when the expression is
// evaluated: limits[name].
func (c *checker) index(slot *ast.Node, n *ast.MemberNode) typ {
	from, by := n.Node, n.Property
	t := c.check(&n.Node)
	key := c.there(&n.Property, c.check(&n.Property), by)
	if c.fault != nil {
		return typ{}
	}
	if !n.Optional {
		t = c.there(&n.Node, t, from)
	}
	wants := whole
	if t.kind == dict {
		wants = kindOf(t.goType.Key())
	}
	if t.kind != dict && t.kind != list && t.kind != series && t.kind != anything {
		return c.fail(by, CodeUnknownField, fmt.Sprintf("%s is %s; only lists and maps have items", c.src.text(from), t), "")
	}
	if key.kind != wants && key.kind != anything && t.kind != anything {
		return c.fail(by, CodeWrongType, fmt.Sprintf("an item of %s is named by %s, not by %s", t, basic(wants), key), "")
	}
	item := t.item()
	item.optional = item.optional || n.Optional
	c.patch(slot, "$index", n.Node, n.Property, constant(c.src.text(from)), constant(n.Optional))
	return item
}

// pointer is the # of a loop, or the nothing before .name.
func (c *checker) pointer(slot *ast.Node, n *ast.PointerNode) typ {
	if len(c.loops) == 0 {
		return c.fail(n, CodeNotAllowed, "# is an item of a list and has a meaning only inside any, all, filter and the like", "")
	}
	switch n.Name {
	case "index":
		return typed(n, whole)
	case "":
	default:
		return c.fail(n, CodeNotAllowed, "unknown name #"+n.Name, "# is the item, #index its number")
	}
	t := c.loops[len(c.loops)-1]
	c.patch(slot, "$item", n)
	(*slot).SetType(t.vmType())
	return t
}

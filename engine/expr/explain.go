package expr

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// Explanation says why an expression has the value it has.
type Explanation struct {
	Operands   []Operand // the parts, each before the parts it is made of
	Difference string    // by how much the first false comparison missed: "13.4 MiB (8.9 %) over"
	Missed     float64   // the same as a part of the larger side: 0.1 is a tenth; 0 where a number says nothing
	Smaller    []string  // the paths in that comparison's smaller side: it holds when they are larger
	Deciding   []string  // the paths that the first false one of the parts reads that && joins
	Larger     string    // the path that is its larger side, where that is one value: it holds when it is smaller
	Err        error     // why it could not be evaluated, if so
}

// Operand is a part of an expression with the value it had.
type Operand struct {
	Text       string // as the author wrote it
	Value      string // for people: "163.4 MiB (171302912)"; empty when not evaluated
	Path       string // for a declared name and what is inside it: "mem.memory.usage"
	Depth      int    // how many parts it is inside of
	Evaluated  bool   // false behind an && or || that was decided before
	Difference string // for a comparison that is false: by how much
	Err        string // why the part could not be evaluated
}

// String draws the operands as a tree, one a line.
func (e Explanation) String() string {
	var b strings.Builder
	for _, o := range e.Operands {
		fmt.Fprintf(&b, "%s%s", strings.Repeat("  ", o.Depth), o.Text)
		switch {
		case o.Err != "":
			fmt.Fprintf(&b, " — %s", o.Err)
		case !o.Evaluated:
			b.WriteString(" [not evaluated]")
		case o.Value != "":
			fmt.Fprintf(&b, " = %s", o.Value)
		}
		if o.Difference != "" {
			fmt.Fprintf(&b, ", %s", o.Difference)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Explain evaluates the expression once more and keeps the value of every part.
// It compiles the text anew: what is never explained costs nothing.
func (p *Program) Explain(ctx context.Context, lookup Lookup) Explanation {
	notes, values, err := p.annotate(ctx, lookup)
	if len(notes.parts) == 0 {
		return Explanation{Err: err}
	}
	e := notes.explanation(values, err)
	e.Deciding = p.deciding(notes, values)
	return e
}

// deciding are the paths that a false expression is false by. The others were not
// read, or cannot have made it so.
func (p *Program) deciding(notes *notebook, values []note) (paths []string) {
	for _, id := range notes.conjuncts(0) {
		if !values[id].known || values[id].value != false {
			continue
		}
		part := notes.parts[id]
		for _, path := range p.paths {
			if part.from <= path.place.From && path.place.From < part.to {
				paths = append(paths, path.String())
			}
		}
		return paths
	}
	return p.Paths()
}

// annotate evaluates with a note of every part.
func (p *Program) annotate(ctx context.Context, lookup Lookup) (*notebook, []note, error) {
	notes := &notebook{}
	noted, _, fail := compile(p.src.Expr, p.scope, p.want, notes)
	if fail != nil {
		return &notebook{}, nil, errors.New(fail.message)
	}
	r := newRun(ctx, lookup, noted.names)
	r.notes = make([]note, len(notes.parts))
	_, err := noted.eval(r)
	return notes, r.notes, err
}

// Values are the sides of its comparisons that were worked out, and the paths that
// the expression reads, with what is there now.
func (p *Program) Values(ctx context.Context, lookup Lookup) []Operand {
	r := newRun(ctx, lookup, p.names)
	operands, shown := p.computed(ctx, lookup)
	for _, path := range distinct(p.paths) {
		if shown[path.String()] {
			continue
		}
		operand := Operand{Text: path.String(), Path: path.String()}
		if root, err := r.value(path.root); err == nil {
			if value, err := path.follow(root); err == nil {
				operand.Value, operand.Evaluated = Format(value), true
			}
		}
		operands = append(operands, operand)
	}
	return operands
}

// note is the value that a part had in one evaluation, and for a loop the item
// that it was at last.
type note struct {
	value  any
	known  bool
	index  int
	item   any
	looped bool
}

// notebook lists the parts of an expression while it is checked.
type notebook struct {
	parts []part
	stack []int // the parts around the current node
}

// part is one operand before it has a value.
type part struct {
	text, path string
	from, to   int
	literal    bool   // written out: its value is its text
	operator   string // of a comparison: <=, within
	all        bool   // it holds only when each of its children does: &&
	children   []int
	items      []*path // what a loop reads of each item of its list, the first child
}

func (n *notebook) current() int { return n.stack[len(n.stack)-1] }

// open begins a part; -1 when nothing is noted: inside a loop a node has one
// value for each item.
func (c *checker) open(n ast.Node) int {
	if c.notes == nil || len(c.loops) > 0 {
		return -1
	}
	id := len(c.notes.parts)
	from, to := c.src.span(n)
	c.notes.parts = append(c.notes.parts, part{text: c.src.text(n), from: from, to: to, literal: c.literal(n) || c.isNoLimit(n), operator: comparison(n), all: conjunction(n)})
	c.attach(id)
	c.notes.stack = append(c.notes.stack, id)
	return id
}

// attach makes a part one of the part around it.
func (c *checker) attach(id int) {
	if c.notes == nil || id < 0 || len(c.notes.stack) == 0 {
		return
	}
	around := &c.notes.parts[c.notes.current()]
	around.children = append(around.children, id)
}

// close ends a part; its value is kept when it is evaluated.
func (c *checker) close(id int, slot *ast.Node) {
	if id < 0 {
		return
	}
	c.notes.stack = c.notes.stack[:len(c.notes.stack)-1]
	if c.fault == nil {
		c.patch(slot, "$note", environment(), constant(id), *slot)
	}
}

// substitute puts another node in the place of a checked one, inside its note if
// it has one. The node itself is left alone: it may hang in two places.
func (c *checker) substitute(slot *ast.Node, other ast.Node) {
	if call, ok := (*slot).(*ast.CallNode); ok && c.notes != nil {
		if name, ok := call.Callee.(*ast.IdentifierNode); ok && name.Value == "$note" {
			c.patch(slot, "$note", call.Arguments[0], call.Arguments[1], other)
			return
		}
	}
	ast.Patch(slot, other)
}

// notePath says that the current part is a path from a declared name.
func (c *checker) notePath(p *path) {
	if c.notes != nil && len(c.loops) == 0 {
		c.notes.parts[c.notes.current()].path = p.String()
	}
}

func (c *checker) literal(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.StringNode, *ast.BoolNode, *ast.NilNode:
		return true
	case *ast.UnaryNode:
		return c.literal(n.Node)
	case *ast.ArrayNode:
		for _, item := range n.Nodes {
			if !c.literal(item) {
				return false
			}
		}
		return true
	case *ast.IdentifierNode:
		for _, l := range c.src.literals {
			if l.from == n.Location().From {
				return true
			}
		}
	}
	return false
}

func comparison(n ast.Node) string {
	switch n := n.(type) {
	case *ast.BinaryNode:
		switch n.Operator {
		case "==", "!=", "<", "<=", ">", ">=":
			return n.Operator
		}
	case *ast.CallNode:
		if name, ok := n.Callee.(*ast.IdentifierNode); ok && name.Value == "within" {
			return name.Value
		}
	}
	return ""
}

func conjunction(n ast.Node) bool {
	b, ok := n.(*ast.BinaryNode)
	return ok && (b.Operator == "&&" || b.Operator == "and")
}

// explanation joins the parts with their values.
func (n *notebook) explanation(values []note, err error) Explanation {
	e := Explanation{Err: err}
	broken := n.broken(err)
	n.tell(&e, values, broken, 0, 0)
	return e
}

// broken finds the smallest part around the place where an evaluation stopped, or
// -1 when it did not.
func (n *notebook) broken(err error) int {
	var at *Error
	if !errors.As(err, &at) {
		return -1
	}
	smallest := 0
	for id, part := range n.parts {
		if part.from <= at.From && at.From < part.to && part.to-part.from < n.parts[smallest].to-n.parts[smallest].from {
			smallest = id
		}
	}
	return smallest
}

func (n *notebook) tell(e *Explanation, values []note, broken, id, depth int) {
	part, value := &n.parts[id], &values[id]
	if part.literal && depth > 0 {
		return
	}
	o := Operand{Text: part.text, Path: part.path, Depth: depth, Evaluated: value.known || n.holds(id, broken)}
	if id == broken {
		o.Err = e.Err.Error()
	}
	if value.known {
		o.Value = Format(value.value)
		var sides []any
		if value.value == false {
			sides = n.sides(part, values)
		}
		o.Difference = difference(n.measuredFirst(part, sides))
		if e.Difference == "" {
			e.Difference, e.Missed = o.Difference, distance(sides)
			if side := smaller(sides); side >= 0 {
				e.Smaller = n.paths(part.children[side])
				e.Larger = n.parts[part.children[1-side]].path
			}
		}
	}
	e.Operands = append(e.Operands, o)
	n.tellInner(e, values, broken, id, depth+1)
	if value.looped && value.known && value.value == false {
		e.Operands = append(e.Operands, n.lastItem(id, value, depth+1)...)
	}
}

// tellInner tells what a part is made of.
func (n *notebook) tellInner(e *Explanation, values []note, broken, id, depth int) {
	for _, child := range n.parts[id].children {
		columns := n.columns(id, child, values, depth)
		if columns == nil {
			n.tell(e, values, broken, child, depth)
			continue
		}
		e.Operands = append(e.Operands, columns...)
		n.tellInner(e, values, broken, child, depth+1)
	}
}

// paths are those that a part is made of.
func (n *notebook) paths(id int) []string {
	if path := n.parts[id].path; path != "" {
		return []string{path}
	}
	var paths []string
	for _, child := range n.parts[id].children {
		paths = append(paths, n.paths(child)...)
	}
	return paths
}

// holds reports whether one part is another or is around it.
func (n *notebook) holds(id, inner int) bool {
	if id == inner {
		return true
	}
	for _, child := range n.parts[id].children {
		if n.holds(child, inner) {
			return true
		}
	}
	return false
}

// sides are the values that a comparison compared; none for anything else.
func (n *notebook) sides(part *part, values []note) []any {
	if part.operator == "" {
		return nil
	}
	sides := make([]any, len(part.children))
	for i, child := range part.children {
		if !values[child].known {
			return nil
		}
		sides[i] = values[child].value
	}
	return sides
}

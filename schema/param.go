package schema

import (
	"fmt"
	"reflect"
	"time"

	"isolab/schema/unit"
)

// paramTypes are the types a param may have, and the Go type of its values.
var paramTypes = map[string]reflect.Type{
	"size":     reflect.TypeFor[unit.Size](),
	"cpus":     reflect.TypeFor[unit.CPUs](),
	"duration": reflect.TypeFor[time.Duration](),
	"ratio":    reflect.TypeFor[unit.Ratio](),
	"rate":     reflect.TypeFor[unit.Rate](),
	"int":      reflect.TypeFor[int64](),
	"number":   reflect.TypeFor[float64](),
	"string":   reflect.TypeFor[string](),
	"bool":     reflect.TypeFor[bool](),
}

// ParamValue reads a value for a param from a document. An expression is refused:
// expressions are about params, not the other way round.
func ParamValue(p Param, n *Node) (any, Diagnostics) {
	value, diags := p.read(n)
	if len(diags) > 0 {
		return nil, diags
	}
	if diag := p.accept(n, value); diag != nil {
		return nil, Diagnostics{*diag}
	}
	return value.Interface(), nil
}

// ParseParam reads a value for a param from a command line: --set name=text. The
// text is never an expression.
func ParseParam(p Param, text string) (any, error) {
	n := &Node{Kind: scalarKind(text), Text: text}
	if p.Type == "string" {
		n.Kind, n.Quoted = String, true
	}
	value, diags := p.read(n)
	if p.Type == "string" {
		value, diags = reflect.ValueOf(text), nil
	}
	if len(diags) > 0 {
		return nil, fmt.Errorf("%s", diags[0].Message)
	}
	if diag := p.accept(n, value); diag != nil {
		return nil, fmt.Errorf("%s", diag.Message)
	}
	return value.Interface(), nil
}

// read decodes a node by the param's type alone.
func (p Param) read(n *Node) (reflect.Value, Diagnostics) {
	t := paramTypes[p.Type]
	if t == nil {
		return reflect.Value{}, Diagnostics{{Pos: n.Pos, Width: n.width(), Code: CodeBadValue, Message: fmt.Sprintf("a param has no type %q", p.Type)}}
	}
	v := reflect.New(t)
	diags := Decode(n, v.Interface(), nil)
	return v.Elem(), diags
}

// accept checks a value against min, max and enum.
func (p Param) accept(n *Node, value reflect.Value) *Diagnostic {
	fail := func(code, format string, args ...any) *Diagnostic {
		return &Diagnostic{Pos: n.Pos, Width: n.width(), Code: code, Message: fmt.Sprintf(format, args...)}
	}
	if p.Min != nil && p.less(value, p.Min) {
		return fail(CodeOutOfRange, "%s is less than the least value, %s", n.Text, p.Min.Text)
	}
	if p.Max != nil && p.more(value, p.Max) {
		return fail(CodeOutOfRange, "%s is more than the largest value, %s", n.Text, p.Max.Text)
	}
	if len(p.Enum) == 0 {
		return nil
	}
	for _, word := range p.Enum {
		choice, diags := p.read(&Node{Kind: p.kindOf(word), Text: word})
		if len(diags) == 0 && choice.Equal(value) {
			return nil
		}
	}
	diag := fail(CodeNotAChoice, "%q is not accepted", n.Text)
	diag.Hint = "write " + either(p.Enum)
	return diag
}

// kindOf is the kind of a word in enum: text for a param that is text.
func (p Param) kindOf(word string) Kind {
	if p.Type == "string" {
		return String
	}
	return scalarKind(word)
}

func (p Param) less(value reflect.Value, bound *Node) bool {
	a, b, ok := p.both(value, bound)
	return ok && a < b
}

func (p Param) more(value reflect.Value, bound *Node) bool {
	a, b, ok := p.both(value, bound)
	return ok && a > b
}

// both returns value and bound as numbers; false when one is none.
func (p Param) both(value reflect.Value, bound *Node) (a, b float64, ok bool) {
	limit, diags := p.read(bound)
	if len(diags) > 0 {
		return 0, 0, false
	}
	a, ok = asFloat(value)
	b, _ = asFloat(limit)
	return a, b, ok
}

// checkParam checks a declaration: bounds and choices of the param's own type, a
// default that they accept.
func checkParam(p Param) Diagnostics {
	var diags Diagnostics
	ordered := p.Type != "string" && p.Type != "bool"
	for _, bound := range []*Node{p.Min, p.Max} {
		if bound == nil {
			continue
		}
		if !ordered {
			diags = append(diags, Diagnostic{Pos: bound.Pos, Width: bound.width(), Code: CodeConflict,
				Message: fmt.Sprintf("a %s has no least or largest value", p.Type), Hint: "list the accepted values under enum"})
			continue
		}
		_, wrong := p.read(bound)
		diags = append(diags, wrong...)
	}
	if len(diags) > 0 {
		return diags
	}
	if p.Min != nil && p.Max != nil {
		if least, _ := p.read(p.Min); p.more(least, p.Max) {
			return Diagnostics{{Pos: p.Min.Pos, Width: p.Min.width(), Code: CodeConflict, Message: fmt.Sprintf("min is more than max, %s", p.Max.Text)}}
		}
	}
	if p.Default != nil {
		_, diags = ParamValue(p, p.Default)
	}
	return diags
}

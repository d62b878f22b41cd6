package schema

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Evaluator gives an embedded expression its value. want is the type that the
// value will be converted to: a string where it becomes part of a text. A checker
// that has no values yet returns (nil, nil): the field keeps its zero value and
// its range and choices are not checked. An error that is or wraps a Diagnostic
// (or Diagnostics) is reported as it stands.
type Evaluator func(expr Expr, want reflect.Type) (any, error)

// unevaluated is the Evaluator of a check that looks at shapes only.
func unevaluated(Expr, reflect.Type) (any, error) { return nil, nil }

// Decode fills what into points at from a node, by field tags (see the package
// comment). It is strict and reports every mistake. A value that is one ${…}
// keeps the type of the expression's value; other expressions become text. With a
// nil Evaluator an expression is a mistake. A pointer stays nil when its key is
// left out, or is the plain word none and its type has no such value.
func Decode(n *Node, into any, eval Evaluator) Diagnostics {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		panic(fmt.Sprintf("schema.Decode into %T: not a pointer", into))
	}
	if n == nil {
		n = &Node{} // a key that is not there: nothing but defaults
	}
	d := decoder{eval: eval}
	d.value(n, target.Elem(), slot{})
	return d.diags.Sorted()
}

// decoder collects what is wrong on the way down.
type decoder struct {
	eval    Evaluator
	diags   Diagnostics
	unknown int // expressions that the Evaluator gave no value
}

// slot is the place that a value is decoded for.
type slot struct {
	name    string // as a message calls it; empty at the top
	field   *field // its tags, or nil
	literal bool   // it or something around it may not be an expression
}

func (s slot) isText() bool { return s.field != nil && s.field.text }
func (s slot) isRaw() bool  { return s.field != nil && s.field.raw }
func (s slot) isOne() bool  { return s.field != nil && s.field.one }

// inner is the slot of an item or entry of s's value: its enum and range hold
// for the items.
func (s slot) inner(name string) slot { return slot{name: name, field: s.field, literal: s.literal} }

var (
	nodeType = reflect.TypeFor[*Node]()
	exprType = reflect.TypeFor[Expr]()
)

// report keeps a mistake; past maxDiagnostics nobody reads on.
func (d *decoder) report(diag Diagnostic) {
	if len(d.diags) < maxDiagnostics {
		d.diags = append(d.diags, diag)
	}
}

// maxDiagnostics bounds what a hostile file can make us write about it.
const maxDiagnostics = 200

// fail reports a mistake of a node.
func (d *decoder) fail(n *Node, s slot, code, message, hint string) {
	if s.name != "" {
		message = s.name + ": " + message
	}
	d.report(n.Mistake(code, message, hint))
}

// value decodes a node into v.
func (d *decoder) value(n *Node, v reflect.Value, s slot) {
	switch t := v.Type(); {
	case n.bad || len(d.diags) >= maxDiagnostics:
	case t == nodeType:
		v.Set(reflect.ValueOf(n))
	case t == exprType:
		d.expr(n, v, s)
	case t.Kind() == reflect.Pointer:
		d.pointer(n, v, s)
	case n.Kind == Null && t.Kind() != reflect.Struct && t.Kind() != reflect.Interface:
		d.fail(n, s, CodeNoValue, "there is no value", "write one, or leave the key out")
	case n.IsScalar() && s.isOne() && t.Kind() == reflect.Slice && isRecord(t.Elem()):
		d.list(n, v, s)
	case n.IsScalar() && !isRecord(t) && !isOrdered(t) && !s.isRaw() && d.embedded(n, v, s):
	case isQuantity(t):
		d.quantity(n, v, s)
	default:
		d.kind(n, v, s)
	}
}

// isRecord reports whether values of the type are decoded by field tags.
func isRecord(t reflect.Type) bool { return t.Kind() == reflect.Struct }

// kind decodes by the shape of the Go type.
func (d *decoder) kind(n *Node, v reflect.Value, s slot) {
	switch v.Kind() {
	case reflect.Struct:
		d.record(n, v, s)
	case reflect.Slice:
		if isOrdered(v.Type()) {
			d.ordered(n, v, s)
			return
		}
		d.list(n, v, s)
	case reflect.Map:
		d.mapping(n, v, s)
	case reflect.Interface:
		d.any(n, v, s)
	default:
		d.scalar(n, v, s)
	}
}

// pointer decodes an optional value. It stays nil when an expression in it has no
// value yet.
func (d *decoder) pointer(n *Node, v reflect.Value, s slot) {
	elem := v.Type().Elem()
	if n.Kind == String && !n.Quoted && n.Text == "none" && !hasNone(elem) {
		return
	}
	target := reflect.New(elem)
	diags, unknown := len(d.diags), d.unknown
	d.value(n, target.Elem(), s)
	if isRecord(elem) && elem != exprType || d.unknown == unknown && len(d.diags) == diags {
		v.Set(target)
	}
}

// hasNone reports whether the word none is a value of the type: a record's main
// field, a list or a text may well hold it.
func hasNone(t reflect.Type) bool {
	return isQuantity(t) && parseable(t, "none") || t == exprType || t.Kind() == reflect.Struct
}

// expr takes a scalar as an expression, with or without ${ } around it.
func (d *decoder) expr(n *Node, v reflect.Value, s slot) {
	if !n.IsScalar() {
		d.fail(n, s, CodeWrongKind, fmt.Sprintf("expected an expression, found %s", n.Kind), "put the expression in quotes")
		return
	}
	e := trimmed(n.Text, n.body())
	if parts, problem := embedded(n); problem == nil && wholeExpr(parts) != nil {
		e = *wholeExpr(parts)
	}
	if problem := checkExpr(e); problem != nil {
		d.report(*problem)
		return
	}
	if _, open := exprDepth(e.Source); open > 0 && n.layout != nil && n.layout.comment {
		d.fail(n, s, CodeBadExpr, `YAML takes what follows " #" for a comment, so the expression ends here`, "put the expression in quotes")
		return
	}
	v.Set(reflect.ValueOf(e))
}

// embedded deals with a scalar that holds ${…}; false when there is none.
func (d *decoder) embedded(n *Node, v reflect.Value, s slot) bool {
	parts, problem := embedded(n)
	switch {
	case parts == nil && problem == nil:
		return false
	case problem != nil:
		d.report(*problem)
		return true
	case s.isText() && d.eval == nil:
		return false
	}
	if expr := wholeExpr(parts); expr != nil {
		if d.allowed(parts, s) {
			d.evaluated(n, *expr, v, s)
		}
		return true
	}
	if text, ok := d.interpolate(parts, s); ok {
		kind := String
		if !n.Quoted {
			kind = scalarKind(text)
		}
		d.plain(&Node{Kind: kind, Text: text, Quoted: n.Quoted, Pos: n.Pos, layout: n.layout}, v, s)
	}
	return true
}

// plain decodes a scalar whose expressions have been replaced.
func (d *decoder) plain(n *Node, v reflect.Value, s slot) {
	if isQuantity(v.Type()) {
		d.quantity(n, v, s)
		return
	}
	if v.Kind() == reflect.Interface {
		v.Set(reflect.ValueOf(plainValue(n)))
		return
	}
	if v.Kind() == reflect.Slice && s.isOne() {
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		d.plain(n, v.Index(0), s)
		return
	}
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		d.wrongKind(n, s, wordsOf(v.Type()))
		return
	}
	d.scalar(n, v, s)
}

// allowed reports an expression where none may stand.
func (d *decoder) allowed(parts []part, s slot) bool {
	for _, p := range parts {
		if p.expr == nil || !s.literal && d.eval != nil {
			continue
		}
		diag := Diagnostic{Pos: p.at, Width: utf8.RuneCountInString(p.expr.Source) + len("${}"), Code: CodeNoExpr,
			Message: subject(s) + " may not be an expression", Hint: "write the value itself; $${ stands for the characters ${"}
		if s.literal {
			diag.Code = CodeNotLiteral
			diag.Message += ", because permissions are derived from it"
			diag.Hint = "write the value itself"
		}
		d.report(diag)
		return false
	}
	return true
}

func subject(s slot) string {
	if s.name == "" {
		return "this value"
	}
	return s.name
}

// evaluated sets v from the value of an expression.
func (d *decoder) evaluated(n *Node, e Expr, v reflect.Value, s slot) {
	want := v.Type()
	value, ok := d.evaluate(e, want)
	if !ok {
		return
	}
	if s.isOne() && want.Kind() == reflect.Slice && reflect.TypeOf(value).Kind() != reflect.Slice {
		value = []any{value}
	}
	target := reflect.New(want).Elem()
	if err := convert(value, target); err != nil {
		at := &Node{Kind: String, Text: e.Source, Pos: e.Pos}
		d.fail(at, s, CodeEval, err.Error(), "")
		return
	}
	if d.inRange(n, target, s) {
		v.Set(target)
	}
}

// evaluate asks the Evaluator, and reports its error; false when there is no value.
func (d *decoder) evaluate(e Expr, want reflect.Type) (any, bool) {
	if problem := checkExpr(e); problem != nil {
		d.report(*problem)
		return nil, false
	}
	value, err := d.eval(e, want)
	if err == nil {
		if value == nil {
			d.unknown++
		}
		return value, value != nil
	}
	var one Diagnostic
	var many Diagnostics
	switch {
	case errors.As(err, &many):
		d.diags = append(d.diags, many...)
	case errors.As(err, &one):
		d.report(one)
	default:
		d.report(Diagnostic{Pos: e.Pos, Width: max(utf8.RuneCountInString(e.Source), 1), Code: CodeEval, Message: err.Error()})
	}
	return nil, false
}

// interpolate replaces the expressions of a text by their values; false when one
// has no value.
func (d *decoder) interpolate(parts []part, s slot) (string, bool) {
	if !d.allowed(parts, s) {
		return "", false
	}
	var text strings.Builder
	known := true
	for _, p := range parts {
		if p.expr == nil {
			text.WriteString(p.text)
			continue
		}
		value, ok := d.evaluate(*p.expr, reflect.TypeFor[string]())
		known = known && ok
		if !ok {
			continue
		}
		word, err := Text(value)
		if err != nil {
			d.report(Diagnostic{Pos: p.expr.Pos, Width: utf8.RuneCountInString(p.expr.Source), Code: CodeEval, Message: err.Error()})
			known = false
		}
		text.WriteString(word)
	}
	return text.String(), known
}

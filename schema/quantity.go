package schema

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"isolab/schema/unit"
)

// quantity is one of the unit types, and how authors write it.
type quantity struct {
	typ     reflect.Type
	name    string // as the type of a param: size
	a       string // in a message: "a size"
	example string
	bare    bool   // a number without a unit is one too
	pattern string // JSON Schema, ECMA 262
	parse   func(text string) (reflect.Value, error)
}

const numberPattern = `-?[0-9]+(\.[0-9]+)?`

// quantities are tried in this order where a text could be any of them.
var quantities = []*quantity{
	newQuantity("duration", "a duration", "5s", false, `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$|^0$`, unit.ParseDuration),
	newQuantity("ratio", "a ratio", "10%", true, `^`+numberPattern+`\s*%?$`, unit.ParseRatio),
	newQuantity("cpus", "an amount of CPU", "0.5cpu", true, `^(none|unlimited|`+numberPattern+`\s*(cpus?)?)$`, unit.ParseCPUs),
	newQuantity("size", "a size", "150MiB", false, `^(none|unlimited|max|0|[0-9]+(\.[0-9]+)?\s*`+sizeSuffix+`)$`, unit.ParseSize),
	newQuantity("rate", "a rate", "1MiB/s", false, `^(none|unlimited|0|[0-9]+(\.[0-9]+)?\s*`+sizeSuffix+`(/s)?)$`, unit.ParseRate),
}

const sizeSuffix = `([bB]|[KMGT]iB|[kKMGT]B|[kKmMgG])`

func newQuantity[T any](name, a, example string, bare bool, pattern string, parse func(string) (T, error)) *quantity {
	return &quantity{
		typ: reflect.TypeFor[T](), name: name, a: a, example: example, bare: bare, pattern: pattern,
		parse: func(text string) (reflect.Value, error) {
			value, err := parse(text)
			return reflect.ValueOf(value), err
		},
	}
}

func quantityFor(t reflect.Type) *quantity {
	for _, q := range quantities {
		if q.typ == t {
			return q
		}
	}
	return nil
}

func isQuantity(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[unit.Size](), reflect.TypeFor[time.Duration](), reflect.TypeFor[unit.CPUs](),
		reflect.TypeFor[unit.Ratio](), reflect.TypeFor[unit.Rate]():
		return true
	}
	return false
}

func parseable(t reflect.Type, text string) bool {
	_, err := quantityFor(t).parse(text)
	return err == nil
}

// quantityOf tells what a number with a unit is; nil when it is none.
func quantityOf(text string) *quantity {
	if text == "" || !strings.ContainsAny(text[:1], digits+"-.") || only(strings.TrimLeft(text, "+-"), digits+".") {
		return nil
	}
	for _, q := range quantities {
		if parseable(q.typ, text) {
			return q
		}
	}
	return nil
}

// quantity decodes a scalar into one of the unit types.
func (d *decoder) quantity(n *Node, v reflect.Value, s slot) {
	q := quantityFor(v.Type())
	if !n.IsScalar() || n.Kind == Bool {
		d.fail(n, s, CodeWrongKind, fmt.Sprintf("expected %s, found %s", q.a, n.Kind), "such as "+q.example)
		return
	}
	value, err := q.parse(n.Text)
	if number, _ := asFloat(value); err == nil && number < 0 {
		d.fail(n, s, CodeOutOfRange, fmt.Sprintf("%s is negative", n.Text), "")
		return
	}
	if err == nil {
		v.Set(value)
		d.inRange(n, v, s)
		return
	}
	other := quantityOf(n.Text)
	switch {
	case n.Kind == Int || n.Kind == Float || n.Quoted && (scalarKind(n.Text) == Int || scalarKind(n.Text) == Float):
		d.fail(n, s, CodeMissingUnit, err.Error(), "")
	case other != nil && other != q:
		d.fail(n, s, CodeWrongUnit, fmt.Sprintf("%q is %s, and %s is wanted, such as %s", n.Text, other.a, q.a, q.example), "")
	default:
		d.fail(n, s, CodeBadValue, err.Error(), "")
	}
}

package schema

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// opener is implemented by the document types that look at their node before it
// is decoded: to remember places, or to take keys out that have no field.
type opener interface {
	open(n *Node) (rest *Node, diags Diagnostics)
}

// record decodes into a struct by its field tags.
func (d *decoder) record(n *Node, v reflect.Value, s slot) {
	r := recordOf(v.Type())
	if n.Kind != Map && n.Kind != Null {
		d.shorthand(n, v, r, s)
		return
	}
	if o, ok := v.Addr().Interface().(opener); ok {
		rest, diags := o.open(n)
		for _, diag := range diags {
			d.report(diag)
		}
		n = rest
	}
	var meant []string // the keys that misspelt ones stand for
	for i := range n.Fields {
		entry := &n.Fields[i]
		if f := r.byName[entry.Key]; f != nil {
			d.value(entry.Value, v.FieldByIndex(f.index), slot{name: f.name, field: f, literal: s.literal || f.literal})
			continue
		}
		if len(d.diags) >= maxDiagnostics {
			return
		}
		meant = append(meant, Nearest(entry.Key, r.names()))
		d.report(unknownKey(entry, v.Type(), s.name))
	}
	if len(meant) > 0 && len(meant) == len(n.Fields) {
		meant = append(meant, r.names()...) // any of them may be meant
	}
	d.absent(n, v, r, s, meant)
}

// shorthand decodes a value that stands for a map with only its main key.
func (d *decoder) shorthand(n *Node, v reflect.Value, r *record, s slot) {
	if r.main == nil && n.IsScalar() {
		d.fail(n, s, CodeWrongKind, fmt.Sprintf("expected a map, found %s", n.Kind), "its keys are "+firstKeys(r))
		return
	}
	if r.main == nil || n.Kind == List && !takesList(r.main.typ) {
		d.wrongKind(n, s, "map")
		return
	}
	f := r.main
	name := s.name
	if name == "" {
		name = f.name
	}
	d.value(n, v.FieldByIndex(f.index), slot{name: name, field: f, literal: s.literal || f.literal})
	d.absent(&Node{Kind: Map, Pos: n.Pos, Fields: []Field{{Key: f.name, Value: n}}}, v, r, s, nil)
}

// firstKeys names the keys of a map for a hint, those first that come first.
func firstKeys(r *record) string {
	names := r.names()
	if len(names) > fewKeys {
		return strings.Join(names[:fewKeys], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

func takesList(t reflect.Type) bool {
	return t == nodeType || t.Kind() == reflect.Slice && !isOrdered(t) || t.Kind() == reflect.Interface
}

// absent deals with the keys that are not there: required ones are reported, but
// for those that were meant by a misspelt key, and defaults applied.
func (d *decoder) absent(n *Node, v reflect.Value, r *record, s slot, meant []string) {
	isThere := func(f *field) bool { return n.field(f.name) != nil || slices.Contains(meant, f.name) }
	if len(r.either) > 0 && !slices.ContainsFunc(r.either, isThere) {
		d.report(missingEither(n, r.either, s.name))
	}
	for _, f := range r.fields {
		if n.field(f.name) != nil {
			continue
		}
		if f.required && slices.Contains(meant, f.name) {
			continue
		}
		if f.required {
			d.report(missingKey(n, f, s.name))
			continue
		}
		d.preset(v.FieldByIndex(f.index), f)
	}
}

// preset sets a field that is left out to its default, and the fields of a struct
// that is left out to theirs.
func (d *decoder) preset(v reflect.Value, f *field) {
	switch {
	case f.presetNode != nil:
		inner := decoder{}
		inner.value(f.presetNode, v, slot{name: f.name, field: f})
		if len(inner.diags) > 0 {
			panic(fmt.Sprintf("schema: the default %q of %s: %v", f.preset, f.name, inner.diags))
		}
	case isRecord(v.Type()) && v.Type() != exprType:
		for _, sub := range recordOf(v.Type()).fields {
			d.preset(v.FieldByIndex(sub.index), sub)
		}
	}
}

func missingKey(n *Node, f *field, inside string) Diagnostic {
	hint := f.doc
	if f.example != "" {
		hint += " Such as: " + f.name + ": " + f.example
	}
	return Diagnostic{Pos: n.Pos, Width: 1, Code: CodeMissingKey,
		Message: fmt.Sprintf("the key %q is missing%s", f.name, in(inside)), Hint: hint}
}

func missingEither(n *Node, fields []*field, inside string) Diagnostic {
	var examples []string
	for _, f := range fields {
		examples = append(examples, f.name+": "+f.example)
	}
	return Diagnostic{Pos: n.Pos, Width: 1, Code: CodeMissingKey,
		Message: fmt.Sprintf("the key %s is missing%s", either(namesOf(fields)), in(inside)),
		Hint:    "name one of them, such as " + either(examples)}
}

func in(name string) string {
	if name == "" {
		return ""
	}
	return " in " + name
}

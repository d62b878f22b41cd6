package schema

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// FieldDoc is what the tags of one field say, for reference pages.
type FieldDoc struct {
	Name     string     `json:"name"`
	Type     string     `json:"type"` // in words: "size", "list of strings"
	Doc      string     `json:"doc"`
	Example  string     `json:"example,omitempty"`
	Default  string     `json:"default,omitempty"`
	Enum     []string   `json:"enum,omitempty"`
	Required bool       `json:"required,omitempty"`
	Either   []string   `json:"either,omitempty"`  // one of these keys must be there
	Main     bool       `json:"main,omitempty"`    // a scalar in place of the map is short for it
	Literal  bool       `json:"literal,omitempty"` // may not come from an expression
	Fields   []FieldDoc `json:"fields,omitempty"`  // of a map, or of the items of a list
}

// Describe lists the fields of a tagged struct, and recursively those of the
// structs it holds. A type inside itself is not listed again.
func Describe(t reflect.Type) []FieldDoc { return describe(t, nil, wordsOf) }

// DescribeResult is Describe in the words of expressions.
func DescribeResult(t reflect.Type) []FieldDoc { return describe(t, nil, valueWords) }

func describe(t reflect.Type, outer []reflect.Type, words func(reflect.Type) string) []FieldDoc {
	t = structIn(t)
	if t == nil || slices.Contains(outer, t) {
		return nil
	}
	var docs []FieldDoc
	for _, f := range recordOf(t).fields {
		var alternatives []string
		if f.either {
			alternatives = namesOf(recordOf(t).either)
		}
		docs = append(docs, FieldDoc{
			Name: f.name, Type: words(f.shape(t)), Doc: f.doc, Example: f.example, Default: f.preset, Enum: f.enum,
			Required: f.required, Either: alternatives, Main: f.main, Literal: f.literal,
			Fields: describe(f.shape(t), append(slices.Clone(outer), t), words),
		})
	}
	return docs
}

// shape is the type that the field's value has in the end: what a document keeps
// as nodes until expressions have values is decoded later.
func (f *field) shape(owner reflect.Type) reflect.Type {
	switch {
	case owner == reflect.TypeFor[Scenario]() && f.name == "containers", owner == reflect.TypeFor[fragment]() && f.name == "containers":
		return reflect.TypeFor[Ordered[Container]]()
	}
	return f.typ
}

// structIn finds the struct that a type is, points to, or is a list or map of; nil
// when there is none with field tags.
func structIn(t reflect.Type) reflect.Type {
	for {
		switch {
		case t == nodeType || t == exprType || isQuantity(t):
			return nil
		case t.Kind() == reflect.Struct:
			if len(recordOf(t).fields) == 0 {
				return nil
			}
			return t
		case isOrdered(t):
			t = orderedElem(t)
		case slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map}, t.Kind()):
			t = t.Elem()
		default:
			return nil
		}
	}
}

// orderedElem is T of an Ordered[T].
func orderedElem(t reflect.Type) reflect.Type {
	f, _ := t.Elem().FieldByName("Value")
	return f.Type
}

// wordsOf says in words what an author writes for a type.
func wordsOf(t reflect.Type) string {
	if q := quantityFor(t); q != nil {
		return q.name
	}
	switch {
	case t == nodeType || t.Kind() == reflect.Interface:
		return "any value"
	case t == exprType:
		return "expression"
	case isOrdered(t):
		return "map" + of(orderedElem(t))
	}
	switch t.Kind() {
	case reflect.Pointer:
		return wordsOf(t.Elem())
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "string"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice, reflect.Array:
		return "list" + of(t.Elem())
	case reflect.Map:
		return "map" + of(t.Elem())
	case reflect.Struct:
		if t.PkgPath() == "time" && t.Name() == "Time" {
			return "time"
		}
		if main := recordOf(t).main; main != nil {
			return wordsOf(main.typ) + " or map"
		}
		return "map"
	}
	return "whole number"
}

// valueWords says in words what a value of an expression is. A struct is a group of
// fields there: only the keys of a map can be listed.
func valueWords(t reflect.Type) string {
	words := wordsOf(t)
	if structIn(t) == nil {
		return words
	}
	if words == "map" {
		return "group of fields"
	}
	if outside, ok := strings.CutSuffix(words, " of maps"); ok {
		return outside + " of groups of fields"
	}
	return words
}

// of says what a list or map holds, in the plural.
func of(t reflect.Type) string {
	words := wordsOf(t)
	switch words {
	case "any value":
		return ""
	case "true or false", "cpus":
		return " of " + words
	}
	if one, _, ok := strings.Cut(words, " or map"); ok {
		return " of " + one + "s or maps"
	}
	return " of " + words + "s"
}

// CheckType finds mistakes in the field tags of a struct and all that it holds: a
// field without doc, and a default, example or enum that its own type refuses.
// Tests call it for every type that authors or reference pages see.
func CheckType(t reflect.Type) error {
	var problems Diagnostics
	checkType(t, nil, &problems)
	return problems.Err()
}

func checkType(t reflect.Type, outer []reflect.Type, problems *Diagnostics) {
	t = structIn(t)
	if t == nil || slices.Contains(outer, t) {
		return
	}
	for _, f := range recordOf(t).fields {
		report := func(format string, args ...any) {
			*problems = append(*problems, Diagnostic{Code: "tag", Message: fmt.Sprintf("%s, field %s: ", t, f.name) + fmt.Sprintf(format, args...)})
		}
		if f.doc == "" {
			report("no doc")
		}
		for tag, text := range map[string]string{"default": f.preset, "example": f.example} {
			if text == "" {
				continue
			}
			if diags := f.accepts(t, text); len(diags) > 0 {
				report("%s %q: %s", tag, text, diags[0].Message)
			}
		}
		checkType(f.shape(t), append(slices.Clone(outer), t), problems)
	}
}

// accepts decodes a text that stands in a tag.
func (f *field) accepts(owner reflect.Type, text string) Diagnostics {
	n, diags := Parse("", []byte(text))
	if len(diags) > 0 {
		return diags
	}
	d := decoder{eval: unevaluated}
	d.value(n, reflect.New(f.shape(owner)).Elem(), slot{name: f.name, field: f})
	return d.diags
}

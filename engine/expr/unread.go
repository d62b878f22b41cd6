package expr

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// MissingField is the name of the field, of type map[string]string, by which a
// struct says which of its fields could not be read: dotted name, as an expression
// continues the struct's own → reason. Such a field holds its zero, which is not a
// reading, so an expression that comes to it has no value.
const MissingField = "Missing"

// gaps is the index of a struct's field MissingField; nil when it has none.
func gaps(t reflect.Type) []int {
	f, ok := t.FieldByName(MissingField)
	if !ok || f.Type != reflect.TypeFor[map[string]string]() {
		return nil
	}
	return f.Index
}

// unread asks what the path comes to at its i-th step, a struct, whether it has read
// what the rest of the path leads to. below is the error of a field further down.
func (p *path) unread(v reflect.Value, i int) (err, below error) {
	if v.Kind() != reflect.Struct {
		return nil, nil
	}
	index := p.steps[i].gaps
	if v.Type() != p.steps[i].owner {
		index = gaps(v.Type())
	}
	if index == nil {
		return nil, nil
	}
	field, errNil := v.FieldByIndexErr(index)
	if errNil != nil || field.Len() == 0 {
		return nil, nil
	}
	missing := field.Interface().(map[string]string)
	rest := strings.TrimPrefix(p.String()[len(p.prefix(i)):], ".")
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		switch {
		case leads(name, rest):
			return fmt.Errorf("%s could not be read: %s", p, missing[name]), nil
		case leads(rest, name):
			below = fmt.Errorf("%s%s could not be read: %s", p, name[len(rest):], missing[name])
		}
	}
	return nil, below
}

// leads reports whether a dotted name is another, or around it.
func leads(name, other string) bool {
	rest, ok := strings.CutPrefix(other, name)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

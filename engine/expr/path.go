package expr

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/file"

	"isolab/schema/unit"
)

// path leads from a name, or from another value, to what is inside it.
type path struct {
	root  int    // index of the name, or -1 when the path begins at another value
	name  string // of the root, or the text of that value
	place file.Location
	steps []step
}

// step goes one level down.
type step struct {
	name  string       // field or key
	at    int          // number of an item or whole-number key, when name is ""
	owner reflect.Type // the struct that index belongs to
	index []int
	gaps  []int // the owner's field MissingField, if it has one
	soft  bool  // after ?. – nothing there is nil and not an error
}

// String is the path as an author writes it: mem.memory.usage, procs[0].rss.
func (p *path) String() string { return p.prefix(len(p.steps)) }

func (p *path) prefix(steps int) string {
	if len(p.steps) == 0 {
		return p.name
	}
	var b strings.Builder
	b.WriteString(p.name)
	for _, s := range p.steps[:steps] {
		b.WriteString(s.String())
	}
	return b.String()
}

func (s step) String() string {
	if s.name == "" {
		return "[" + strconv.Itoa(s.at) + "]"
	}
	for i, r := range s.name {
		if !letter(r) && (i == 0 || !digit(r)) {
			return "[" + strconv.Quote(s.name) + "]"
		}
	}
	return "." + s.name
}

// follow walks the path down from a value.
func (p *path) follow(from any) (any, error) {
	v := reflect.ValueOf(from)
	var inside error // something below the path's end was not read
	for i := range p.steps {
		v = indirect(v)
		s := &p.steps[i]
		if !v.IsValid() {
			if s.soft {
				return nil, nil
			}
			return nil, absent("%s is not set", p.prefix(i))
		}
		unread, below := p.unread(v, i)
		if unread != nil {
			return nil, unread
		}
		inside = cmp.Or(inside, below)
		next, err := p.down(v, i)
		if err != nil {
			return nil, err
		}
		v = next
	}
	if inside != nil && v.Kind() == reflect.Struct { // whoever goes on from there no longer sees the owner
		return nil, inside
	}
	return plain(v)
}

// down takes the i-th step from a value that is there.
func (p *path) down(v reflect.Value, i int) (reflect.Value, error) {
	s := &p.steps[i]
	if v.Kind() == reflect.Struct && v.Type() == s.owner {
		return v.FieldByIndex(s.index), nil
	}
	switch v.Kind() {
	case reflect.Struct:
		if sampled, ok := v.Interface().(unit.Sampled); ok && s.name == "" {
			return sampleAt(sampled, s.at, p.prefix(i))
		}
		if index, found := findField(v.Type(), s.name); found != nil {
			return v.FieldByIndex(index), nil
		}
		return v, absent("%s has no field %s", p.prefix(i), s.name)
	case reflect.Map:
		return mapValue(v, s.key(), p.prefix(i), s.soft)
	case reflect.Slice, reflect.Array:
		if s.name == "" {
			return itemAt(v, s.at, p.prefix(i))
		}
	}
	return v, fmt.Errorf("%s has no %s", p.prefix(i), strings.TrimPrefix(s.String(), "."))
}

func (s *step) key() any {
	if s.name == "" {
		return s.at
	}
	return s.name
}

// mapValue looks a key up. A missing key is an error that names the nearest one.
func mapValue(m reflect.Value, key any, where string, soft bool) (reflect.Value, error) {
	k := reflect.ValueOf(key)
	if !k.CanConvert(m.Type().Key()) || (k.Kind() == reflect.String) != (m.Type().Key().Kind() == reflect.String) {
		return m, fmt.Errorf("%s has keys of another kind than %v", where, key)
	}
	if found := m.MapIndex(k.Convert(m.Type().Key())); found.IsValid() {
		return found, nil
	}
	if soft {
		return reflect.Value{}, nil
	}
	keys := make([]string, 0, m.Len())
	for _, k := range m.MapKeys() {
		keys = append(keys, fmt.Sprint(k.Interface()))
	}
	message := fmt.Sprintf("%s has no key %q", where, fmt.Sprint(key))
	if near, ok := nearest(fmt.Sprint(key), keys); ok {
		message += fmt.Sprintf("; did you mean %q?", near)
	} else if len(keys) > 0 {
		message += "; it has " + knownNames(keys)
	}
	return m, absent("%s", message)
}

// itemAt returns an item of a list; -1 is the last one.
func itemAt(v reflect.Value, at int, where string) (reflect.Value, error) {
	i := at
	if i < 0 {
		i += v.Len()
	}
	if i < 0 || i >= v.Len() {
		return v, absent("%s has no item %d; it has %d", where, at, v.Len())
	}
	return v.Index(i), nil
}

func sampleAt(s unit.Sampled, at int, where string) (reflect.Value, error) {
	values := s.Floats()
	v, err := itemAt(reflect.ValueOf(values), at, where)
	if err != nil {
		return v, err
	}
	return reflect.ValueOf(s.Quantity(v.Float())), nil
}

// indirect looks through pointers and interfaces; nil becomes the zero Value.
func indirect(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v
}

// plain turns a Go value into what expressions work with: quantities as they are,
// numbers as int or float64, text as string.
func plain(v reflect.Value) (any, error) {
	v = indirect(v)
	if !v.IsValid() {
		return nil, nil
	}
	t := v.Type()
	k := kindOf(t)
	if k < list && t == goTypes[k] {
		return v.Interface(), nil
	}
	switch k {
	case boolean:
		return v.Bool(), nil
	case text:
		return v.String(), nil
	case decimal:
		return v.Float(), nil
	case whole:
		return wholeNumber(v)
	}
	return v.Interface(), nil
}

func wholeNumber(v reflect.Value) (any, error) {
	if v.CanInt() {
		return int(v.Int()), nil
	}
	if v.Uint() > 1<<63-1 {
		return nil, fmt.Errorf("the number %d is too large", v.Uint())
	}
	return int(v.Uint()), nil
}

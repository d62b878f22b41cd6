package schema

import (
	"fmt"
	"reflect"
	"strings"
)

// marked is implemented by every Ordered type, so that reflection can tell it.
type marked interface{ ordered() }

func (Ordered[T]) ordered() {}

func isOrdered(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Implements(reflect.TypeFor[marked]())
}

// list decodes into a slice.
func (d *decoder) list(n *Node, v reflect.Value, s slot) {
	items := n.Items
	if n.Kind != List {
		if !s.isOne() {
			d.wrongKind(n, s, "list")
			return
		}
		items = []*Node{n}
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		d.value(item, list.Index(i), s.inner(itemName(s, i)))
	}
	v.Set(list)
}

// itemName is how a message calls an item: "step 3", "item 2 of command".
func itemName(s slot, i int) string {
	switch {
	case s.name == "":
		return fmt.Sprintf("item %d", i+1)
	case s.name == "steps" || s.name == "cases" || s.name == "controls":
		return fmt.Sprintf("%s %d", strings.TrimSuffix(s.name, "s"), i+1)
	}
	return fmt.Sprintf("item %d of %s", i+1, s.name)
}

// mapping decodes into a map with string keys.
func (d *decoder) mapping(n *Node, v reflect.Value, s slot) {
	if n.Kind != Map {
		d.wrongKind(n, s, "map")
		return
	}
	t := v.Type()
	result := reflect.MakeMapWithSize(t, len(n.Fields))
	for _, f := range n.Fields {
		if s.field != nil && s.field.keys != nil && !s.field.keys.accepts(f.Key) {
			d.fail(&Node{Pos: f.Pos, Kind: String, Text: f.Key}, s, CodeBadValue, s.field.keys.complaint(f.Key), s.field.keys.hint)
			continue
		}
		value := reflect.New(t.Elem()).Elem()
		d.value(f.Value, value, s.inner(f.Key))
		result.SetMapIndex(reflect.ValueOf(f.Key).Convert(t.Key()), value)
	}
	v.Set(result)
}

// ordered decodes into an Ordered mapping.
func (d *decoder) ordered(n *Node, v reflect.Value, s slot) {
	if n.Kind != Map {
		d.wrongKind(n, s, "map")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Fields), len(n.Fields))
	for i, f := range n.Fields {
		entry := list.Index(i)
		entry.FieldByName("Name").SetString(f.Key)
		entry.FieldByName("Pos").Set(reflect.ValueOf(f.Pos))
		value := entry.FieldByName("Value")
		if value.Type() == nodeType {
			value.Set(reflect.ValueOf(f.Value)) // one that could not be read too: it is never nil
			continue
		}
		d.value(f.Value, value, s.inner(f.Key))
	}
	v.Set(list)
}

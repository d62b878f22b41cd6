package expr

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// What a loop reads of the items of a list of groups is shown in the list's place,
// map(runs, .cpu) = [417ms, 474ms]: the groups themselves may be long.

// noteItem says that the loop around reads that of each item. Within a second loop
// the item is another list's.
func (c *checker) noteItem(p *path) {
	if c.notes == nil || len(c.loops) != 1 {
		return
	}
	around := &c.notes.parts[c.notes.current()]
	if !slices.ContainsFunc(around.items, func(q *path) bool { return q.String() == p.String() }) {
		around.items = append(around.items, p)
	}
}

// inItem is a path from an item as it is written after the item: .cpu.
func inItem(p *path) string { return strings.TrimPrefix(p.String(), p.name) }

// columns are what the loop reads of its list, or nil when the child is not a list
// of groups that a loop goes over.
func (n *notebook) columns(id, child int, values []note, depth int) []Operand {
	loop, list := &n.parts[id], values[child]
	if len(loop.items) == 0 || child != loop.children[0] || !list.known || !groups(list.value) {
		return nil
	}
	columns := []Operand{}
	for _, p := range loop.items {
		text := fmt.Sprintf("map(%s, %s)", n.parts[child].text, inItem(p))
		if text != loop.text {
			columns = append(columns, Operand{Text: text, Value: Format(column(list.value, p)), Depth: depth, Evaluated: true})
		}
	}
	return columns
}

// groups reports a list of groups of fields.
func groups(v any) bool {
	list := indirect(reflect.ValueOf(v))
	return list.IsValid() && isList(list) && list.Len() > 0 && indirect(list.Index(0)).Kind() == reflect.Struct
}

// column is what is behind a path in each item; nil where nothing is.
func column(list any, p *path) []any {
	items := indirect(reflect.ValueOf(list))
	column := make([]any, items.Len())
	for i := range column {
		column[i], _ = p.follow(items.Index(i).Interface())
	}
	return column
}

// lastItem is the item at which a loop was decided, or what the loop reads of it.
func (n *notebook) lastItem(id int, value *note, depth int) (told []Operand) {
	loop := &n.parts[id]
	over := &n.parts[loop.children[0]]
	at := fmt.Sprintf("[%d]", value.index)
	tell := func(inside string, v any) {
		item := Operand{Text: over.text + at + inside, Value: Format(v), Depth: depth, Evaluated: true}
		if over.path != "" {
			item.Path = over.path + at + inside
		}
		told = append(told, item)
	}
	for _, p := range loop.items {
		if v, err := p.follow(value.item); err == nil {
			tell(inItem(p), v)
		}
	}
	if len(told) == 0 {
		tell("", value.item)
	}
	return told
}

// computed are the sides of comparisons that were worked out and what loops read of
// lists; shown are the paths of those lists.
func (p *Program) computed(ctx context.Context, lookup Lookup) (operands []Operand, shown map[string]bool) {
	notes, values, err := p.annotate(ctx, lookup)
	if err != nil || len(notes.parts) == 0 {
		return nil, nil
	}
	add := func(o Operand) {
		if !slices.ContainsFunc(operands, func(known Operand) bool { return known.Text == o.Text }) {
			operands = append(operands, o)
		}
	}
	for _, id := range notes.conjuncts(0) {
		for _, side := range notes.parts[id].children {
			part := &notes.parts[side]
			if notes.parts[id].operator != "" && !part.literal && part.path == "" && values[side].known {
				add(Operand{Text: part.text, Value: Format(values[side].value), Evaluated: true})
			}
		}
	}
	shown = map[string]bool{}
	for id, part := range notes.parts {
		for _, child := range part.children {
			columns := notes.columns(id, child, values, 0)
			if columns == nil {
				continue
			}
			shown[notes.parts[child].path] = true
			if len(columns) == 0 { // it is that very map
				columns = []Operand{{Text: part.text, Value: Format(values[id].value), Evaluated: true}}
			}
			for _, column := range columns {
				add(column)
			}
		}
	}
	return operands, shown
}

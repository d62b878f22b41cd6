package schema

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// WithChange returns the scenario with other values at the given paths, decoded
// and checked anew. The scenario itself stays as it is.
//
// A path leads from the top of the document through keys, and in lists through
// the id or name of an item or its number from 0:
// containers.hungry.limits.memory, steps.within.container.run.command.1. A key
// that holds a dot itself counts as one step of the path: the longest key that
// fits is taken. The last key may be a new one, where the document knows it.
// The word none removes a limit; see Decode.
func (s *Scenario) WithChange(change Ordered[*Node]) (*Scenario, Diagnostics) {
	root := s.Root.Clone()
	// The changed scenario has no controls: the others may speak of what is gone.
	root.Fields = slices.DeleteFunc(root.Fields, func(f Field) bool { return f.Key == "controls" })
	var diags Diagnostics
	for _, entry := range change {
		spot, diag := find(root, entry)
		if diag != nil {
			diags = append(diags, *diag)
			continue
		}
		spot.set(entry)
	}
	changed, more := decodeScenario(root, s.File, s.sources)
	return changed, append(diags, more...).Sorted()
}

// fixed are the parts of a document that no control may change.
var fixed = []string{"isolab", "name", "include", "controls"}

// spot is where a path ends: a key of a map or a number of a list.
type spot struct {
	parent *Node
	key    string
	index  int          // in parent's Items or Fields; -1 for a new key
	shape  reflect.Type // what the value is decoded into; nil where only an action knows
	field  *field       // the tags of the value's field, or nil
}

func (s spot) set(entry Named[*Node]) {
	switch {
	case s.parent.Kind == List:
		s.parent.Items[s.index] = entry.Value
	case s.index >= 0:
		s.parent.Fields[s.index].Value = entry.Value
	default:
		s.parent.Fields = append(s.parent.Fields, Field{Key: s.key, Pos: entry.Pos, Value: entry.Value})
	}
}

// find follows a path from the top of a document.
func find(root *Node, entry Named[*Node]) (spot, *Diagnostic) {
	path, done := entry.Name, ""
	at := spot{parent: root, shape: reflect.TypeFor[Scenario]()}
	if head, _, _ := strings.Cut(path, "."); slices.Contains(fixed, head) {
		return at, lost(entry, fmt.Sprintf("a control cannot change %s", head), nil)
	}
	if slices.Contains(strings.Split(path, "."), "") {
		return at, lost(entry, fmt.Sprintf("the path %q has a dot too many", path), nil)
	}
	for n := root; ; {
		key, rest, index := next(n, path)
		if index < 0 && (rest != "" || n.Kind != Map) {
			return at, lost(entry, noSuch(n, key, done), children(n))
		}
		at = spot{parent: n, key: key, index: index, shape: at.shape}
		if diag := at.enter(entry, done); diag != nil {
			return at, diag
		}
		if rest == "" {
			if done == "params" && index >= 0 && entry.Value.IsScalar() {
				return at, lost(entry, fmt.Sprintf("%s is the whole param; its value is %[1]s.default", entry.Name), nil)
			}
			return at, nil
		}
		done = strings.TrimPrefix(done+"."+key, ".")
		path, n = rest, at.child()
	}
}

// next cuts the first step off a path; index is where it leads, -1 for nowhere.
func next(n *Node, path string) (key, rest string, index int) {
	key, rest, _ = strings.Cut(path, ".")
	index = -1
	if n.Kind == List {
		return key, rest, itemIndex(n, key)
	}
	for i := range n.Fields {
		name := n.Fields[i].Key
		if (path == name || strings.HasPrefix(path, name+".")) && (index < 0 || len(name) > len(key)) {
			key, index = name, i
			rest = strings.TrimPrefix(strings.TrimPrefix(path, name), ".")
		}
	}
	return key, rest, index
}

// itemIndex finds an item by id, name or number.
func itemIndex(n *Node, key string) int {
	for i, item := range n.Items {
		for _, name := range []string{"id", "name"} {
			if id := item.Get(name); id != nil && id.IsScalar() && id.Text == key {
				return i
			}
		}
	}
	if number, err := strconv.Atoi(key); err == nil && number >= 0 && number < len(n.Items) {
		return number
	}
	return -1
}

func (s spot) child() *Node {
	if s.parent.Kind == List {
		return s.parent.Items[s.index]
	}
	return s.parent.Fields[s.index].Value
}

// enter follows the types along with the path, and refuses a new key that the
// type does not have.
func (s *spot) enter(entry Named[*Node], done string) *Diagnostic {
	t := s.shape
	for t != nil && t.Kind() == reflect.Pointer && t != nodeType {
		t = t.Elem()
	}
	s.shape, s.field = nil, nil
	switch {
	case t == nil || t == nodeType || t == exprType:
	case isOrdered(t):
		s.shape = orderedElem(t)
		return s.isNew(entry, done)
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
		s.shape = t.Elem()
	case isRecord(t):
		r := recordOf(t)
		f := r.byName[s.key]
		if f == nil {
			if s.index < 0 && !(t == reflect.TypeFor[Step]() && strings.Contains(s.key, ".")) {
				return lost(entry, noSuch(s.parent, s.key, done), r.names())
			}
			return nil // an action, or a mistake that the decoder reports
		}
		s.field, s.shape = f, f.shape(t)
	}
	return nil
}

// isNew refuses new entries where names are the author's: a misspelt param or
// container would be added, and the control change nothing.
func (s *spot) isNew(entry Named[*Node], done string) *Diagnostic {
	if s.index >= 0 {
		return nil
	}
	return lost(entry, noSuch(s.parent, s.key, done), children(s.parent))
}

// changeable checks a control's path, and its value where the type is known.
func (c *checker) changeable(entry Named[*Node]) *Diagnostic {
	if entry.Value.bad {
		return nil
	}
	at, diag := find(c.Root, entry)
	if diag != nil {
		return diag
	}
	c.expressions(entry.Value)
	if at.shape == nil || at.shape == reflect.TypeFor[Step]() {
		return nil
	}
	d := decoder{eval: unevaluated}
	s := slot{name: at.key, field: at.field, literal: at.field != nil && at.field.literal}
	d.value(entry.Value, reflect.New(at.shape).Elem(), s)
	for _, diag := range d.diags {
		c.report(diag)
	}
	return nil
}

func noSuch(n *Node, key, done string) string {
	where := done
	if where == "" {
		where = "the document"
	}
	if n.IsScalar() {
		return fmt.Sprintf("%s is %s and has no %q", where, n.Kind, key)
	}
	return fmt.Sprintf("%s has no %q", where, key)
}

// children lists the names by which a path can go on.
func children(n *Node) []string {
	var names []string
	for _, f := range n.Fields {
		names = append(names, f.Key)
	}
	for _, item := range n.Items {
		for _, key := range []string{"id", "name"} {
			if id := item.Get(key); id != nil && id.IsScalar() {
				names = append(names, id.Text)
			}
		}
	}
	return names
}

func lost(entry Named[*Node], message string, known []string) *Diagnostic {
	diag := &Diagnostic{Pos: entry.Pos, Width: utf8.RuneCountInString(entry.Name), Code: CodeChangePath, Message: message}
	for _, step := range strings.Split(entry.Name, ".") {
		near := Nearest(step, known)
		if near != "" && strings.HasSuffix(message, strconv.Quote(step)) {
			diag.Message += fmt.Sprintf("; did you mean %q?", near)
		}
	}
	if len(known) > 0 && len(known) <= fewKeys {
		diag.Hint = "it has " + strings.Join(known, ", ")
	}
	return diag
}

package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind is the shape of a Node.
type Kind int

// The kinds of nodes. The scalar kinds follow YAML 1.2's core schema: a quoted
// scalar is always a String.
const (
	Null Kind = iota
	String
	Int
	Float
	Bool
	List
	Map
)

// String names the kind as a message does: "a list".
func (k Kind) String() string {
	names := [...]string{"nothing", "a string", "a whole number", "a number", "true or false", "a list", "a map"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind %d", int(k))
}

// Node is one value of a document, with its place. A document is read into nodes
// once; everything later works on them, so that every message can say where.
// Nodes are not changed after they were made: share them freely.
type Node struct {
	Kind   Kind
	Text   string  // of a scalar, as written without quotes
	Quoted bool    // a scalar in quotes or a block scalar: never a number or bool
	Items  []*Node // of a List
	Fields []Field // of a Map, in the author's order
	Pos    Pos     // of its first character

	layout *layout // how a scalar stands in the file, where that is not plain
	bad    bool    // it could not be read, which was reported
}

// layout is how a scalar that is quoted, spans lines or holds expressions stands
// in its file.
type layout struct {
	body    Pos   // of the first character of the content
	exprs   []Pos // of each "${" of the text, escaped ones included
	comment bool  // a comment follows on the same line
}

// Field is one entry of a Map.
type Field struct {
	Key   string
	Pos   Pos // of the key
	Value *Node
}

// Get returns the value of a Map's key, or nil.
func (n *Node) Get(key string) *Node {
	if field := n.field(key); field != nil {
		return field.Value
	}
	return nil
}

// field returns the entry of a Map's key, or nil.
func (n *Node) field(key string) *Field {
	if n == nil {
		return nil
	}
	for i := range n.Fields {
		if n.Fields[i].Key == key {
			return &n.Fields[i]
		}
	}
	return nil
}

// Find goes down by the keys of maps and the numbers of lists' items, from 0, as far
// as they are there.
func (n *Node) Find(path []string) *Node {
	for _, key := range path {
		next := n.Get(key)
		if i, err := strconv.Atoi(key); err == nil && n.Kind == List && i >= 0 && i < len(n.Items) {
			next = n.Items[i]
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// IsScalar reports whether the node is neither a List nor a Map.
func (n *Node) IsScalar() bool { return n.Kind != List && n.Kind != Map }

// HasExpr reports whether an expression ${…} stands anywhere in the node.
func (n *Node) HasExpr() bool {
	found := false
	n.walk(func(scalar *Node) bool {
		found = found || len(Expressions(scalar)) > 0
		return !found
	})
	return found
}

// Clone copies the node and all below it.
func (n *Node) Clone() *Node {
	if n == nil {
		return nil
	}
	dup := *n
	dup.Items = slices.Clone(n.Items)
	for i, item := range dup.Items {
		dup.Items[i] = item.Clone()
	}
	dup.Fields = slices.Clone(n.Fields)
	for i := range dup.Fields {
		dup.Fields[i].Value = dup.Fields[i].Value.Clone()
	}
	return &dup
}

// walk calls visit for every scalar, in order, until visit returns false.
func (n *Node) walk(visit func(scalar *Node) bool) bool {
	if n == nil {
		return true
	}
	if n.IsScalar() {
		return visit(n)
	}
	for _, item := range n.Items {
		if !item.walk(visit) {
			return false
		}
	}
	for _, field := range n.Fields {
		if !field.Value.walk(visit) {
			return false
		}
	}
	return true
}

// body is the place of the first character of a scalar's content: behind an
// opening quote, or on the line below a block scalar's sign.
func (n *Node) body() Pos {
	if n.layout != nil {
		return n.layout.body
	}
	return n.Pos
}

// width is how many characters to underline: a scalar as it stands on its first
// line, else one.
func (n *Node) width() int {
	if !n.IsScalar() {
		return 1
	}
	text, _, _ := strings.Cut(n.Text, "\n")
	width := utf8.RuneCountInString(text)
	if n.Quoted && n.body().Line == n.Pos.Line {
		width += 2
	}
	if n.Quoted && n.body().Line != n.Pos.Line {
		width = 1
	}
	return max(width, 1)
}

// Mistake is a diagnostic of the node.
func (n *Node) Mistake(code, message, hint string) Diagnostic {
	return Diagnostic{Pos: n.Pos, Width: n.width(), Code: code, Message: message, Hint: hint}
}

// Pos is a place in a document. Line and Col count from 1; Col counts characters,
// not bytes. The zero Pos means "nowhere in particular".
type Pos struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

// String prints file:line:col, leaving out what is not known.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.File == "":
		return fmt.Sprintf("%d:%d", p.Line, p.Col)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// right is the place n characters further on the same line.
func (p Pos) right(n int) Pos {
	p.Col += n
	return p
}

// Expr is an expression as the author wrote it, not yet compiled.
type Expr struct {
	Source string // without ${ and }
	Pos    Pos    // of its first character
}

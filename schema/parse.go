package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Parse reads one YAML document into nodes. File is the name that messages show.
// What is beyond the limits of limits.go is refused, as are the parts of YAML
// that scenarios do without, and duplicate keys. The node is nil when the text is
// not YAML; otherwise it holds whatever could be read.
func Parse(file string, data []byte) (*Node, Diagnostics) {
	if diag := precheck(file, data); diag != nil {
		return nil, Diagnostics{*diag}
	}
	lines := splitLines(data)
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return nil, Diagnostics{yamlError(file, lines, decoder, err)}
	}
	c := converter{file: file, lines: lines}
	root := c.node(document.Content[0], 1)
	c.oneDocument(decoder)
	return root, c.diags.Sorted()
}

// splitLines cuts a document into its lines as editors count them.
func splitLines(data []byte) []string {
	text := strings.TrimPrefix(string(data), "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")
}

// converter turns yaml.v3's nodes into ours.
type converter struct {
	file  string
	lines []string
	diags Diagnostics
	count int
	full  bool // a limit was exceeded: no more is read

	cursor cursor
}

func (c *converter) add(pos Pos, width int, code, message, hint string) {
	c.full = c.full || len(c.diags) >= maxDiagnostics
	c.diags = append(c.diags, Diagnostic{Pos: pos, Width: width, Code: code, Message: message, Hint: hint})
}

// oneDocument refuses what follows the first document.
func (c *converter) oneDocument(decoder *yaml.Decoder) {
	var next yaml.Node
	switch err := decoder.Decode(&next); {
	case errors.Is(err, io.EOF):
	case err != nil:
		c.diags = append(c.diags, yamlError(c.file, c.lines, decoder, err))
	default:
		pos := c.pos(&next)
		if len(next.Content) > 0 {
			pos = c.pos(next.Content[0])
		}
		c.add(pos, 1, CodeYAMLFeature, "a second document begins here; a file holds one", "put each scenario into a file of its own, and remove the line ---")
	}
}

// pos is the place of a node. yaml.v3 may put an empty one behind the last line.
func (c *converter) pos(y *yaml.Node) Pos {
	if y.Line > len(c.lines) {
		return Pos{File: c.file, Line: len(c.lines), Col: utf8.RuneCountInString(c.line(len(c.lines))) + 1}
	}
	return Pos{File: c.file, Line: max(y.Line, 1), Col: max(y.Column, 1)}
}

func (c *converter) node(y *yaml.Node, depth int) *Node {
	n := &Node{Pos: c.pos(y)}
	if c.full || !c.within(n.Pos, depth) || !c.plain(y, n.Pos) {
		n.bad = true
		return n
	}
	switch y.Kind {
	case yaml.ScalarNode:
		c.scalar(y, n)
	case yaml.SequenceNode:
		n.Kind = List
		n.Items = make([]*Node, 0, len(y.Content))
		for _, item := range y.Content {
			n.Items = append(n.Items, c.node(item, depth+1))
		}
	case yaml.MappingNode:
		n.Kind = Map
		c.fields(y, n, depth)
	}
	return n
}

// within checks the depth and the number of nodes; the first excess ends the reading.
func (c *converter) within(pos Pos, depth int) bool {
	c.count++
	switch {
	case depth > MaxDepth:
		c.add(pos, 1, CodeTooLarge, tooDeep, "")
	case c.count > MaxNodes:
		c.add(pos, 1, CodeTooLarge, tooMany, "split it with include")
	default:
		return true
	}
	c.full = true
	return false
}

// plain refuses anchors, aliases and tags; false when the value is lost with them.
func (c *converter) plain(y *yaml.Node, pos Pos) bool {
	const instead = "give the value a name under params and write ${params.name}; share steps and containers with include"
	if y.Anchor != "" {
		c.add(pos, len(y.Anchor)+1, CodeYAMLFeature, fmt.Sprintf("the anchor %q is not read", "&"+y.Anchor), instead+"; a value that begins with & needs quotes")
	}
	switch {
	case y.Kind == yaml.AliasNode:
		c.add(pos, len(y.Value)+1, CodeYAMLFeature, fmt.Sprintf("the alias %q is not read", "*"+y.Value), instead+"; a value that begins with * needs quotes")
	case y.Style&yaml.TaggedStyle != 0:
		c.add(pos, 1, CodeYAMLFeature, "YAML takes a word that begins with ! for a tag, and tags are not read",
			"put the value in quotes; in an expression write not instead of !")
	default:
		return true
	}
	return false
}

func (c *converter) fields(y *yaml.Node, n *Node, depth int) {
	keys := len(y.Content) / 2
	if keys > MaxKeys {
		c.add(c.pos(y.Content[2*MaxKeys]), 1, CodeTooLarge, fmt.Sprintf("a map has more than %d keys", MaxKeys), "")
		c.full = true
		return
	}
	n.Fields = make([]Field, 0, keys)
	seen := newKeySet(n, keys)
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := y.Content[i]
		value := c.node(y.Content[i+1], depth+1)
		if c.key(key, seen) {
			seen.add(key.Value, c.pos(key))
			n.Fields = append(n.Fields, Field{Key: key.Value, Pos: c.pos(key), Value: value})
		}
	}
}

// key checks the key of a map, and that it is there once.
func (c *converter) key(y *yaml.Node, seen keySet) bool {
	pos := c.pos(y)
	width := max(len([]rune(y.Value)), 1)
	switch {
	case !c.plain(y, pos):
	case y.Kind != yaml.ScalarNode:
		c.add(pos, 1, CodeWrongKind, "a key is a word, not a list or a map", "a value that begins with { or [ needs quotes")
	case y.Value == "<<" && y.Style == 0:
		c.add(pos, width, CodeYAMLFeature, "the merge key << is not read",
			"share values with params, and steps and containers with include")
	case y.Value == "":
		c.add(pos, 1, CodeBadName, "a key is empty", "")
	case len(y.Value) > MaxExpr:
		c.add(pos, width, CodeTooLarge, fmt.Sprintf("a key has %d bytes; at most %d are read", len(y.Value), MaxExpr), "")
	case strings.ContainsFunc(y.Value, isUnprintable):
		c.add(pos, width, CodeEncoding, fmt.Sprintf("the key %q holds characters that cannot be seen", y.Value), "type it anew")
	case seen.line(y.Value) != 0:
		c.add(pos, width, CodeDuplicateKey, fmt.Sprintf("the key %q is there twice; the first is in line %d", y.Value, seen.line(y.Value)),
			"keep one of the two")
	default:
		return true
	}
	return false
}

// keySet knows the keys of a map that were read so far. Most maps are so small
// that looking through them is faster than an index.
type keySet struct {
	node  *Node
	lines map[string]int // nil for a small map
}

func newKeySet(n *Node, keys int) keySet {
	if keys <= 16 {
		return keySet{node: n}
	}
	return keySet{node: n, lines: make(map[string]int, keys)}
}

func (s keySet) add(key string, pos Pos) {
	if s.lines != nil {
		s.lines[key] = pos.Line
	}
}

// line is where a key stands, 0 when it was not there yet.
func (s keySet) line(key string) int {
	if s.lines != nil {
		return s.lines[key]
	}
	if f := s.node.field(key); f != nil {
		return f.Pos.Line
	}
	return 0
}

func (c *converter) scalar(y *yaml.Node, n *Node) {
	if len(y.Value) > MaxScalar {
		c.add(n.Pos, 1, CodeTooLarge, fmt.Sprintf("a value has %d bytes; at most %d (64 KiB) are read", len(y.Value), MaxScalar), "keep data in a file beside the scenario")
		return
	}
	n.Text = y.Value
	n.Quoted = y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	n.Kind = String
	if !n.Quoted {
		n.Kind = scalarKind(n.Text)
	}
	hasExpr := strings.Contains(n.Text, "${")
	if n.Quoted || hasExpr || y.LineComment != "" {
		n.layout = &layout{body: c.body(y, n.Pos), comment: !n.Quoted && y.LineComment != ""}
	}
	if hasExpr {
		n.layout.exprs = c.exprs(n)
	}
}

// body finds the first character of a scalar's content.
func (c *converter) body(y *yaml.Node, pos Pos) Pos {
	switch {
	case y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return pos.right(1)
	case y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0:
		return pos
	}
	for line := pos.Line; line < len(c.lines); line++ { // the line after pos's, counting from 0
		text := c.lines[line]
		if trimmed := strings.TrimLeft(text, " "); trimmed != "" {
			return Pos{File: pos.File, Line: line + 1, Col: len(text) - len(trimmed) + 1}
		}
	}
	return pos
}

// exprs finds each "${" of a scalar in the file's own lines. An escape may hide
// one ("\u0024{"); it then has the place of the scalar. The search ends after the
// most bytes that so long a text can take, so that all searches together are
// linear in the size of the file.
func (c *converter) exprs(n *Node) []Pos {
	want := strings.Count(n.Text, "${")
	found := make([]Pos, 0, want)
	budget := 12*len(n.Text) + 64
	start, col := c.cursor.offset(c.line(n.Pos.Line), n.Pos), n.Pos.Col
	for line := n.Pos.Line; line <= len(c.lines) && len(found) < want && budget > 0; line++ {
		text := c.line(line)[start:]
		text = text[:min(len(text), budget)]
		budget -= len(text) + 1
		for i := strings.Index(text, "${"); i >= 0 && len(found) < want; i = strings.Index(text, "${") {
			col += utf8.RuneCountInString(text[:i])
			found = append(found, Pos{File: c.file, Line: line, Col: col})
			text, col = text[i+len("${"):], col+len("${")
		}
		start, col = 0, 1
	}
	return found
}

// cursor remembers a place within a line as bytes and characters: scalars are read
// in their order, so that the way to the next begins at the last.
type cursor struct{ line, col, bytes int }

// offset is how many bytes of the line stand before a place.
func (c *cursor) offset(text string, pos Pos) int {
	if c.line != pos.Line || c.col > pos.Col {
		*c = cursor{line: pos.Line, col: 1}
	}
	for c.col < pos.Col && c.bytes < len(text) {
		_, size := utf8.DecodeRuneInString(text[c.bytes:])
		c.bytes += size
		c.col++
	}
	return c.bytes
}

// line is a line of the document, counting from 1.
func (c *converter) line(number int) string {
	if number < 1 || number > len(c.lines) {
		return ""
	}
	return c.lines[number-1]
}

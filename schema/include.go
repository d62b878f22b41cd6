package schema

import (
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"
)

// fragment is a document that others include.
type fragment struct {
	Version    int            `json:"isolab" doc:"The language version; 1." isolab:"required" enum:"1"`
	About      string         `json:"about" doc:"What the file is for." isolab:"raw"`
	Include    []string       `json:"include" doc:"Files of the same folder whose params, containers and steps come first."`
	Params     Ordered[*Node] `json:"params" doc:"Params that are added to the scenario's."`
	Containers Ordered[*Node] `json:"containers" doc:"Containers that are added to the scenario's."`
	Steps      []*Node        `json:"steps" doc:"Steps that come before the scenario's."`
}

// reader reads a document and what it includes.
type reader struct {
	from    *folder // nil when there is none
	sources map[string][]string
	seen    map[string]bool // files of the folder that have been read
	nodes   int
	diags   Diagnostics
}

func (r *reader) parse(file string, data []byte) *Node {
	if len(data) <= MaxFile {
		r.sources[file] = splitLines(data)
	}
	root, diags := Parse(file, data)
	r.diags = append(r.diags, diags...)
	return root
}

func (r *reader) fail(n *Node, message, hint string) {
	r.diags = append(r.diags, Diagnostic{Pos: n.Pos, Width: n.width(), Code: CodeInclude, Message: message, Hint: hint})
}

// resolve returns the document with the params, containers and steps of the files
// that it includes before its own. Their nodes keep their places. stack names the
// files that include one another, the outermost first.
func (r *reader) resolve(root *Node, stack []string) *Node {
	list := root.Get("include")
	if list == nil || list.Kind != List {
		return root // of another kind: the decoder says so
	}
	merged := &Node{Kind: Map, Pos: root.Pos, Fields: append([]Field(nil), root.Fields...)}
	var files []*Node
	for _, name := range list.Items {
		if inner := r.include(name, stack); inner != nil {
			files = append(files, inner)
		}
	}
	for _, inner := range slices.Backward(files) { // the last first, so that the first ends up in front
		r.merge(merged, inner)
	}
	r.countNodes(merged)
	return merged
}

// include reads one file; nil when it cannot be, or was read before.
func (r *reader) include(n *Node, stack []string) *Node {
	name := n.Text
	switch {
	case !n.IsScalar():
		return nil // the decoder says so
	case r.from == nil:
		r.fail(n, "this document came without a folder to include from", "read it from a file")
	case !isFileName(name):
		r.fail(n, fmt.Sprintf("%q is not a file of the same folder", name), "name a .yaml file that stands beside this one, without a path")
	case slices.Contains(stack, name):
		r.fail(n, "these files include one another: "+strings.Join(append(stack, name), " → "), "")
	case r.seen[name]:
	case len(stack) > MaxInclude:
		r.fail(n, fmt.Sprintf("more than %d files include one another", MaxInclude), "")
	case len(r.seen) > MaxIncludes:
		r.fail(n, fmt.Sprintf("more than %d files are included", MaxIncludes), "")
	default:
		r.seen[name] = true
		return r.open(n, name, stack)
	}
	return nil
}

func isFileName(name string) bool {
	return fs.ValidPath(name) && !strings.ContainsAny(name, `/\:`) && !strings.ContainsFunc(name, isUnprintable) &&
		(strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml"))
}

// open reads an included file. Only a regular file will do: a symbolic link could
// lead out of the folder, and a pipe would wait for ever.
func (r *reader) open(n *Node, name string, stack []string) *Node {
	info, err := fs.Lstat(r.from.fsys, name)
	if err != nil {
		r.fail(n, "cannot include "+reason(name, err), "")
		return nil
	}
	if !info.Mode().IsRegular() {
		r.fail(n, fmt.Sprintf("cannot include %s: it is a %s", name, modeWords(info.Mode())), "include the file itself")
		return nil
	}
	data, err := readLimited(func() (io.ReadCloser, error) { return r.from.fsys.Open(name) })
	if err != nil {
		r.fail(n, "cannot include "+reason(name, err), "")
		return nil
	}
	inner := r.parse(r.from.show(name), data)
	if inner == nil || !r.isFragment(inner) {
		return nil
	}
	return r.resolve(inner, append(append([]string(nil), stack...), name))
}

func modeWords(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "symbolic link"
	case mode.IsDir():
		return "folder"
	}
	return "device or pipe"
}

// isFragment checks the top of an included document; what is inside is checked as
// part of the whole.
func (r *reader) isFragment(n *Node) bool {
	d := decoder{}
	var f fragment
	d.value(n, reflect.ValueOf(&f).Elem(), slot{name: "an included file"})
	for i := range d.diags {
		if d.diags[i].Code == CodeUnknownKey {
			d.diags[i].Hint = "an included file has the keys isolab, about, include, params, containers and steps"
		}
	}
	r.diags = append(r.diags, d.diags...)
	return n.Kind == Map
}

// merge puts an included document's entries before the scenario's own.
func (r *reader) merge(into, inner *Node) {
	for _, key := range []string{"params", "containers", "steps"} {
		added := inner.field(key)
		if added == nil || added.Value.IsScalar() {
			continue
		}
		own := into.field(key)
		if own == nil {
			into.Fields = append(into.Fields, *added)
			continue
		}
		if own.Value.Kind != added.Value.Kind {
			continue // the decoder complains about one of the two
		}
		joined := *own.Value
		joined.Items = append(append([]*Node(nil), added.Value.Items...), own.Value.Items...)
		joined.Fields = r.joinFields(added.Value.Fields, own.Value.Fields)
		own.Value = &joined
	}
}

func (r *reader) joinFields(first, second []Field) []Field {
	joined := append([]Field(nil), first...)
	at := make(map[string]Pos, len(first))
	for _, f := range first {
		at[f.Key] = f.Pos
	}
	for _, f := range second {
		if before, twice := at[f.Key]; twice {
			r.diags = append(r.diags, Diagnostic{Pos: f.Pos, Width: len([]rune(f.Key)), Code: CodeDuplicateKey,
				Message: fmt.Sprintf("%q is already in the included %s", f.Key, before), Hint: "keep one of the two"})
			continue
		}
		joined = append(joined, f)
	}
	return joined
}

// countNodes keeps the limit of values over all files together.
func (r *reader) countNodes(root *Node) {
	count := 0
	root.walk(func(*Node) bool { count++; return count <= MaxNodes })
	if count > MaxNodes && r.nodes == 0 {
		r.nodes = count
		r.fail(root, "with the files that it includes, "+tooMany, "")
	}
}

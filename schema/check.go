package schema

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"isolab/schema/unit"
)

// checker finds what is wrong between the parts of a document that were decoded
// well. What needs the actions or the meaning of expressions is not its business.
type checker struct {
	*Scenario
	diags Diagnostics
}

func (c *checker) check() {
	c.head()
	c.params()
	c.cases()
	c.containers()
	c.steps()
	c.controls()
}

func (c *checker) report(diag Diagnostic) {
	if len(c.diags) < maxDiagnostics {
		c.diags = append(c.diags, diag)
	}
}

func (c *checker) reportAll(diags Diagnostics) {
	for _, diag := range diags {
		c.report(diag)
	}
}

// tooMany reports a list of the document that is longer than anyone would write.
func (c *checker) tooMany(key string, count, most int) bool {
	if count > most {
		c.fail(c.Root.Get(key), CodeTooLarge, fmt.Sprintf("there are %d %s; at most %d are read", count, key, most), "")
	}
	return count > most
}

// fail reports a mistake of a node; nil stands for the top of the document.
func (c *checker) fail(n *Node, code, message, hint string) {
	if n == nil {
		n = &Node{Kind: Map, Pos: c.Root.Pos}
	}
	c.report(n.Mistake(code, message, hint))
}

// The names that authors choose. Those that expressions use have no dash.
var (
	dashed     = namePattern{"-", "lower case letters, digits and dashes, a letter first"}
	identifier = namePattern{"_", "lower case letters, digits and underscores, a letter first"}
	handle     = namePattern{"-_", "lower case letters, digits, dashes and underscores, a letter first"}
)

// namePattern tells which signs a name may have besides letters and digits.
type namePattern struct {
	signs string
	words string
}

func (p namePattern) match(name string) bool {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z'
		if !letter && (i == 0 || !(r >= '0' && r <= '9') && !strings.ContainsRune(p.signs, r)) {
			return false
		}
	}
	return name != ""
}

// name checks a name that stands at a place. What is missing was reported before.
func (c *checker) name(pos Pos, what, name string, pattern namePattern) {
	diag := Diagnostic{Pos: pos, Width: max(utf8.RuneCountInString(name), 1), Code: CodeBadName}
	switch {
	case len(name) > MaxName:
		diag.Message = fmt.Sprintf("the name of a %s has %d bytes; at most %d are accepted", what, len(name), MaxName)
		diag.Width = 1
	case !pattern.match(name):
		diag.Message, diag.Hint = fmt.Sprintf("%q is not a name for a %s", name, what), "a name has "+pattern.words
	default:
		return
	}
	c.report(diag)
}

// scalarName checks the name in a map's entry, when it is there.
func (c *checker) scalarName(owner *Node, key, what string, pattern namePattern) {
	if n := owner.Get(key); n != nil && n.IsScalar() && n.Kind != Null {
		c.name(n.Pos, what, n.Text, pattern)
	}
}

// head checks what describes the scenario.
func (c *checker) head() {
	c.scalarName(c.Root, "name", "scenario", dashed)
	c.line(c.Root.Get("title"))
	c.line(c.Root.Get("source"))
	if tags := c.Root.Get("tags"); tags != nil {
		for _, tag := range tags.Items {
			c.name(tag.Pos, "tag", tag.Text, handle)
		}
	}
	if n := c.Root.Get("requires").Get("memory"); n != nil && n.IsScalar() {
		var size unit.Size
		d := decoder{}
		d.value(n, refOf(&size), slot{name: "memory"})
		c.reportAll(d.diags)
	}
	if n := c.Root.Get("requires").Get("kernel"); n != nil && n.IsScalar() && !kernelVersion.MatchString(n.Text) {
		c.fail(n, CodeBadValue, fmt.Sprintf("kernel: %q is not a version", n.Text), `such as "5.14"; a version that ends in 0 needs quotes`)
	}
}

var kernelVersion = regexp.MustCompile(`^[0-9]+(\.[0-9]+){0,2}$`)

// line checks a text that is shown as one line.
func (c *checker) line(n *Node) {
	if n == nil || !n.IsScalar() {
		return
	}
	text := strings.TrimSuffix(n.Text, "\n")
	switch {
	case strings.Contains(text, "\n"):
		c.fail(n, CodeBadValue, "this text is one line", "longer texts go into about or say")
	case strings.ContainsFunc(text, isUnprintable):
		c.fail(n, CodeEncoding, "this text holds characters that cannot be seen", "type it anew")
	}
}

// params checks the params' names, defaults and bounds.
func (c *checker) params() {
	for _, entry := range c.Params {
		c.name(entry.Pos, "param", entry.Name, identifier)
		if paramTypes[entry.Value.Type] == nil {
			continue // reported by the decoder
		}
		c.reportAll(checkParam(entry.Value))
	}
}

func (c *checker) cases() {
	if c.tooMany("cases", len(c.Cases), MaxCases) {
		return
	}
	seen := map[string]Pos{}
	for _, row := range c.Cases {
		c.scalarName(row.node, "name", "case", dashed)
		c.unique(seen, "case", row.Name, row.node.Get("name"))
		for _, entry := range row.Params {
			param, known := c.Params.Get(entry.Name)
			if !known {
				c.unknown(entry.Pos, "param", entry.Name, c.Params.Names())
				continue
			}
			if paramTypes[param.Type] != nil && !entry.Value.bad {
				_, diags := ParamValue(param, entry.Value)
				c.reportAll(diags)
			}
		}
	}
}

// unique reports a name that was there before.
func (c *checker) unique(seen map[string]Pos, what, name string, n *Node) {
	if name == "" || n == nil {
		return
	}
	if before, twice := seen[name]; twice {
		where := fmt.Sprintf("line %d", before.Line)
		if before.File != n.Pos.File {
			where += " of " + before.File
		}
		c.fail(n, CodeDuplicate, fmt.Sprintf("two %ss are named %q; the first is in %s", what, name, where), "")
		return
	}
	seen[name] = n.Pos
}

// unknown reports a name that nothing has, with the nearest that something has.
func (c *checker) unknown(pos Pos, what, name string, known []string) {
	message := fmt.Sprintf("there is no %s %q", what, name)
	if near := Nearest(name, known); near != "" {
		message += fmt.Sprintf("; did you mean %q?", near)
	}
	hint := ""
	if len(known) > 0 && len(known) <= fewKeys {
		hint = fmt.Sprintf("known %ss: %s", what, strings.Join(known, ", "))
	}
	c.report(Diagnostic{Pos: pos, Width: max(utf8.RuneCountInString(name), 1), Code: CodeUnknownName, Message: message, Hint: hint})
}

// containers decodes each declaration without values, for its shape.
func (c *checker) containers() {
	for _, entry := range c.Containers {
		c.name(entry.Pos, "container", entry.Name, handle)
		d := decoder{eval: unevaluated}
		var container Container
		d.value(entry.Value, refOf(&container), slot{name: entry.Name})
		c.reportAll(d.diags)
	}
}

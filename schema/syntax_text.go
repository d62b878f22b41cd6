package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// yamlProblem is what the YAML parser found, on its way to a person.
type yamlProblem struct {
	mark
	text  string
	lines []string
}

// clamp moves a place behind the end of the text onto its last character.
func (p *yamlProblem) clamp() {
	for p.line > len(p.lines) || p.line > 1 && strings.TrimSpace(p.lines[p.line-1]) == "" {
		p.line--
		p.col = len([]rune(p.lines[p.line-1])) + 1
	}
	p.line = max(p.line, 1)
	p.col = min(max(p.col, 1), len([]rune(p.lines[p.line-1]))+1)
	if p.contextLine > p.line || p.contextLine < 1 {
		p.contextLine, p.contextCol = p.line, p.col
	}
}

// current is the text of the line, and what of it stands before the place.
func (p *yamlProblem) current() (line, before string) {
	line = p.lines[p.line-1]
	return line, string([]rune(line)[:min(p.col-1, len([]rune(line)))])
}

// explain says in one sentence what is wrong, and what to do. It moves the place
// to where the author has to type.
func (p *yamlProblem) explain() (message, hint string) {
	switch sign := p.findIndent(); sign {
	case ' ':
	case '\t':
		return "a tab in the indentation; YAML indents with spaces", "replace the tab by spaces (most editors can show and convert them)"
	default:
		return fmt.Sprintf("%U in the indentation looks like a space and is none", sign), "type the indentation anew, with spaces"
	}
	if quote, found := p.findCurlyQuote(); found {
		return fmt.Sprintf("YAML takes %s for text, not for a quote", quote), `write the straight quotes " or '`
	}
	if p.findBareExpr() {
		return "in a { } or [ ] an expression needs quotes", `write "${…}": without quotes YAML takes its { for a map`
	}
	for _, known := range yamlTexts {
		if strings.Contains(p.text, known.text) {
			return known.explain(p)
		}
	}
	return "this is not YAML: " + p.text, ""
}

// near are the lines in which a problem may have its cause.
func (p *yamlProblem) near() []int {
	return slices.DeleteFunc([]int{p.line, p.line - 1, p.contextLine}, func(line int) bool { return line < 1 })
}

// findIndent looks for a tab, or a character that only looks like a space, in the
// indentation near the problem, and moves there. It returns a space when there is none.
func (p *yamlProblem) findIndent() rune {
	for _, line := range p.near() {
		text := p.lines[line-1]
		indent := text[:len(text)-len(strings.TrimLeftFunc(text, unicode.IsSpace))]
		at := strings.IndexFunc(indent, func(r rune) bool { return r != ' ' })
		if at >= 0 && len(indent) < len(text) {
			p.line, p.col = line, at+1 // spaces only stand before it
			sign, _ := utf8.DecodeRuneInString(indent[at:])
			return sign
		}
	}
	return ' '
}

// curlyQuote is a typographic quote where a value begins.
var curlyQuote = regexp.MustCompile(`(?:: +|[\[{,] *|- +)([“”„‘’])`)

// findCurlyQuote looks for one near the problem, and moves there.
func (p *yamlProblem) findCurlyQuote() (quote string, found bool) {
	for _, line := range p.near() {
		text := p.lines[line-1]
		if at := curlyQuote.FindStringSubmatchIndex(text); at != nil {
			p.line, p.col = line, utf8.RuneCountInString(text[:at[2]])+1
			return text[at[2]:at[3]], true
		}
	}
	return "", false
}

// findBareExpr looks for ${ outside quotes in a flow map or list that ends early.
func (p *yamlProblem) findBareExpr() bool {
	if !strings.Contains(p.text, "',' or") && !strings.Contains(p.text, "expected key") && !strings.Contains(p.text, "node content") {
		return false
	}
	for line := p.line; line >= max(p.contextLine, p.line-1); line-- {
		text := p.lines[line-1]
		open := strings.IndexAny(text, "{[")
		expr := strings.Index(text, "${")
		if expr < 0 || open < 0 || open > expr {
			continue
		}
		if before := text[:expr]; strings.Count(before, `"`)%2 == 0 && strings.Count(before, "'")%2 == 0 {
			p.line, p.col = line, len([]rune(before))+1
			return true
		}
	}
	return false
}

// yamlTexts are the parser's sentences and ours, the first that fits.
var yamlTexts = []struct {
	text    string
	explain func(*yamlProblem) (message, hint string)
}{
	{"mapping values are not allowed", (*yamlProblem).secondColon},
	{"could not find expected ':'", (*yamlProblem).noColon},
	{"cannot start any token", (*yamlProblem).badStart},
	{"unexpected end of stream", (*yamlProblem).openQuote},
	{"unexpected document indicator", (*yamlProblem).openQuote},
	{"expected ',' or", (*yamlProblem).openBracket},
	{"did not find expected key", (*yamlProblem).outOfLine},
	{"did not find expected '-' indicator", (*yamlProblem).outOfLine},
	{"did not find expected <document start>", (*yamlProblem).outOfLine},
	{"did not find expected node content", (*yamlProblem).noContent},
	{"block sequence entries are not allowed", (*yamlProblem).lateDash},
	{"unknown escape character", (*yamlProblem).badEscape},
	{"did not find expected hexdecimal", (*yamlProblem).badEscape},
	{"invalid Unicode character escape", (*yamlProblem).badEscape},
	{"unknown anchor", (*yamlProblem).alias},
	{"tag", (*yamlProblem).badTag},
	{"expected alphabetic or numeric character", (*yamlProblem).badAnchor},
	{"directive", (*yamlProblem).badDirective},
	{"non-alphabetical", (*yamlProblem).badDirective},
}

func (p *yamlProblem) toContext() { p.line, p.col = p.contextLine, p.contextCol }

func (p *yamlProblem) secondColon() (message, hint string) {
	_, before := p.current()
	if key := strings.TrimLeft(before, " -"); !strings.Contains(key, ": ") && p.line > 1 {
		return "this key is indented deeper than the line above, which already has a value",
			"give keys of one map the same indentation"
	}
	if len(before) > MaxExpr {
		return "a key is longer than 1024 characters", ""
	}
	return `a second ": " in one value`, "put the value in quotes"
}

func (p *yamlProblem) noColon() (message, hint string) {
	p.toContext()
	return "a key without its colon", "write key: value, with a space behind the colon"
}

func (p *yamlProblem) badStart() (message, hint string) {
	line, before := p.current()
	rest := strings.TrimPrefix(line, before)
	if rest == "" {
		return "a value cannot begin like this", "put the value in quotes"
	}
	if rest[0] == '\t' {
		return "a tab where YAML wants spaces", "replace the tab by spaces"
	}
	return fmt.Sprintf("a value cannot begin with %q", string([]rune(rest)[:1])), "put the value in quotes"
}

func (p *yamlProblem) openQuote() (message, hint string) {
	p.toContext()
	return "the quote that opens here is never closed", ""
}

func (p *yamlProblem) openBracket() (message, hint string) {
	hint = "separate entries with a comma, and put values that contain { } [ ] , or : in quotes"
	_, closing, _ := strings.Cut(p.text, "or ")
	open := map[string]string{"']'": "[", "'}'": "{"}[closing]
	if open == "" {
		open = "bracket"
	}
	return fmt.Sprintf("the %s of line %d, column %d is still open here: a comma or its end was expected", open, p.contextLine, p.contextCol), hint
}

func (p *yamlProblem) outOfLine() (message, hint string) {
	line, before := p.current()
	if trimmed := strings.TrimRight(before, " "); trimmed != "" && strings.ContainsAny(trimmed[len(trimmed)-1:], `"'`) {
		if rest := strings.TrimPrefix(line, before); trimmed == before && strings.HasSuffix(before, "'") && strings.IndexFunc(rest, unicode.IsLetter) == 0 {
			p.col--
			return "an apostrophe ends a text in single quotes", "put the text in double quotes, or write two apostrophes for one"
		}
		return "text stands behind the closing quote", "put the whole value in quotes of the other kind: '\"a\" in list'"
	}
	if strings.HasPrefix(strings.TrimPrefix(line, before), "- ") {
		return "a list entry does not belong here", fmt.Sprintf("what began in line %d is a map; give the entry the indentation of its list", p.contextLine)
	}
	return "this line does not fit what stands above it", fmt.Sprintf("compare its indentation with line %d, where the map or list begins", p.contextLine)
}

func (p *yamlProblem) noContent() (message, hint string) {
	if line, before := p.current(); line == before && strings.TrimSpace(strings.Join(p.lines[p.line:], "")) == "" {
		return "the text ends where a value belongs", "close what is still open, such as a [ or {"
	}
	return "a value is missing here", "remove the comma too many, or put the value in quotes"
}

func (p *yamlProblem) lateDash() (message, hint string) {
	return `a list entry "- " cannot stand here`, "begin the list on a line of its own; a value that begins with - needs quotes"
}

func (p *yamlProblem) badEscape() (message, hint string) {
	return `an unknown escape after \ in double quotes`, `write \\ for a backslash, or use single quotes`
}

func (p *yamlProblem) alias() (message, hint string) {
	return "YAML takes a word that begins with * for an alias, and aliases are not read",
		"put the value in quotes; to share values use params, to share steps and containers use include"
}

func (p *yamlProblem) badAnchor() (message, hint string) {
	p.toContext()
	return "YAML takes a word that begins with * or & for an alias or anchor, and these are not read", "put the value in quotes"
}

func (p *yamlProblem) badTag() (message, hint string) {
	p.toContext()
	return "YAML takes a word that begins with ! for a tag, and tags are not read",
		"put the value in quotes; in an expression write not instead of !"
}

func (p *yamlProblem) badDirective() (message, hint string) {
	p.toContext()
	return "YAML takes a line that begins with % for a directive, and directives are not read", "put the value in quotes"
}

package schema

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestParseKeepsKindsAndPlaces(t *testing.T) {
	const text = `# comment
size: 150MiB
"quoted key": "5"
list: [1, -2.5e3, true, no, ~, 0x1F, 0o17, 1_000, .inf, 2024-01-01]
ünï: 'it''s'
block: |
  first
  second
empty:
`
	root, diags := Parse("a.yaml", []byte(text))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var got strings.Builder
	for _, f := range root.Fields {
		fmt.Fprintf(&got, "%s %s %s %q %s\n", f.Key, f.Pos, f.Value.Kind, f.Value.Text, f.Value.Pos)
		for _, item := range f.Value.Items {
			fmt.Fprintf(&got, "  %s %q %s\n", item.Kind, item.Text, item.Pos)
		}
	}
	want := `size a.yaml:2:1 a string "150MiB" a.yaml:2:7
quoted key a.yaml:3:1 a string "5" a.yaml:3:15
list a.yaml:4:1 a list "" a.yaml:4:7
  a whole number "1" a.yaml:4:8
  a number "-2.5e3" a.yaml:4:11
  true or false "true" a.yaml:4:19
  a string "no" a.yaml:4:25
  nothing "~" a.yaml:4:29
  a whole number "0x1F" a.yaml:4:32
  a whole number "0o17" a.yaml:4:38
  a string "1_000" a.yaml:4:44
  a number ".inf" a.yaml:4:51
  a string "2024-01-01" a.yaml:4:57
ünï a.yaml:5:1 a string "it's" a.yaml:5:6
block a.yaml:6:1 a string "first\nsecond\n" a.yaml:6:8
empty a.yaml:9:1 nothing "" a.yaml:9:7
`
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
}

// bombs are documents whose reading would cost much more than their size, and
// others beyond a limit.
var bombs = []struct {
	name string
	data string
	want string // part of the message
}{
	{"too large", strings.Repeat("#", MaxFile+1), "256 KiB"},
	{"brackets", fill("["), "deep"},
	{"braces", fill("{a: "), "deep"},
	{"dashes", fill("- "), "deep"},
	{"question marks", fill("? "), "deep"},
	{"brackets in a list", "a: " + strings.Repeat("[", 33) + strings.Repeat("]", 33), "deep"},
	{"indentation", steps(40), "deep"},
	{"deep indentation", steps(700), "deep"},
	{"flow items", "[" + fill("a,") + "]", "values"},
	{"flow keys", "{" + fill("a,") + "}", "values"},
	{"block items", fill("-\n"), "values"},
	{"block keys", fill("a:\n"), "values"},
	{"different keys", numbered(600, "k%d: 1\n"), "keys"},
	{"40,000 different keys", numbered(20_000, "k%d:\n"), "keys"},
	{"many values", numbered(110, "k%d: ["+strings.Repeat("a, ", 200)+"]\n"), "values"},
	{"long scalar", "a: " + strings.Repeat("x", MaxScalar+1), "64 KiB"},
	{"long block scalar", "a: |\n" + strings.Repeat("  0123456789\n", 8000), "64 KiB"},
	{"long key", strings.Repeat("x", 1025) + ": 1", "key"},
	{"billion laughs", laughs(9), "not read"},
	{"aliases", "a: &a [x]\nb: [" + strings.Repeat("*a, ", 10_000) + "]", "not read"},
	{"merge keys", "a: &a {x: 1}\nb: {<<: *a}", "merge key"},
	{"documents", fill("---\n"), "values"},
	{"control character", "a: \x01", "control character U+0001"},
	{"escape sequence", "a: \x1b[31m", "control character U+001B"},
	{"not UTF-8", "a: \xff", "UTF-8"},
	{"UTF-16", "\xff\xfea\x00:\x00", "UTF-8"},
	{"line separator", "a: \u2028b", "U+2028"},
	{"unknown keys", "isolab: 1\nsteps:\n" + strings.Repeat("  - {containr.start.x: 1, exepct: 1, tilte: 1}\n", 4000), "unknown key"},
	{"expressions", "isolab: 1\nabout: x\nsteps:\n  - a.b: \"" + strings.Repeat("${", 30_000) + "\"", "deep"},
	{"half expressions", "isolab: 1\nsteps:\n  - a.b: [" + strings.Repeat("\"${'\", ", 15_000) + "]", "deep"},
	{"many expressions", "isolab: 1\nsteps:\n  - a.b: \"" + strings.Repeat("${x}", 15_000) + "\"", "scenario"},
	{"wide expressions", "isolab: 1\nx: [" + strings.Repeat("\"é${x}\", ", 15_000) + "]", "scenario"},
	{"hidden expressions", "isolab: 1\nsteps:\n  - a.b: \"" + strings.Repeat("\\u0024{x}", 15_000) + "\"", "scenario"},
	{"escaped expressions", "a: [" + strings.Repeat("\"\\u0024{x}\", ", 15_000) + "]", "scenario"},
}

func fill(unit string) string { return strings.Repeat(unit, (MaxFile-8)/len(unit)) }

// steps is a map in a map, each indented by one space more.
func steps(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// laughs is a document of anchors each of which holds ten of the one before.
func laughs(n int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 lol\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	return b.String()
}

func TestBombsAreRefused(t *testing.T) {
	for _, bomb := range bombs {
		t.Run(bomb.name, func(t *testing.T) {
			_, diags := Read("bomb.yaml", []byte(bomb.data))
			if !strings.Contains(diags.Error(), bomb.want) {
				t.Errorf("no diagnostic contains %q: %.400s", bomb.want, diags.Error())
			}
			havePlaces(t, bomb.data, diags)
			if len(diags) > 2*maxDiagnostics+10 {
				t.Errorf("%d diagnostics", len(diags))
			}
		})
	}
}

// BenchmarkBomb measures how long each bomb takes to be refused; the goal is at
// most 100 ms.
func BenchmarkBomb(b *testing.B) {
	for _, bomb := range bombs {
		b.Run(bomb.name, func(b *testing.B) {
			for b.Loop() {
				Read("bomb.yaml", []byte(bomb.data))
			}
		})
	}
}

// havePlaces checks that every diagnostic points into the document.
func havePlaces(t *testing.T, data string, diags Diagnostics) {
	t.Helper()
	lines := splitLines([]byte(data))
	for _, d := range diags {
		if d.Pos.Line < 1 || d.Pos.Line > len(lines) || d.Pos.Col < 1 || d.Pos.Col > len([]rune(lines[d.Pos.Line-1]))+1 {
			t.Errorf("no such place: %.200s", d.Error())
		}
		if d.Code == "" || d.Message == "" || d.Width < 1 {
			t.Errorf("incomplete: %#v", d)
		}
	}
}

// What is just within the limits is read.
func TestLimitsLetThrough(t *testing.T) {
	for name, text := range map[string]string{
		"depth":    strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth),
		"keys":     numbered(MaxKeys, "k%d: 1\n"),
		"scalar":   "a: " + strings.Repeat("x", MaxScalar),
		"values":   "[" + strings.Repeat("a, ", MaxNodes-1) + "]",
		"brackets": "about: |\n" + strings.Repeat("  text (with [brackets] and, commas): and more - so\n", 1000),
		"BOM":      "\ufeffa: 1",
		"CRLF":     "a: 1\r\nb: 2\r\n",
		"marker":   "---\na: 1\n...\n",
	} {
		if _, diags := Parse("a.yaml", []byte(text)); len(diags) > 0 {
			t.Errorf("%s: %v", name, diags)
		}
	}
}

func TestSyntaxErrorsWithoutRoomForAComment(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "a.yaml:1:1: the document is empty [syntax]"},
		{"# only a comment\n", "a.yaml:1:1: the document is empty [syntax]"},
		{"a: 1\nb: \"abc\nc: 2\n", "a.yaml:2:4: the quote that opens here is never closed [syntax]"},
		{"\"abc", "a.yaml:1:1: the quote that opens here is never closed [syntax]"},
		{"a: 1\n---\nb: 1\n", "a.yaml:3:1: a second document begins here; a file holds one [yaml-feature]"},
		{"a: 1\n---\nb: [\n", "a.yaml:3:5: the text ends where a value belongs [syntax]"},
		{"a: 1\nb: [1,\n  2\n", "a.yaml:3:4: the [ of line 2, column 4 is still open here: a comma or its end was expected [syntax]"},
		{"a: 1\r\n\tb: 2\r\n", "a.yaml:2:1: a tab in the indentation; YAML indents with spaces [syntax]"},
		{"a: 1\n   \n \tb:\n", "a.yaml:3:2: a tab in the indentation; YAML indents with spaces [syntax]"},
	} {
		_, diags := Parse("a.yaml", []byte(test.text))
		if diags.Error() != test.want {
			t.Errorf("%q:\n got %s\nwant %s", test.text, diags.Error(), test.want)
		}
	}
}

// The line of a YAML error is read from fields of yaml.v3 that are not exported.
// This pins them: without them the line below would be 3.
func TestProblemMarkOfYAML(t *testing.T) {
	text := "x: 1\ny: 2\na:\n  b: 1\n  c: 2\n  d: 3\n  - e\n"
	_, diags := Parse("a.yaml", []byte(text))
	if len(diags) != 1 || diags[0].Pos.Line != 7 || diags[0].Pos.Col != 3 {
		t.Errorf("got %v, want a diagnostic at 7:3", diags)
	}
}

func TestSplitLines(t *testing.T) {
	got := splitLines([]byte("\ufeffa\r\nb\rc\nd"))
	if strings.Join(got, "|") != "a|b|c|d" {
		t.Errorf("got %q", got)
	}
	if !bytes.Equal([]byte(strings.Join(splitLines(nil), "|")), nil) {
		t.Error("an empty document has one empty line")
	}
}

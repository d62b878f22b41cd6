package expr

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a file of entries with what tell says of each entry's first
// line. Entries are separated by an empty line; ⏎ stands for a line break.
func golden(t *testing.T, file string, tell func(string) string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	for _, entry := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		first, want, _ := strings.Cut(strings.Trim(entry, "\n"), "\n")
		got := strings.TrimRight(tell(strings.ReplaceAll(first, "⏎", "\n")), "\n")
		fmt.Fprintf(&told, "%s\n%s\n\n", first, got)
		if got != want && !*update {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", first, got, want)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(told.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Each entry is an expression and, under it, where and why it is refused.
func TestRefused(t *testing.T) {
	scope := sampleScope()
	golden(t, "testdata/refused.txt", func(text string) string {
		_, d := Compile(written(text), scope, typeBool)
		if d == nil {
			return "accepted"
		}
		if d.Pos.File != "x.yaml" || d.Pos.Line < 10 || d.Width < 1 || strings.HasSuffix(d.Message, ".") {
			t.Errorf("%s: %+v", text, d)
		}
		line := strings.Split(text, "\n")[d.Pos.Line-10]
		column := d.Pos.Col - 5
		if column < 0 || column+d.Width > max(utf8.RuneCountInString(line), 1) {
			t.Errorf("%s: column %d and width %d lie outside the line", text, d.Pos.Col, d.Width)
		}
		told := strings.Repeat(" ", column) + strings.Repeat("^", d.Width)
		if d.Pos.Line > 10 {
			told += fmt.Sprintf(" on line %d", d.Pos.Line-9)
		}
		told += "\n[" + d.Code + "] " + d.Message
		if d.Hint != "" {
			told += "\n→ " + d.Hint
		}
		return told
	})
}

// TestMargin says how close to false what holds is, by the tightest of the
// comparisons that all have to hold.
func TestMargin(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"mem.memory.usage <= 200MiB", "36.6 MiB (18.3 %) below"},
		{"mem.memory.usage > 150MiB", "13.4 MiB (8.9 %) above"},
		{"mem.memory.usage >= 171302912B", "exactly equal"},
		{"mem.memory.usage > 150MiB && mem.memory.usage <= 200MiB && run.exit_code == 137", "13.4 MiB (8.9 %) above"},
		{"within(mem.memory.usage, 160MiB, 10%)", "off by 3.4 MiB (2.1 %), allowed are 10 %"},
		{"150MiB < mem.memory.usage", "13.4 MiB (8.9 %) above"},
		{"params.limit < mem.memory.usage", "13.4 MiB (8.9 %) above"},
		{"n > 1", "9 (900 %) above"},
		{"len(many) > 1", ""}, // nor is one that is much larger
		{"mem.memory.limit == 150MiB", ""},
		{"run.oom_killed", ""},
		{"word contains 'ell'", ""},
		{"not (mem.memory.usage < 150MiB)", ""},
		{"bare.memory.limit > 1GiB", ""}, // no limit is not a distance
	} {
		p, diag := Compile(written(test.text), sampleScope(), typeBool)
		if diag != nil {
			t.Fatalf("%s: %s", test.text, diag.Error())
		}
		if m, found := p.Margin(context.Background(), sampleLookup()); m.Text != test.want || found != (test.want != "") {
			t.Errorf("%s: margin %+v, want %q", test.text, m, test.want)
		}
	}
}

// Each entry is a claim that is false or cannot be evaluated, and its explanation.
func TestExplained(t *testing.T) {
	scope, lookup := sampleScope(), sampleLookup()
	golden(t, "testdata/explained.txt", func(text string) string {
		p, diag := Compile(written(text), scope, typeBool)
		if diag != nil {
			return diag.Error()
		}
		value, err := p.Eval(context.Background(), lookup)
		if err == nil && value != false {
			t.Errorf("%s = %v", text, value)
		}
		e := p.Explain(context.Background(), lookup)
		if (err == nil) != (e.Err == nil) || err != nil && err.Error() != e.Err.Error() {
			t.Errorf("%s: Eval says %v, Explain says %v", text, err, e.Err)
		}
		return e.String()
	})
}

package schema

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "render", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got:\n%s\nwant:\n%s", file, got, want)
	}
}

// What an author sees for each sample file of mistakes.
func TestRenderSamples(t *testing.T) {
	files, _ := filepath.Glob("testdata/wrong/*.yaml")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		for _, sample := range strings.Split(expectation.ReplaceAllString(string(data), ""), "\n---\n") {
			s, diags := Read(filepath.Base(file), []byte(sample))
			if err := diags.Render(&out, s.SourceLine, 100, false); err != nil {
				t.Fatal(err)
			}
			out.WriteByte('\n')
		}
		golden(t, strings.TrimSuffix(filepath.Base(file), ".yaml")+".txt", out.Bytes())
	}
}

func TestRenderLayout(t *testing.T) {
	long := "begin " + strings.Repeat("0123456789 ", 30) + "spot " + strings.Repeat("abcdefghij ", 30) + "end"
	lines := map[int]string{
		1: "\tkey:\tvalue",
		2: "名前: 値 ×",
		3: long,
		4: "a\x1b[31mb\u202ec",
		5: strings.Repeat("x", 100_000) + " spot",
		6: "e\u0301a: x",
		7: "short",
	}
	line := func(_ string, n int) (string, bool) { text, ok := lines[n]; return text, ok }
	at := func(line, col, width int) Diagnostic {
		return Diagnostic{Pos: Pos{"a.yaml", line, col}, Width: width, Code: "code", Message: "message"}
	}
	hostile := at(4, 11, 1)
	hostile.Message, hostile.Hint, hostile.Pos.File = "a \x1b]0;title\x07 b\u202e\nc", "\x9b31m", "a\x1b.yaml"
	diags := Diagnostics{
		at(1, 2, 3), at(1, 7, 5), at(2, 5, 1), at(2, 7, 1), at(3, 337, 4), at(3, 1, 5), at(3, len(long)-2, 3),
		at(3, 7, 400), hostile, at(5, 100_002, 4), at(6, 5, 1), at(7, 6, 1), at(7, 50, 9), at(99, 1, 1),
		{Code: "file", Message: "cannot read x", Hint: "look elsewhere"},
	}
	var out bytes.Buffer
	if err := diags.Render(&out, line, 60, false); err != nil {
		t.Fatal(err)
	}
	golden(t, "layout.txt", out.Bytes())
	for _, text := range strings.Split(out.String(), "\n") {
		if width := terminal.StringWidth(text); width > 60 && !strings.Contains(text, "message") {
			t.Errorf("%d columns: %s", width, text)
		}
	}
	for _, r := range out.String() {
		if r != '\n' && isUnprintable(r) {
			t.Errorf("%U reaches the terminal", r)
		}
	}
	out.Reset()
	if err := diags[:1].Render(&out, line, 0, true); err != nil {
		t.Fatal(err)
	}
	golden(t, "color.txt", out.Bytes())
}

func TestDiagnosticsSortedAndErr(t *testing.T) {
	a := Diagnostic{Pos: Pos{"a", 1, 2}, Code: "x", Message: "m"}
	b := Diagnostic{Pos: Pos{"a", 1, 10}, Code: "x", Message: "m"}
	c := Diagnostic{Pos: Pos{"b", 1, 1}, Code: "x", Message: "m"}
	if got := (Diagnostics{c, b, a, b, a}).Sorted(); len(got) != 3 || got[0] != a || got[1] != b || got[2] != c {
		t.Errorf("got %v", got)
	}
	if err := (Diagnostics{}).Err(); err != nil {
		t.Errorf("no mistakes: %v", err)
	}
	if err := (Diagnostics{a, c}).Err(); err == nil || err.Error() != "a:1:2: m [x]\nb:1:1: m [x]" {
		t.Errorf("got %v", err)
	}
}

func TestCodesAreDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, doc := range Codes() {
		if doc.Code == "" || doc.About == "" || seen[doc.Code] {
			t.Errorf("bad row %+v", doc)
		}
		seen[doc.Code] = true
	}
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	if constants := strings.Count(string(source), "= \""); constants != len(seen) {
		t.Errorf("%d constants, %d rows", constants, len(seen))
	}
}

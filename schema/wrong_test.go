package schema

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestWrong reads the sample files of testdata/wrong. What must be reported stands
// behind the faulty line as ### "regexp" …; nothing else may be reported. A file
// is cut at lines --- into samples of their own where one mistake ends the reading.
func TestWrong(t *testing.T) {
	files, err := filepath.Glob("testdata/wrong/*.yaml")
	if err != nil || len(files) < 8 {
		t.Fatalf("sample files: %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		line := 1
		for _, sample := range strings.Split(string(data), "\n---\n") {
			t.Run(filepath.Base(file)+":"+strconv.Itoa(line), func(t *testing.T) {
				_, diags := Read("sample.yaml", []byte(sample))
				compare(t, sample, diags)
			})
			line += strings.Count(sample, "\n") + 2
		}
	}
}

var expectation = regexp.MustCompile(`###((?: "(?:[^"])*")+)`)

// compare matches diagnostics with the expectations of a sample, line by line.
func compare(t *testing.T, sample string, diags Diagnostics) {
	t.Helper()
	lines := strings.Split(sample, "\n")
	wanted := 0
	for i, line := range lines {
		var want []string
		if found := expectation.FindStringSubmatch(line); found != nil {
			want = strings.Split(strings.TrimSuffix(strings.TrimPrefix(found[1], ` "`), `"`), `" "`)
		}
		wanted += len(want)
		for _, d := range diags {
			if d.Pos.Line == i+1 {
				want = take(t, d, want)
			}
		}
		for _, pattern := range want {
			t.Errorf("line %d: nothing matches %q", i+1, pattern)
		}
	}
	if wanted == 0 {
		t.Error("the sample expects nothing: it cannot fail")
	}
	for _, d := range diags {
		if d.Pos.Line < 1 || d.Pos.Line > len(lines) || d.Pos.Col < 1 {
			t.Errorf("no such place: %v", d)
		}
	}
}

// take removes the expectation that a diagnostic meets.
func take(t *testing.T, d Diagnostic, want []string) []string {
	t.Helper()
	for i, pattern := range want {
		if regexp.MustCompile(pattern).MatchString(d.Message + " [" + d.Code + "]") {
			return append(want[:i:i], want[i+1:]...)
		}
	}
	t.Errorf("unexpected: %v", d)
	return want
}

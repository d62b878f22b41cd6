package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	ended = `{"kind":"scenario.end","scenario":"NAME","end":{"outcome":"OUTCOME","reason":"WHY","duration":1,"claims":{"passed":1}}}` + "\n"
	whole = `{"kind":"session.end","totals":{"scenarios":{},"claims":{"passed":1},"duration":1}}` + "\n"
)

func logFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func end(name, outcome, why string) string {
	return strings.NewReplacer("NAME", name, "OUTCOME", outcome, "WHY", why).Replace(ended)
}

func TestMatrix(t *testing.T) {
	good := logFile(t, end("a", "passed", "")+end("b", "skipped", "needs swap")+end("c", "skipped", "needs swap")+whole)
	bad := logFile(t, end("a", "failed", "too much")+whole)
	short := logFile(t, end("a", "passed", ""))
	for _, test := range []struct {
		args  []string
		sound bool
		want  string
	}{
		{[]string{"x=" + good}, true, "scenario  x\na         passed\nb         skipped [1]\nc         skipped [1]\n[1] needs swap\n"},
		{[]string{"x=" + good, "y=" + bad}, false, "a         passed       failed [1]\nb         skipped [2]  -\n"},
		{[]string{"x=" + short}, false, "x: the run was cut off\n"},
	} {
		var out strings.Builder
		sound, err := run(&out, test.args)
		if err != nil || sound != test.sound || !strings.Contains(out.String(), test.want) {
			t.Errorf("%v: sound %v, %v\n%s", test.args, sound, err, &out)
		}
	}
	if _, err := run(&strings.Builder{}, []string{"x=/nonexistent"}); err == nil {
		t.Error("a missing log is accepted")
	}
}

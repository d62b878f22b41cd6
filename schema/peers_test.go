package schema

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files in which there is no mistake are read without one, and steps keep what
// the author wrote.
func TestGoodFiles(t *testing.T) {
	files, _ := filepath.Glob("testdata/good/*.yaml")
	if len(files) < 2 {
		t.Fatalf("files: %v", files)
	}
	for _, file := range files {
		s, diags := ReadFile(file)
		if len(diags) > 0 {
			t.Errorf("%v", diags)
		}
		if len(s.Steps) == 0 || s.Steps[0].Action == "" || s.Steps[0].Params == nil || s.Steps[0].Timeout == 0 {
			t.Errorf("%s: step 1: %+v", file, s.Steps)
		}
		for _, control := range s.Controls {
			if _, diags := s.WithChange(control.Change); len(diags) > 0 {
				t.Errorf("control %s: %v", control.Name, diags)
			}
		}
		again, diags := s.WithChange(nil)
		if len(diags) > 0 || len(again.Steps) != len(s.Steps) {
			t.Errorf("no change: %v", diags)
		}
	}
}

// sound is a scenario without a mistake; each test below makes one in it.
const sound = `isolab: 1
name: sound
title: Sound
containers:
  hungry: {command: [sleep, 1], limits: {memory: 1MiB}}
steps:
  - id: one
    container.run: hungry
    expect: run.exit_code == 0
`

// misread reads the sound scenario after one replacement.
func misread(t *testing.T, from, to string) Diagnostics {
	t.Helper()
	if _, diags := Read("a.yaml", []byte(sound)); len(diags) > 0 {
		t.Fatal(diags)
	}
	text := strings.Replace(sound, from, to, 1)
	if text == sound {
		t.Fatalf("%q is not in the scenario", from)
	}
	_, diags := Read("a.yaml", []byte(text))
	return diags
}

// Other engines ignore a misspelt key at the top, in a step or in an action's
// params, and the run is green. Here it is an error wherever it stands.
func TestMisspeltKeysAreErrors(t *testing.T) {
	for _, test := range []struct{ from, to, near string }{
		{"title:", "titel:", "title"},
		{"steps:", "stesp:", "steps"},
		{"containers:", "container:", "containers"},
		{"command:", "comand:", "command"},
		{"memory:", "memroy:", "memory"},
		{"expect:", "expects:", "expect"},
		{"id:", "di:", "id"},
		{"container.run: hungry", "container.run: hungry\n    timeot: 5s", "timeout"},
		{"expect: run.exit_code == 0", "expect: [{that: a, whi: b}]", "why"},
		{"expect: run.exit_code == 0", "expect: a\n    eventually: {within: 1s, evry: 1s}", "every"},
	} {
		diags := misread(t, test.from, test.to)
		if !strings.Contains(diags.Error(), `did you mean "`+test.near+`"?`) || !strings.Contains(diags.Error(), CodeUnknownKey) {
			t.Errorf("%s: %v", test.to, diags)
		}
	}
	var params runParams
	n, _ := Parse("a.yaml", []byte("container: hungry\ncomand: [a]\n"))
	if diags := Decode(n, &params, nil); diags.Error() != `a.yaml:2:1: unknown key "comand"; did you mean "command"? [unknown-key]` {
		t.Errorf("an action's params: %v", diags)
	}
}

// Others are green without a step, or without an assertion.
func TestNothingToFailIsAnError(t *testing.T) {
	for _, test := range []struct{ from, to, code string }{
		{"    expect: run.exit_code == 0\n", "", CodeNoClaim},
		{"expect: run.exit_code == 0", "expect: []", CodeNoClaim},
		{"expect: run.exit_code == 0", `expect: ""`, CodeBadExpr},
		{"expect: run.exit_code == 0", "expect:", CodeNoValue},
		{sound[strings.Index(sound, "steps:"):], "steps: []", CodeNoStep},
		{sound[strings.Index(sound, "steps:"):], "", CodeMissingKey},
		{"    container.run: hungry\n", "", CodeNoAction},
	} {
		diags := misread(t, test.from, test.to)
		if !strings.Contains(diags.Error(), "["+test.code+"]") {
			t.Errorf("%q → %q: %v", test.from, test.to, diags)
		}
	}
}

// Others turn YAML into JSON first and name the wrong line, or name the line where
// a map begins and not the one with the mistake. Here each line of a file is
// broken in turn, and the message names it.
func TestErrorsNameTheRightLine(t *testing.T) {
	data, err := os.ReadFile("testdata/good/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	broken := 0
	for i, line := range lines {
		key, _, isKey := strings.Cut(line, ": ")
		if !isKey || strings.HasPrefix(strings.TrimSpace(line), "#") || strings.ContainsAny(key, `"[`) {
			continue
		}
		broken++
		for name, text := range map[string]string{
			"a value that cannot begin": key + ": @x",
			"two values":                key + `: "a" b`,
			"an odd key":                key + "_zz: 1",
			"a duplicate":               line + "\n" + line,
		} {
			want := i + 1
			if name == "an odd key" && strings.Contains(key, ".") {
				continue // which actions there are is not known here
			}
			if name == "a duplicate" {
				if strings.HasPrefix(strings.TrimSpace(line), "- ") {
					continue // an item may be there twice
				}
				want++
			}
			changed := strings.Join(append(append(append([]string{}, lines[:i]...), text), lines[i+1:]...), "\n")
			_, diags := Read("a.yaml", []byte(changed))
			if !mentions(diags, want) {
				t.Errorf("%s in line %d (%s): %v", name, want, line, diags)
			}
		}
	}
	if broken < 60 {
		t.Errorf("only %d lines were broken", broken)
	}
}

func mentions(diags Diagnostics, line int) bool {
	for _, d := range diags {
		if d.Pos.Line == line {
			return true
		}
	}
	return false
}

// In others the second of two equal keys silently replaces the first.
func TestDuplicateKeysAreErrors(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{"title: Sound", "title: Sound\ntitle: Other", `a.yaml:4:1: the key "title" is there twice; the first is in line 3 [duplicate-key]`},
		{"memory: 1MiB", "memory: 1MiB, memory: 2MiB", `a.yaml:5:56: the key "memory" is there twice; the first is in line 5 [duplicate-key]`},
		{"container.run: hungry", "container.run: hungry\n    container.run: other", `a.yaml:9:5: the key "container.run" is there twice; the first is in line 8 [duplicate-key]`},
		{"memory: 1MiB", `memory: 1MiB, "memory": 2MiB`, `a.yaml:5:56: the key "memory" is there twice; the first is in line 5 [duplicate-key]`},
	} {
		if diags := misread(t, test.from, test.to); diags.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", test.to, diags, test.want)
		}
	}
}

// Others fill in text templates before they read YAML, so that a value can become
// syntax. Here the document is read first: what an expression gives is one value,
// whatever characters it has, and never looked at again.
func TestValuesAreNeverSyntax(t *testing.T) {
	hostile := "x\"]\nprivileged: true # ${oops} {{.Env}} $${y} &a *a !t"
	root := node(t, `{a: ["${v}", "<${v}>"], b: {k: "${v}"}, c: "{{ .v }}"}`)
	var got struct {
		A []string          `json:"a" doc:"d"`
		B map[string]string `json:"b" doc:"d"`
		C string            `json:"c" doc:"d"`
	}
	diags := Decode(root, &got, constant(hostile))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if got.A[0] != hostile || got.A[1] != "<"+hostile+">" || got.B["k"] != hostile || got.C != "{{ .v }}" {
		t.Errorf("got %q", got)
	}
}

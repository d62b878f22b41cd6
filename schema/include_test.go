package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const mainHead = "isolab: 1\nname: a\ntitle: A\n"

func folderOf(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestIncludeMerges(t *testing.T) {
	fsys := folderOf(map[string]string{
		"pack/main.yaml": mainHead + `include: [one.yaml, two.yaml]
params: {c: {type: int}}
containers: {main: workload}
steps:
  - id: last
    a.b: main
    expect: x == "${own}"
`,
		"pack/one.yaml": "isolab: 1\ninclude: [three.yaml]\nparams: {a: {type: int}}\ncontainers: {first: {}}\nsteps:\n- id: first\n  a.b: x\n",
		"pack/two.yaml": "isolab: 1\ninclude: [three.yaml]\nparams: {b: {type: int}}\nsteps:\n- id: second\n  a.b: x\n",
		// included by both, and read once
		"pack/three.yaml": "isolab: 1\nabout: shared\nsteps:\n- id: deepest\n  a.b: x\n",
	})
	fsys["pack/main.yaml"].Data = []byte(strings.Replace(string(fsys["pack/main.yaml"].Data), "{main: workload}", "{main: {}}", 1))
	s, diags := ReadFS(fsys, "pack/main.yaml")
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var ids []string
	for _, step := range s.Steps {
		ids = append(ids, fmt.Sprintf("%s %s", step.ID, step.Pos))
	}
	want := "deepest pack/three.yaml:4:3|first pack/one.yaml:6:3|second pack/two.yaml:5:3|last pack/main.yaml:8:5"
	if got := strings.Join(ids, "|"); got != want {
		t.Errorf("steps %s\nwant  %s", got, want)
	}
	if got := strings.Join(s.Params.Names(), " ") + " " + strings.Join(s.Containers.Names(), " "); got != "a b c first main" {
		t.Errorf("names %s", got)
	}
	if line, _ := s.SourceLine("pack/three.yaml", 2); line != "about: shared" {
		t.Errorf("line 2 of the included file: %q", line)
	}
}

func TestIncludeRefuses(t *testing.T) {
	deep := map[string]string{"main.yaml": mainHead + "include: [f1.yaml]\nsteps: [{a.b: x, expect: y}]\n"}
	for i := 1; i <= 6; i++ {
		deep[fmt.Sprintf("f%d.yaml", i)] = fmt.Sprintf("isolab: 1\ninclude: [f%d.yaml]\n", i+1)
	}
	deep["f7.yaml"] = "isolab: 1\n"
	body := "\nsteps: [{a.b: x, expect: y}]\n"
	for _, test := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"parent", map[string]string{"main.yaml": mainHead + "include: [../other.yaml]" + body},
			`main.yaml:4:11: "../other.yaml" is not a file of the same folder [include]`},
		{"absolute", map[string]string{"main.yaml": mainHead + "include: [/etc/passwd]" + body},
			`main.yaml:4:11: "/etc/passwd" is not a file of the same folder [include]`},
		{"subfolder", map[string]string{"main.yaml": mainHead + "include: [sub/a.yaml]" + body, "sub/a.yaml": "isolab: 1"},
			`main.yaml:4:11: "sub/a.yaml" is not a file of the same folder [include]`},
		{"no YAML", map[string]string{"main.yaml": mainHead + "include: [secret.txt]" + body, "secret.txt": "x"},
			`main.yaml:4:11: "secret.txt" is not a file of the same folder [include]`},
		{"missing", map[string]string{"main.yaml": mainHead + "include: [none.yaml]" + body},
			`main.yaml:4:11: cannot include none.yaml: there is no such file [include]`},
		{"folder", map[string]string{"main.yaml": mainHead + "include: [sub.yaml]" + body, "sub.yaml/a.yaml": "x"},
			`main.yaml:4:11: cannot include sub.yaml: it is a folder [include]`},
		{"itself", map[string]string{"main.yaml": mainHead + "include: [main.yaml]" + body},
			`main.yaml:4:11: these files include one another: main.yaml → main.yaml [include]`},
		{"cycle", map[string]string{"main.yaml": mainHead + "include: [b.yaml]" + body, "b.yaml": "isolab: 1\ninclude: [c.yaml]", "c.yaml": "isolab: 1\ninclude: [b.yaml]"},
			`c.yaml:2:11: these files include one another: main.yaml → b.yaml → c.yaml → b.yaml [include]`},
		{"depth", deep, `f5.yaml:2:11: more than 5 files include one another [include]`},
		{"other keys", map[string]string{"main.yaml": mainHead + "include: [b.yaml]" + body, "b.yaml": "isolab: 1\ntitle: B\n"},
			`b.yaml:2:1: unknown key "title" in an included file [unknown-key]`},
		{"no version", map[string]string{"main.yaml": mainHead + "include: [b.yaml]" + body, "b.yaml": "about: B\n"},
			`b.yaml:1:1: the key "isolab" is missing in an included file [missing-key]`},
		{"a list", map[string]string{"main.yaml": mainHead + "include: [b.yaml]" + body, "b.yaml": "- a\n"},
			`b.yaml:1:1: an included file: expected a map, found a list [wrong-kind]`},
		{"no YAML in it", map[string]string{"main.yaml": mainHead + "include: [b.yaml]" + body, "b.yaml": "a: 1\nb: c: d\n"},
			`b.yaml:2:5: a second ": " in one value [syntax]`},
		{"twice", map[string]string{"main.yaml": mainHead + "include: [b.yaml]\ncontainers: {x: {}}" + body, "b.yaml": "isolab: 1\ncontainers: {x: {}}\n"},
			`main.yaml:5:14: "x" is already in the included b.yaml:2:14 [duplicate-key]`},
		{"mistake inside", map[string]string{"main.yaml": mainHead + "include: [b.yaml]" + body, "b.yaml": "isolab: 1\nsteps:\n- {a.b: x, exepct: y}\n"},
			`b.yaml:3:12: unknown key "exepct" in step 1; did you mean "expect"? [unknown-key]`},
		{"kinds", map[string]string{"main.yaml": mainHead + "include: [b.yaml]\ncontainers: []" + body, "b.yaml": "isolab: 1\ncontainers: {x: {}}\n"},
			`main.yaml:5:13: containers: expected a map, found a list [wrong-kind]`},
		{"an expression", map[string]string{"main.yaml": mainHead + `include: ["${x}"]` + body},
			"main.yaml:4:11: \"${x}\" is not a file of the same folder [include]\nmain.yaml:4:12: item 1 of include may not be an expression [no-expression]"},
	} {
		_, diags := ReadFS(folderOf(test.files), "main.yaml")
		if diags.Error() != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, diags.Error(), test.want)
		}
	}
}

func TestIncludeTooMuch(t *testing.T) {
	files := map[string]string{"main.yaml": mainHead + "include: [a.yaml, b.yaml]\nsteps: [{a.b: x, expect: y}]\n"}
	for _, name := range []string{"a.yaml", "b.yaml"} {
		var b strings.Builder
		b.WriteString("isolab: 1\nsteps:\n")
		for range 100 {
			b.WriteString("- a.b: [" + strings.Repeat("a, ", 120) + "]\n")
		}
		files[name] = b.String()
	}
	_, diags := ReadFS(folderOf(files), "main.yaml")
	if !strings.Contains(diags.Error(), "with the files that it includes, the document has more than 20000 values") {
		t.Errorf("got %.200s", diags.Error())
	}
}

// A symbolic link is refused, wherever it leads, on the real file system as well.
func TestIncludeFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	pack := filepath.Join(dir, "pack")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(pack, 0o700); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(dir, "secret.yaml"), "isolab: 1\nabout: canary\n")
	write(filepath.Join(pack, "beside.yaml"), "isolab: 1\nsteps: [{a.b: x}]\n")
	write(filepath.Join(pack, "main.yaml"), mainHead+"include: [link.yaml, beside.yaml]\nsteps: [{a.b: x, expect: y}]\n")
	if err := os.Symlink("../secret.yaml", filepath.Join(pack, "link.yaml")); err != nil {
		t.Skip("symbolic links: " + err.Error())
	}
	file := filepath.Join(pack, "main.yaml")
	s, diags := ReadFile(file)
	if want := file + ":4:11: cannot include link.yaml: it is a symbolic link [include]"; diags.Error() != want {
		t.Errorf("got %s, want %s", diags.Error(), want)
	}
	if len(s.Steps) != 2 || s.Steps[0].Pos.File != filepath.Join(pack, "beside.yaml") {
		t.Errorf("steps: %v", s.Steps)
	}
}

func TestReadFileThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "there is no such file [file]",
		dir:                             "is a directory [file]",
	} {
		s, diags := ReadFile(name)
		if s == nil || len(diags) != 1 || !strings.HasSuffix(diags.Error(), want) {
			t.Errorf("%s: %v", name, diags)
		}
	}
	if _, diags := Read("-", []byte(mainHead+"include: [a.yaml]\nsteps: [{a.b: x, expect: y}]\n")); !strings.Contains(diags.Error(), "without a folder") {
		t.Errorf("include from bytes: %v", diags)
	}
}

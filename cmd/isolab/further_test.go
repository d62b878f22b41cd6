package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"isolab/engine"
	"isolab/scenarios"
	"isolab/schema"
)

const manyMistakes = `isolab: 1
name: many
title: Mistakes of many kinds
containers:
  a: {command: [sleep, infinity]}
steps:
  - container.start: a
    exepct: [result.pid > 0]
  - cgroup.raed: a
  - cgroup.read: a
    as: group
    expect: [group.memory.limit == 5s]
  - host.process: {contianer: a}
    expect: [nowhere.x == 1]
`

// TestAllMistakesAtOnce demands the mistakes of the reader and of the compiler
// together, without what may only follow from another one.
func TestAllMistakesAtOnce(t *testing.T) {
	scenario, mistakes := schema.Read("many.yaml", []byte(manyMistakes))
	_, err := compileAll([]source{{scenario, mistakes, false}}, nil, true)
	diags, _ := err.(schema.Diagnostics)
	var codes []string
	for _, d := range diags {
		codes = append(codes, d.Code)
	}
	want := []string{schema.CodeUnknownKey, "unknown-action", "unit-mismatch", schema.CodeUnknownKey}
	if !slices.Equal(codes, want) {
		t.Errorf("found %v\nwant  %v\n%v", codes, want, err)
	}
	builds := strings.Replace(manyMistakes, "containers:", "contianers:", 1)
	scenario, mistakes = schema.Read("many.yaml", []byte(builds))
	if found := engine.Further(scenario, catalog(), engine.Options{}, mistakes); len(found) != len(mistakes) {
		t.Errorf("more than was read, though the containers are missing:\n%v", found)
	}
}

// TestBrokenLinesCompileSafely takes a line out of each built-in scenario, and then
// half a line: whatever is left must compile or be told, and lose no mistake.
func TestBrokenLinesCompileSafely(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles each scenario once for each of its lines")
	}
	for _, name := range builtinNames() {
		data, err := fs.ReadFile(scenarios.FS, name+"/scenario.yaml")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(string(data), "\n")
		for i, line := range lines {
			lines[i] = "\n"
			if i%2 == 0 {
				lines[i] = line[:len(line)/2] + "\n"
			}
			scenario, mistakes := schema.Read(name, []byte(strings.Join(lines, "")))
			if found := engine.Further(scenario, catalog(), engine.Options{}, mistakes); len(found) < len(mistakes) {
				t.Errorf("%s without line %d: %d mistakes became %d", name, i+1, len(mistakes), len(found))
			}
			lines[i] = line
		}
	}
}

// TestManyMistakes demands that a file which is wrong everywhere does not flood the
// terminal.
func TestManyMistakes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "many.yaml")
	text := "isolab: 1\nname: many\ntitle: Wrong everywhere\nsteps:\n" + strings.Repeat("  - cgroup.raed: a\n", 1000)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command(binary, "check", file).CombinedOutput()
	if count := strings.Count(string(out), "many.yaml:"); count != mostShown {
		t.Errorf("%d mistakes are shown", count)
	}
	if !strings.HasSuffix(string(out), "\nand 900 more\n1000 mistakes\n") {
		t.Errorf("it ends with %q", out[max(len(out)-100, 0):])
	}
}

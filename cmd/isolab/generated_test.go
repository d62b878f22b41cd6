package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"isolab/engine/handout"
)

var update = flag.Bool("update", false, "write generated and golden files anew")

// TestGeneratedSchema keeps schema/scenario.schema.json as the types say.
func TestGeneratedSchema(t *testing.T) {
	want, err := jsonSchema()
	if err != nil {
		t.Fatal(err)
	}
	compareGenerated(t, "../../schema/scenario.schema.json", want)
}

// TestGeneratedHandouts keeps each scenario's README.md as the scenario says, apart
// from what was measured.
func TestGeneratedHandouts(t *testing.T) {
	sources, err := selection{all: true}.load()
	if err != nil {
		t.Fatal(err)
	}
	programs, err := compileAll(sources, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		var page strings.Builder
		if err := handout.Write(&page, p.Program, nil); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("..", "..", "scenarios", p.Name(), "README.md")
		have, err := os.ReadFile(path)
		if *update {
			if err := os.WriteFile(path, []byte(handout.Keep(page.String(), string(have))), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err != nil || handout.Plain(string(have)) != page.String() {
			t.Errorf("%s is not what its scenario says (%v); run `make generate`", path, err)
		}
	}
}

// TestEveryScenarioHasControls demands of each lesson that something can break it, and
// that the controls are no mistakes themselves.
func TestEveryScenarioHasControls(t *testing.T) {
	sources, err := selection{all: true}.load()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources {
		if len(s.scenario.Controls) == 0 {
			t.Errorf("%s has no control", s.scenario.Name)
		}
	}
	if _, err := compileAll(sources, nil, true); err != nil {
		t.Error(err)
	}
}

func compareGenerated(t *testing.T, path string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(have, want) {
		t.Errorf("%s is not what the code generates (%v); run `make generate`", path, err)
	}
}

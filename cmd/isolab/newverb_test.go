package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"isolab/actions"
	"isolab/engine"
	"isolab/schema"
)

type brewParams struct {
	Cups int    `json:"cups" doc:"How many cups." isolab:"required" example:"2"`
	Kind string `json:"kind" doc:"What is brewed." enum:"tea,coffee" default:"tea"`
}

type brewed struct {
	Drunk int64 `json:"drunk" expr:"drunk" doc:"Cups that were drunk."`
}

// A new verb is one value: what can be derived from it, and all can, is.
func TestANewVerbIsOneValue(t *testing.T) {
	brew := actions.Define(actions.Spec[brewParams, brewed]{
		Name: "kitchen.brew", Summary: "Brew something",
		Needs: func(brewParams, actions.Declared) []actions.Permission { return []actions.Permission{actions.HostExec} },
		Shell: func(p brewParams, _ actions.View) []string { return []string{"brew " + p.Kind} },
		Run:   func(context.Context, *actions.Env, brewParams) (brewed, error) { return brewed{}, nil },
	})
	all := engine.NewCatalog(append(families(), brew)...)
	compile := func(step string) (*engine.Program, string) {
		s, diags := schema.Read("kitchen.yaml", []byte("isolab: 1\nname: kitchen\ntitle: A new verb\npermissions: [host.exec]\nsteps:\n  - "+step+"\n"))
		if len(diags) == 0 {
			var program *engine.Program
			if program, diags = engine.Compile(s, all, engine.Options{}); len(diags) == 0 {
				return program, ""
			}
		}
		return nil, diags.Err().Error()
	}
	for step, want := range map[string]string{
		"{kitchen.brwe: {cups: 2}, expect: [result.drunk == 2]}":                 `did you mean "kitchen.brew"`,
		"{kitchen.brew: {cusp: 2}, expect: [result.drunk == 2]}":                 `did you mean "cups"`,
		"{kitchen.brew: {}, expect: [result.drunk == 2]}":                        `"cups" is missing`,
		"{kitchen.brew: {cups: 2, kind: te}, expect: [result.drunk == 2]}":       `did you mean "tea"`,
		"{kitchen.brew: {cups: 2}, expect: [result.drnk == 2]}":                  `did you mean drunk`,
		"{kitchen.brew: {cups: 2}, expect: [result.drunk == 2s]}":                "duration",
		"{kitchen.brew: {cups: 2}, eventually: 1s, expect: [result.drunk == 2]}": "cannot be repeated",
	} {
		if _, got := compile(step); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want … %s …", step, got, want)
		}
	}
	program, mistakes := compile("{kitchen.brew: {cups: 2, kind: coffee}, expect: [result.drunk == 2]}")
	if program == nil {
		t.Fatal(mistakes)
	}
	if len(program.Needs) != 1 || program.Needs[0] != actions.HostExec {
		t.Errorf("it needs %v", program.Needs)
	}
	if plan := engine.Plan(program, "embedded", "v2"); strings.Join(plan[0].Commands, "") != "brew coffee" {
		t.Errorf("planned: %q", plan[0].Commands)
	}
	data, err := schema.JSONSchema([]schema.ActionDoc{{Name: brew.Name, Summary: brew.Summary, Params: brew.Params}}, nil)
	if err != nil || !strings.Contains(string(data), "kitchen.brew") || !strings.Contains(string(data), "How many cups.") {
		t.Errorf("JSON Schema: %v\n%s", err, data)
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "page"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	(&app{out: &stream{File: out}}).printAction(brew)
	page, _ := os.ReadFile(out.Name())
	for _, want := range []string{"kitchen.brew", "How many cups.", "Cups that were drunk."} {
		if !strings.Contains(string(page), want) {
			t.Errorf("its page lacks %q:\n%s", want, page)
		}
	}
}

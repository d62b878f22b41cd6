package engine

import (
	"strings"
	"testing"

	"isolab/schema"
)

// TestMistakesAreTold demands of a document with one mistake that this one is told and
// no other, with its place, what it is and what to do. The place is the line and column
// below the head of the document.
func TestMistakesAreTold(t *testing.T) {
	const head = 3 // lines
	for _, test := range []struct {
		name, body, place, message, hint string
	}{
		{"a list within a text", "steps:\n  - {test.count: x, foreach: [1, 2], as: r, expect: [result.n > 0]}\n  - {test.count: 'got ${map(r, .n)}', expect: [len(r) > 1]}",
			"3:25", "text is needed here, but this is a list of plain numbers", "max(map(r, .n))"},
		{"a group within a title", "steps: [{test.count: x, title: 'of ${params}', expect: [result.n > 0]}]\nparams: {w: {type: string, default: x}}",
			"1:38", "text is needed here, but this is a group of fields", "one of its fields: w"},
		{"an unknown name in a list of foreach", "steps: [{test.count: x, foreach: ['${nope}', b], expect: [result.n > 0]}]", "1:38", "unknown name nope", "known here"},
		{"a map in a list of foreach", "steps: [{test.count: x, foreach: [{a: 1}], expect: [result.n > 0]}]", "1:35", "expected a string, found a map", ""},
		{"foreach of nothing", "steps: [{test.count: x, foreach: [], expect: [result.n > 0]}]", "1:34", "foreach has no items", "leave the step out"},
		{"a step that is none", "steps: [{test.count: x, expect: [result.n > 0]}, result.n > 0]", "1:50", "step 2: expected a map", ""},
		{"a step without an action", "steps: [{test.count: x, expect: [result.n > 0]}, {title: x}]", "1:50", "the step has no action", "give it one key"},
		{"a claim that is a tag", "steps: [{test.count: x, expect: [!result ]}]", "1:34", "takes a word that begins with !", "not instead of !"},
		{"a claim cut short", "steps:\n  - test.count: x\n    expect:\n      - any(result, # > 1)", "4:9", "for a comment", "in quotes"},
		{"a param by its bare name", "params: {limit: {type: int, default: 5}}\nsteps: [{test.count: x, expect: [result.n == limit]}]",
			"2:46", "unknown name limit; did you mean params.limit?", ""},
		{"a step's id for its result", "steps: [{id: mem, test.count: x, expect: [result.n > 0]}, {test.count: x, expect: [mem.n > 0]}]",
			"1:84", "unknown name mem; step mem, in line 4, has no `as`", "as: mem"},
		{"a limit outside of limits", "containers: {box: {memory: 64MiB}}\nsteps: [{test.count: x, expect: [result.n > 0]}]", "1:20", "unknown key \"memory\" in box", "under limits"},
		{"a key of a step in its action", "steps: [{test.count: {text: x, expect: [result.n > 0]}}, {test.count: x, expect: [result.n > 0]}]", "1:32", "unknown key \"expect\"", "a step, beside its action"},
		{"a key of a container at the top", "image: debian\nsteps: [{test.count: x, expect: [result.n > 0]}]", "1:1", "unknown key \"image\"", "a key of a container"},
		{"a key of an action in its step", "steps: [{test.count: x, command: [a], expect: [result.n > 0]}]", "1:25", "unknown key \"command\"", "a map of their own"},
		{"a key of nothing", "containers: {box: {ports: [80]}}\nsteps: [{test.count: x, expect: [result.n > 0]}]", "1:20", "unknown key \"ports\"", "isolab schema --keys"},
		{"an action without its dot", "steps: [{test_count: x, expect: [result.n > 0]}]", "1:10", "unknown key \"test_count\"", "a dot in its name: test.count"},
		{"expect by another name", "steps: [{test.count: x, eventually: 5s, assert: [result.n > 0]}]", "1:41", "unknown key \"assert\"", "expect"},
		{"a claim taken for a map", "steps:\n  - test.count: x\n    expect:\n      - result.text contains \"a: b\"", "4:9", "unknown key", "in single quotes"},
		{"a list for a map", "containers:\n  - box:\n    command: [sleep]\nsteps: [{test.count: x, expect: [result.n > 0]}]", "2:3", "containers: expected a map, found a list", "leave the dashes out: box: …"},
		{"variables as words", "containers: {box: {env: [A=b]}}\nsteps: [{test.count: x, expect: [result.n > 0]}]", "1:25", "env: expected a map", "write {A: b}"},
		{"cases as values", "cases: [64MiB]\nsteps: [{test.count: x, expect: [result.n > 0]}]", "1:9", "case 1: expected a map", "name, about, params"},
		{"another family's verb", "steps: [{docker.exec: x, expect: [result.n > 0]}]", "1:10", `unknown action "docker.exec"; did you mean "test.exec"?`, "isolab actions"},
		{"a space in a duration", "steps: [{test.count: x, eventually: 5 s, expect: [result.n > 0]}]", "1:37", `"5 s" has a space in it; write 5s`, ""},
		{"no time to wait", "steps: [{test.count: x, eventually: 0s, expect: [result.n > 0]}]", "1:37", "0s leaves no time to try again", "leave it out"},
		{"a pause without a second try", "steps: [{test.count: x, always: {for: 1s, every: 2s}, expect: [result.n > 0]}]", "1:50", "a pause of 2s leaves no time for a second try within 1s", "for longer"},
		{"a value in why", "steps: [{test.count: x, expect: [{that: result.n > 0, why: 'now ${result.n}'}]}]", "1:65", "why may not be an expression", "write the value itself"},
		{"a value in about", "about: 'of ${params.w}'\nparams: {w: {type: string, default: x}}\nsteps: [{test.count: x, expect: [result.n > 0]}]", "1:12", "about may not hold an expression", "a step's title"},
	} {
		t.Run(test.name, func(t *testing.T) {
			diags := mistakes(t, "isolab: 1\nname: test\ntitle: A test\n"+test.body)
			if len(diags) != 1 {
				t.Fatalf("%d mistakes: %v", len(diags), diags)
			}
			d := diags[0]
			d.Pos.Line -= head
			if place := (schema.Pos{Line: d.Pos.Line, Col: d.Pos.Col}).String(); place != test.place || !strings.Contains(d.Message, test.message) || !strings.Contains(d.Hint, test.hint) {
				t.Errorf("%s: %s\n→ %s", place, d.Message, d.Hint)
			}
		})
	}
}

// mistakes reads and compiles a document, as a check does.
func mistakes(t *testing.T, text string) schema.Diagnostics {
	t.Helper()
	s, diags := schema.Read("test.yaml", []byte(text))
	catalog := NewCatalog(newBench(t).actions()...)
	if len(diags) > 0 {
		return Further(s, catalog, Options{}, diags)
	}
	_, diags = Compile(s, catalog, Options{})
	return diags
}

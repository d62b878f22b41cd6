package engine

import (
	"fmt"
	"strings"
	"testing"

	"isolab/engine/event"
)

func TestCompileRefuses(t *testing.T) {
	for _, test := range []struct{ name, body, message string }{
		{"unknown action", "steps: [{test.cuont: x, expect: ['result.n > 0']}]", `unknown action "test.cuont"; did you mean "test.count"?`},
		{"unknown name", "steps: [{test.count: x, as: it, expect: ['ti.n > 0']}]", "ti"},
		{"unused result", "steps: [{test.count: x, as: it, expect: ['result.n > 0']}]", "as: it is never used"},
		{"a later result", "steps: [{test.count: '${it.text}'}, {test.count: x, as: it, expect: ['it.n > 0']}]", "it"},
		{"repeating what changes", "steps: [{test.bump: x, eventually: 1s, expect: ['result.n > 0']}]", "cannot be repeated"},
		{"undeclared permission", "steps: [{test.exec: x, expect: ['result.n > 0']}]", `needs the permission host.exec`},
		{"unknown permission", "permissions: [host.exce]\nsteps: [{test.count: x, expect: ['result.n > 0']}]", `did you mean "host.exec"?`},
		{"a claim that is no truth", "steps: [{test.count: x, expect: ['result.n + 1']}]", "true"},
		{"a result with a name that is taken", "steps: [{test.count: x, as: params, expect: ['result.n > 0']}]", `"params" cannot name a result`},
		{"a result that is a word", "steps: [{test.count: x, as: in, expect: ['result.n > 0']}]", "a word of the expression language"},
		{"a result that is known only later", "steps: [{test.count: x, expect: ['late.n > 0']}, {test.count: x, as: late, expect: ['late.n > 0']}]", "the result of a later step, in line 4"},
		{"an item without a foreach", "steps: [{test.count: x, expect: ['item == 1']}]", "foreach"},
		{"a claim that reads nothing", "steps: [{test.count: x, expect: ['1 == 1', 'result.n > 0']}]", "reads nothing"},
		{"a wrong name in a title", "steps: [{test.count: x, title: 'at ${parms.x}', expect: ['result.n > 0']}]", "parms"},
		{"foreach of a number", "steps: [{test.count: x, foreach: '${1 + 1}', expect: ['result.n > 0']}]", "foreach needs a list"},
		{"no value", "params: {a: {type: size}}\nsteps: [{test.count: x, expect: ['params.a > 1MiB']}]", `param "a" has no default`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, diags := Compile(scenario(t, test.body), NewCatalog(newBench(t).actions()...), Options{})
			if !strings.Contains(diags.Error(), test.message) {
				t.Fatalf("diagnostics %v, want one with %q", diags, test.message)
			}
			for _, d := range diags {
				if d.Pos.Line == 0 || d.Pos.Col == 0 {
					t.Errorf("no place: %v", d)
				}
			}
		})
	}
}

func TestPlanTouchesNothing(t *testing.T) {
	b := newBench(t)
	program, diags := Compile(scenario(t, "params: {w: {type: string, default: hi}}\nsteps: [{test.count: '${params.w}', expect: ['result.n > 0']}]"),
		NewCatalog(b.actions()...), Options{Set: map[string]string{"w": "hello"}})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	plan := Plan(program, "docker", "v1")
	if len(plan) != 1 || fmt.Sprint(plan[0].Commands) != "[count hello]" || b.count != 0 {
		t.Errorf("plan %+v, %d actions done", plan, b.count)
	}
}

// A plan shows each step with the values of a case in which it is done.
func TestPlanTakesTheCaseInWhichAStepIsDone(t *testing.T) {
	b := newBench(t)
	program, diags := Compile(scenario(t, "params: {n: {type: int, default: 1}}\ncases: [{name: few, params: {n: 1}}, {name: many, params: {n: 9}}]\nsteps:\n"+
		"  - {test.count: 'n=${params.n}', as: r, expect: [r.n > 0]}\n"+
		"  - {test.count: 'n=${params.n}', when: params.n > 5, expect: [result.n > 0]}\n"+
		"  - {test.count: 'n=${params.n}', when: params.n > 5 && r.n > 0, expect: [result.n > 0]}\n"+
		"  - {test.count: 'n=${params.n}', when: r.n > 0, expect: [result.n > 0]}"), NewCatalog(b.actions()...), Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var shown []string
	for _, s := range Plan(program, "docker", "v2") {
		shown = append(shown, s.Commands...)
	}
	if got := strings.Join(shown, ", "); got != "count n=1, count n=9, count n=9, count n=1" {
		t.Errorf("planned %s", got)
	}
}

func TestTextsHaveValues(t *testing.T) {
	b := newBench(t)
	body := "params: {w: {type: size, default: 5MiB}}\nsteps: [{test.count: x, as: r, title: 'Eat ${params.w}'}, {test.count: x, title: 'Eat ${params.w}', say: 'After ${r.n}', expect: ['r.n > 0']}]"
	program, diags := Compile(scenario(t, body), NewCatalog(b.actions()...), Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if s := Plan(program, "docker", "v2")[1]; s.Title != "Eat 5MiB" || s.Say != "After ${r.n}" {
		t.Errorf("planned %q, %q", s.Title, s.Say)
	}
	b.play(body)
	for _, e := range b.events {
		if e.Kind == event.StepStart && e.StepInfo.Title != "Eat 5MiB" {
			t.Errorf("title %q", e.StepInfo.Title)
		}
	}
}

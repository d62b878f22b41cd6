package engine

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"isolab/engine/event"
	"isolab/schema"
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
	for _, step := range []string{"test.count: x, expect: ['result.n < 0']", "test.count: {fail: always}, expect: ['result.n > 0']"} {
		end := b.play("params: {w: {type: size, default: 5MiB}}\nsteps: [{" + step + ", hint: 'less than ${params.w}'}]")
		if end.Help != "less than 5MiB" {
			t.Errorf("%s: hint %q", step, end.Help)
		}
	}
}

// planned are the commands of each step of a plan, one step a line.
func planned(t *testing.T, b *bench, body string) string {
	t.Helper()
	program, diags := Compile(scenario(t, body), NewCatalog(b.actions()...), Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var lines []string
	for _, s := range Plan(program, "docker", "v2") {
		lines = append(lines, strings.Join(s.Commands, ", "))
	}
	return strings.Join(lines, "\n")
}

// What only a run can know stands in the commands of a plan by its name.
func TestPlanHasPlaceholders(t *testing.T) {
	got := planned(t, newBench(t), `
steps:
  - {test.count: x, as: r, expect: ["r.n > 0"]}
  - {test.count: "${r.text}", expect: ["result.n > 0"]}
  - {test.count: "at ${r.text}:${r.n + 1}", expect: ["result.n > 0"]}
`)
	if want := "count x\ncount <r.text>\ncount at <r.text>:<r.n + 1>"; got != want {
		t.Errorf("planned %s; want %s", got, want)
	}
}

// A plan shows what is done for the items of a foreach, where it knows them, and is
// not filled by a long list.
func TestPlanShowsEachItem(t *testing.T) {
	program, diags := Compile(scenario(t, `
params: {word: {type: string, default: "a b"}}
steps:
  - {test.count: "n${item}", foreach: [1, 2], as: all, expect: ["result.n > 0"]}
  - {test.count: "${item}", foreach: "${split(params.word, ' ')}", expect: ["result.n > 0"]}
  - {test.count: "${item}", foreach: "${split(all[0].text, ' ')}", expect: ["result.n > 0"]}
  - {test.count: "${item}", foreach: [a, b, c, d, e], expect: ["result.n > 0"]}
  - {test.count: same, foreach: [a, b], expect: ["result.n > 0"]}
`), NewCatalog(newBench(t).actions()...), Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	steps := Plan(program, "docker", "v2")
	for i, want := range []string{
		"count n1, count n2: for each of 2 items",
		"count a, count b: for each of 2 items",
		"count <item>: for each item, which only a run knows",
		"count a, count b, count c: for each of 5 items; what stands here is for the first 3",
		"count same: for each of 2 items",
	} {
		if got := strings.Join(steps[i].Commands, ", ") + ": " + steps[i].Repeats; got != want {
			t.Errorf("step %d: %s; want %s", i+1, got, want)
		}
	}
	if got := fmt.Sprint(program.steps[0].reads); got != "[n text]" {
		t.Errorf("of the first step %s is read", got)
	}
}

// A plan is for a machine that has what the scenario requires.
func TestPlanFor(t *testing.T) {
	for want, needs := range map[[2]string]schema.Requires{
		{"windows", ""}: {OS: "windows"},
		{"linux", "v1"}: {OS: "linux", Cgroup: 1},
		{"linux", "v2"}: {OS: "linux"},
	} {
		if v := planFor(needs, "docker", "v2"); runtime.GOOS == "linux" && (v.System() != want[0] || v.CgroupVersion() != want[1]) {
			t.Errorf("%+v: %s with cgroup %q, want %v", needs, v.System(), v.CgroupVersion(), want)
		}
	}
}

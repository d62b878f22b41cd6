package expr

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"isolab/schema"
	"isolab/schema/unit"
)

// An undefined name is found when the expression is compiled, also where it would
// never be reached, and is never nil.
func TestUndefinedNameIsAMistake(t *testing.T) {
	for _, text := range []string{"nothere", "nothere == nil", "true || nothere", "nothere?.x == nil", "nothere ?? true", "any(procs, nothere)", "mem.nothere == nil", "mem?.nothere == nil", "len([nothere]) == 1"} {
		_, diag := Compile(written(text), sampleScope(), typeBool)
		if diag == nil {
			t.Errorf("%s is accepted", text)
		} else if diag.Code != schema.CodeUnknownName && diag.Code != CodeUnknownField || !strings.Contains(diag.Message, "nothere") {
			t.Errorf("%s: %s", text, diag.Error())
		}
	}
}

// A name that was declared but has no value is an error of the evaluation.
func TestNameWithoutValue(t *testing.T) {
	_, err := eval(t, "never.usage <= 5MiB")
	if !errors.Is(err, ErrAbsent) || err.Error() != "never has no value yet" {
		t.Errorf("err = %v", err)
	}
	if value, err := eval(t, "(never?.usage ?? 2MiB) == 2MiB"); value != true || err != nil {
		t.Errorf("with another value for it: %v, %v", value, err)
	}
}

// What is not there is an error that says so, never false.
func TestAbsentIsAnError(t *testing.T) {
	for _, text := range []string{"bare.memory.peak > 5MiB", "mem.io.read > 1MiB/s", "limits.dsik == 1", "procs[9].pid == 1", "find(procs, false).pid == 1", "mean(empty) > 1MiB", "rate(empty) > 1MiB/s", "!(bare.memory.peak > 5MiB)"} {
		if value, err := eval(t, text); !errors.Is(err, ErrAbsent) {
			t.Errorf("%s = %v, %v", text, value, err)
		}
	}
}

// Lines of a block scalar count, and columns after a quantity are right.
func TestPlaces(t *testing.T) {
	tests := []struct {
		text            string
		line, col, wide int
	}{
		{"mem.memory.usage <= 150MiB && nothere", 10, 35, 7},
		{"150MiB < 1GiB && 10% < 20% && nothere", 10, 35, 7},
		{"mem.memory.usage <= 150MiB\n  && nothere", 11, 10, 7},
		{"\"µµ\" == word && nothere", 10, 21, 7},
		{"5µs < 1s && nothere", 10, 17, 7},
	}
	for _, test := range tests {
		_, diag := Compile(written(test.text), sampleScope(), typeBool)
		if diag == nil || diag.Pos.Line != test.line || diag.Pos.Col != test.col || diag.Width != test.wide {
			t.Errorf("%q: %+v", test.text, diag)
		}
	}
}

func TestErrorHasAPlace(t *testing.T) {
	_, err := eval(t, "yes &&\n  limits.dsik == 1")
	var told *Error
	if !errors.As(err, &told) || told.Pos.Line != 11 || told.Pos.Col != 14 {
		t.Errorf("err = %#v", err)
	}
}

func TestProgramTellsWhatItReads(t *testing.T) {
	p, diag := Compile(written("mem.memory.usage <= params.limit && mem.memory.usage > 0 && any(procs, .pid == n)"), sampleScope(), typeBool)
	if diag != nil {
		t.Fatal(diag)
	}
	if want := []string{"mem", "params", "procs", "n"}; !slices.Equal(p.Names(), want) {
		t.Errorf("names %v", p.Names())
	}
	if want := []string{"mem.memory.usage", "params.limit", "procs", "n"}; !slices.Equal(p.Paths(), want) {
		t.Errorf("paths %v", p.Paths())
	}
	values := p.Values(context.Background(), sampleLookup())
	if len(values) != 4 || values[1].Value != "150 MiB (157286400)" || !values[1].Evaluated {
		t.Errorf("values %+v", values)
	}
}

// Of a claim that holds, what was worked out is shown before what was read.
func TestValuesShowWhatWasComputed(t *testing.T) {
	for text, want := range map[string]string{
		`len(split(run.stdout, "\n")) > 1`:                              `len(split(run.stdout, "\n")) = 3, run.stdout = "worker 7 got signal 9\n42\n"`,
		"max(map(procs, .rss)) - min(map(procs, .rss)) < 50MiB":         "max(map(procs, .rss)) - min(map(procs, .rss)) = 10 MiB (10485760), map(procs, .rss) = [10 MiB (10485760), 20 MiB (20971520)]",
		"all(procs, .rss < params.limit)":                               "map(procs, .rss) = [10 MiB (10485760), 20 MiB (20971520)], params.limit = 150 MiB (157286400)",
		"mem.memory.usage > 150MiB && procs[0].pid + 1 == 2 && n == 10": "procs[0].pid + 1 = 2, mem.memory.usage = 163.4 MiB (171302912), procs[0].pid = 1, n = 10",
	} {
		p, diag := Compile(written(text), sampleScope(), typeBool)
		if diag != nil {
			t.Fatal(diag)
		}
		var told []string
		for _, o := range p.Values(context.Background(), sampleLookup()) {
			told = append(told, o.Text+" = "+o.Value)
		}
		if got := strings.Join(told, ", "); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestWantedTypeIsHeld(t *testing.T) {
	tests := []struct {
		text, message string
		want          reflect.Type
	}{
		{"n", "a size is needed here, but this is a plain number", typeSize},
		{"5s", "a size is needed here, but this is a duration", typeSize},
		{"procs", "text is needed here, but this is a list of groups of fields", typeString},
		{"mem", "a list of texts is needed here, but this is a group of fields", reflect.TypeFor[[]string]()},
		{"params.limit", "a rate is needed here, but this is a size", reflect.TypeFor[unit.Rate]()},
		{"2.5", "a plain number is needed here, but this is a plain number", typeInt},
		{"mem", "a group of fields is needed here, but this is a group of fields", reflect.TypeFor[runResult]()},
	}
	for _, test := range tests {
		_, diag := Compile(written(test.text), sampleScope(), test.want)
		if diag == nil || diag.Message != test.message {
			t.Errorf("%s: %v", test.text, diag)
		}
	}
	p, diag := Compile(written("n * 100"), sampleScope(), reflect.TypeFor[int8]())
	if diag != nil {
		t.Fatal(diag)
	}
	if value, err := p.Eval(context.Background(), sampleLookup()); err == nil {
		t.Errorf("1000 as an int8 is %v", value)
	}
}

// One program, and many compilations, in many goroutines.
func TestConcurrentUse(t *testing.T) {
	scope, lookup := sampleScope(), sampleLookup()
	shared, diag := Compile(written("all(procs, .rss < 50MiB) && mem.memory.limit == 150MiB"), scope, typeBool)
	if diag != nil {
		t.Fatal(diag)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				text := holding[(i*50+j)%len(holding)]
				p, diag := Compile(written(text), scope.With(fmt.Sprint("own", i), typeInt), typeBool)
				if diag != nil {
					t.Error(diag)
					return
				}
				for _, program := range []*Program{p, shared} {
					if value, err := program.Eval(context.Background(), lookup); err != nil || value != true {
						t.Errorf("%s = %v, %v", text, value, err)
					}
				}
				shared.Explain(context.Background(), lookup)
			}
		})
	}
	wg.Wait()
}

func TestScope(t *testing.T) {
	scope := NewScope()
	var at [200]*Scope
	for i := range at {
		scope = scope.WithDoc(fmt.Sprint("n", i), typeInt, "the number")
		at[i] = scope
	}
	shadowed := scope.With("n0", typeString)
	for i, s := range at {
		if len(s.Names()) != i+1 {
			t.Fatalf("%d names after %d", len(s.Names()), i+1)
		}
		if _, ok := s.Lookup(fmt.Sprint("n", i+1)); ok {
			t.Errorf("n%d is known too early", i+1)
		}
		if typ, ok := s.Lookup("n0"); !ok || typ != typeInt {
			t.Errorf("n0 is %v after %d", typ, i+1)
		}
	}
	if typ, _ := shadowed.Lookup("n0"); typ != typeString || len(shadowed.Names()) != 200 {
		t.Errorf("n0 is %v", typ)
	}
	if scope.Doc("n7") != "the number" || scope.Doc("x") != "" {
		t.Error("the sentence is lost")
	}
}

// The parser's tree is not shared: compiling a text twice, or explaining between
// evaluations, changes nothing.
func TestCompilationsAreIndependent(t *testing.T) {
	scope, lookup := sampleScope(), sampleLookup()
	for _, text := range holding {
		p, _ := Compile(written(text), scope, typeBool)
		for range 2 {
			p.Explain(context.Background(), lookup)
			if value, err := p.Eval(context.Background(), lookup); value != true || err != nil {
				t.Errorf("%s = %v, %v", text, value, err)
			}
		}
	}
}

// Every accepted pair of operands is evaluated without an error of types, every
// refused one is refused at once: the table of the compiler and what evaluation
// does are the same.
func TestAlgebraAgrees(t *testing.T) {
	literals := map[kind]string{whole: "3", decimal: "2.5", text: `"a"`, size: "3MiB", cpus: "2cpus", ratio: "50%", rate: "2MiB/s", duration: "2s", moment: "when", boolean: "yes"}
	scope, lookup := sampleScope(), sampleLookup()
	for l, left := range literals {
		for r, right := range literals {
			for _, op := range []string{"+", "-", "*", "/", "%", "**", "<", "<=", "==", "!="} {
				expression := left + " " + op + " " + right
				p, diag := Compile(written(expression), scope, nil)
				k, ok := combined(op, l, r)
				if strings.ContainsAny(op, "<=!") {
					k, ok = boolean, ordered(l, r) || op != "<" && op != "<=" && l == r
				}
				if ok != (diag == nil) {
					t.Errorf("%s: accepted %v, %v", expression, diag == nil, diag)
					continue
				}
				if !ok {
					continue
				}
				value, err := p.Eval(context.Background(), lookup)
				if err != nil || valueType(value).kind != k {
					t.Errorf("%s = %#v, %v; want %s", expression, value, err, basic(k))
				}
			}
		}
	}
}

func TestLimits(t *testing.T) {
	long := "word == \"" + strings.Repeat("x", MaxBytes) + "\""
	deep := strings.Repeat("(", MaxBrackets) + "yes" + strings.Repeat(")", MaxBrackets)
	for text, want := range map[string]string{
		long: "too-large", deep: "", "(" + deep + ")": "too-large", strings.Repeat("yes && ", MaxNodes/2) + "yes": "too-large",
		strings.Repeat("!", MaxNodes-1) + "true": "", "any(many, any(many, any(many, true)))": "too-large", "": "bad-expression", "  \n ": "bad-expression", "// yes": "bad-expression",
	} {
		_, diag := Compile(written(text), sampleScope(), typeBool)
		if got := codeOf(diag); got != want {
			t.Errorf("%.40q…: %q, want %q", text, got, want)
		}
	}
}

func codeOf(diag *schema.Diagnostic) string {
	if diag == nil {
		return ""
	}
	return diag.Code
}

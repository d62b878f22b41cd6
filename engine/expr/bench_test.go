package expr

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"isolab/schema"
)

func BenchmarkCompile(b *testing.B) {
	scope := sampleScope()
	for _, text := range []string{
		"mem.memory.usage <= 150MiB",
		"run.exit_code == 137 && run.oom_killed",
		"within(mem.memory.usage, 100MiB, 10%)",
		"all(procs, .rss < 50MiB)",
	} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, diag := Compile(written(text), scope, typeBool); diag != nil {
					b.Fatal(diag)
				}
			}
		})
	}
}

// A scenario of 1000 steps: each declares a name, and has one claim.
func BenchmarkCompile1000Steps(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		scope := NewScope()
		for i := range 1000 {
			name := fmt.Sprintf("mem%d", i)
			scope = scope.With(name, reflect.TypeFor[cgroupInfo]())
			if _, diag := Compile(schema.Expr{Source: name + ".memory.usage <= 150MiB"}, scope, typeBool); diag != nil {
				b.Fatal(diag)
			}
		}
	}
}

func BenchmarkEval(b *testing.B) {
	lookup := sampleLookup()
	for _, text := range []string{
		"mem.memory.limit <= 150MiB",
		"run.exit_code == 137 && run.oom_killed",
		"within(mem.memory.limit, 150MiB, 10%)",
		"all(procs, .rss < 50MiB)",
		"all(many, # == 0)",
	} {
		p, diag := Compile(written(text), sampleScope(), typeBool)
		if diag != nil {
			b.Fatal(diag)
		}
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if v, err := p.Eval(context.Background(), lookup); err != nil || v != true {
					b.Fatal(v, err)
				}
			}
		})
	}
}

func BenchmarkExplain(b *testing.B) {
	lookup := sampleLookup()
	p, diag := Compile(written("mem.memory.usage <= params.limit"), sampleScope(), typeBool)
	if diag != nil {
		b.Fatal(diag)
	}
	for b.Loop() {
		if e := p.Explain(context.Background(), lookup); e.Difference == "" {
			b.Fatal(e)
		}
	}
}

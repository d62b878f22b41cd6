package expr

import (
	"context"
	"reflect"
	"testing"
	"time"

	"isolab/schema/unit"
)

// Claims that hold for the sample.
var holding = []string{
	// quantities
	"mem.memory.usage > 150MiB", "mem.memory.limit == 150MiB", "mem.memory.limit == 157286400B", "150MiB == 0.146484375GiB",
	"1kB == 1000B && 1KiB == 1024B", "mem.memory.swap == 0", "0 == mem.memory.swap", "mem.memory.swap == 0B",
	"mem.cpu.quota == 0.5cpu", "mem.cpu.quota < 2cpus", "mem.cpu.share > 60%", "mem.cpu.share < 0.63", "0.63 > mem.cpu.share",
	"1m30s == 90s", "250ms < 1s", "1h == 60m", "10us == 10µs", "1MiB/s == 1048576B/s", "1_000B == 1kB", ".5MiB == 512KiB",
	"10 % 3 == 1", "10%3 == 1", "n%3 == 1", "n % 3 == 1", "10% == 0.1", "10%==0.1", "(10%) < 1", "10% < 50% and 1 == 1", "10% + 5% == 15%", "0.1 * 3 == 0.3", "0.3 >= 0.1 * 3", "not (0.1 * 3 > 0.3)", "0.1 * 10 == 1",
	"bare.memory.limit == unlimited", "bare.memory.limit == none", "bare.cpu.quota == unlimited", "none != mem.cpu.quota", "none(procs, true) == false", "bare.memory.limit >= unlimited", "bare.memory.limit > 1TiB",
	"bare.cpu.quota > 64cpus", "not (bare.cpu.quota <= 0.5cpu)", "mem.cpu.quota < unlimited", "n < unlimited", "n != none", "exec.duration < unlimited",
	// algebra
	"100MiB + 50MiB == mem.memory.limit", "2 * 75MiB == mem.memory.limit", "mem.memory.limit / 2 == 75MiB",
	"mem.memory.usage / mem.memory.limit > 1", "10% * 100MiB == 10MiB", "100MiB * 10% == 10MiB", "100MiB / 10% == 1000MiB", "10MiB / 2s == 5MiB/s",
	"5MiB/s * 2s == 10MiB", "2s * 5MiB/s == 10MiB", "10MiB / 5MiB/s == 2s", "0.5cpu * 4s == 2s", "2s / 0.5cpu == 4s", "1cpu / 2cpus == 50%",
	"mem.cpu.usage / 5s == 50%", "run.ended - run.started == 3s", "run.started + 3s == run.ended", "run.ended - 3s == run.started",
	"run.started < run.ended", "mem.memory.limit % 4096B == 0", "mem.memory.limit % 4KiB == 0B", "-5MiB < 0", "abs(5MiB - 10MiB) == 5MiB",
	"1MiB/s > 1000kB/s", "3 * 1cpu == 3cpu", "10s % 3s == 1s", "2 ** 10 == 1024", "10% * 10% == 1%", "1 / 50% == 2", "n * 2.5 == 25", "7 / 2 == 3.5",
	// numbers, text, logic
	"run.exit_code == 137 && run.oom_killed", "run.exit_code == 137 and not (run.exit_code == 0)", "!(1 > 2) or false", "1 < n < 11", "1 < 2 < 3 < 4",
	"1MiB < mem.memory.limit <= 150MiB", "state == \"running\"", "state in [\"running\", 'paused']", "state != \"exited\"", "procs[0].state == `S`",
	"procs[1].caps == 0xa80425fb", "procs[1].pid == 7", "procs[-1].pid == 7", "run.stdout contains \"signal 9\"", "run.stdout startsWith \"worker\"",
	"run.stdout matches \"worker [0-9]+ got signal 9\"", "not (run.stdout matches \"xyz\")", "run.stdout not contains \"xyz\"", "word + \"!\" == \"hello!\"",
	"word[1:3] == \"el\"", "word[:2] == \"he\"", "n > 5 ? true : false", "(n > 5 ? 5MiB : 1MiB) == 5MiB", "-n == -10", "+n == 10", "n == 10.0", "1e1 == n",
	"\"MiB 5MiB\" contains \"5MiB\" // 5Mib", "/* 5Mib */ true", "word endsWith 'lo'", "when == run.started", "1.5 < f && f < 3",
	// lists and maps
	"any(procs, .name == \"init\")", "all(procs, .rss < 50MiB)", "none(procs, {.rss > 1GiB})", "procs | filter(.pid > 1) | len() == 1", "find(procs, .pid == 7)?.name == \"worker\"",
	"find(procs, .pid == 99) == nil", "find(procs, .pid == 99)?.name == nil", "map(procs, .pid) == [1, 7]", "map(procs, #.pid)[0] == 1", "len(filter(procs, .rss >= 20MiB)) == 1",
	"sum(procs, .rss) == 30MiB", "sum(map(procs, .rss)) == 30MiB", "count(procs, .threads > 1) == 1", "count(procs) == 2", "one(procs, #index == 1)", "any(procs, any(.args, # == \"-c\"))",
	"7 in map(procs, .pid)", "\"stress\" in procs[1].args", "\"cpu\" in limits", "\"disk\" not in limits", "limits.memory == 150", "limits[\"cpu\"] == 50", "limits[who] == 150",
	"sizes.memory == 150MiB", "limits?.disk == nil", "(limits?.disk ?? 7) == 7", "5MiB in [1MiB, 5MiB]", "[1, 2] == [1, 2.0]", "[1MiB] != [2MiB]", "procs[:1][0].pid == 1", "len(procs[1:]) == 1",
	"max(1, 2, 3) == 3", "min([3MiB, 2MiB]) == 2MiB", "max(map(procs, .rss)) == 20MiB", "len(many) == 10000", "all(many, # == 0)", "exec.duration == 1500ms", "exec.code == 0",
	// series
	"mean(load) == 50%", "max(load) == 80%", "p95(load) == 80%", "max(memory) == 120MiB", "first(memory) == 40MiB", "last(memory) == 120MiB", "delta(memory) == 80MiB",
	"rate(memory) == 40MiB/s", "rate(cputime) == 0.5cpu", "count(memory) == 3", "len(memory) == 3", "all(memory, # > 10MiB)", "memory[0] == 40MiB", "sum(cputime) == 1500ms", "within(mean(load), 50%, 1%)",
	"count(empty) == 0", "sum(empty) == 0", "map(memory, # / 1MiB)[0] == 40",
	// what may be missing
	"mem.memory.peak == 171302912B", "mem.memory.peak != nil", "bare.memory.peak == nil", "(bare.memory.peak ?? 5MiB) == 5MiB", "(bare.memory.peak ?? 0) == 0", "mem.io == nil", "mem.io?.read == nil",
	"(mem.io?.read ?? 1MiB/s) == 1MiB/s", "bare.memory.peak == nil || bare.memory.peak < 5MiB",
	// dynamic
	"dynamic.a == 1", "dynamic.b[1] == \"x\"", "whatever == \"anything\"", "dynamic.a + 1 == 2", "dynamic[\"a\"] < 2",
	// functions
	"within(103MiB, 100MiB, 10%)", "within(103MiB, 100MiB, 5MiB)", "not within(113MiB, 100MiB, 10%)", "within(f, 2.4, 0.2)", "size(\"64k\") == 64KiB", "duration(\"90s\") == 1m30s",
	"int(\"42\") == 42", "int(mem.memory.limit) % 4096 == 0", "int(trim(split(run.stdout, \"\\n\")[1])) == 42", "round(2.5) == 3", "float(\"2.5\") == f", "string(150MiB) == \"150MiB\"", "string(10%) == \"10%\"",
	"upper(\"a\") == \"A\"", "lower(\"A\") == 'a'", "keys(limits) == [\"cpu\", \"memory\"]", "all(values(limits), # > 10)", "size(157286400) == 150MiB", "size(n) == 10B", "len(\"µ\") == 1",
}

func TestHolding(t *testing.T) {
	scope, lookup := sampleScope(), sampleLookup()
	for _, text := range holding {
		p, diag := Compile(written(text), scope, typeBool)
		if diag != nil {
			t.Errorf("%s: %s (%s)", text, diag.Error(), diag.Hint)
			continue
		}
		value, err := p.Eval(context.Background(), lookup)
		if err != nil || value != true {
			t.Errorf("%s = %v, %v\n%s", text, value, err, p.Explain(context.Background(), lookup))
		}
		explained := p.Explain(context.Background(), lookup)
		if explained.Err != nil || len(explained.Operands) == 0 || explained.Operands[0].Value != "true" {
			t.Errorf("%s: the explanation differs: %v\n%s", text, explained.Err, explained)
		}
	}
}

func TestFunctionExamples(t *testing.T) {
	for _, doc := range Functions() {
		if doc.Doc == "" || doc.Signature == "" {
			t.Errorf("%s is not documented", doc.Name)
		}
		if value, err := eval(t, doc.Example); err != nil || value != true {
			t.Errorf("%s: %s = %v, %v", doc.Name, doc.Example, value, err)
		}
	}
}

func TestResultTypes(t *testing.T) {
	tests := []struct {
		text string
		want any // nil: any type; else an example of the wanted type
		get  any
	}{
		{"mem.memory.usage", nil, unit.Size(171302912)},
		{"mem.memory.peak", nil, unit.Size(171302912)},
		{"bare.memory.peak", nil, nil},
		{"procs[0].pid", nil, 1},
		{"state", nil, "running"},
		{"map(procs, .pid)", nil, []int{1, 7}},
		{"filter(procs, .pid == 1)", nil, []process{sample()["procs"].([]process)[0]}},
		{"split(\"a b\", \" \")", nil, []string{"a", "b"}},
		{"[1, 2.5]", nil, []float64{1, 2.5}},
		{"params.limit", unit.Size(0), 150 * unit.MiB},
		{"0", unit.Size(0), unit.Size(0)},
		{"params.limit", "", "150MiB"},
		{"n", "", "10"},
		{"n", int64(0), int64(10)},
		{"n", uint8(0), uint8(10)},
		{"n", float64(0), float64(10)},
		{"f", unit.CPUs(0), unit.CPUs(2.5)},
		{"n", unit.CPUs(0), unit.CPUs(10)},
		{"word", state(""), state("hello")},
		{"map(procs, .name)", []string{}, []string{"init", "worker"}},
		{"params.limit", size64(0), size64(150 * unit.MiB)},
		{"1s + 1s", time.Duration(0), 2 * time.Second},
		{"whatever", "", "anything"},
		{"word", []string{}, []string{"hello"}},
		{"params.limit", []string{}, []string{"150MiB"}},
		{"when", "", "2026-01-02T03:04:05Z"},
	}
	for _, test := range tests {
		p, diag := Compile(written(test.text), sampleScope(), reflect.TypeOf(test.want))
		if diag != nil {
			t.Errorf("%s: %s (%s)", test.text, diag.Error(), diag.Hint)
			continue
		}
		got, err := p.Eval(context.Background(), sampleLookup())
		if err != nil || !reflect.DeepEqual(got, test.get) {
			t.Errorf("%s = %#v, %v; want %#v", test.text, got, err, test.get)
		}
		if got != nil && p.Type() != reflect.TypeOf(got) && p.Type() != typeAny {
			t.Errorf("%s: Type is %v, the value is a %T", test.text, p.Type(), got)
		}
	}
}

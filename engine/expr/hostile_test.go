package expr

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// hostile are expressions that mean harm: to the parser's stack, to time and to
// memory. The names are those of the sample: many has 10,000 items, long is 1 MiB.
func hostile() []string {
	chain := func(part, by string, n int) string { return strings.TrimSuffix(strings.Repeat(part+by, n), by) }
	return []string{
		// the parser's stack
		strings.Repeat("(", 400_000), strings.Repeat("[", 1000), strings.Repeat("{", 1000), strings.Repeat("(", 21) + "1" + strings.Repeat(")", 21),
		strings.Repeat("!", 1000) + "yes", strings.Repeat("not ", 250) + "yes", strings.Repeat("-", 1000) + "1", chain("n", "**", 300), chain("n", "?n:", 200), chain("yes", " && ", 140),
		chain("n", "<", 300), chain("n", " in ", 200), "n" + strings.Repeat(".a", 400), "n" + strings.Repeat("?.a", 250), "dynamic" + strings.Repeat("[0]", 300), strings.Repeat("len(", 200), strings.Repeat("any(many,", 100),
		strings.Repeat("a?", 400), strings.Repeat("if yes {", 100), strings.Repeat("let a=", 150), strings.Repeat("::len(", 150), strings.Repeat("|len()", 150), chain("yes", "??", 300),
		// time
		"count(many, count(many, true) > 0) > 0", "any(many, any(many, # > 5))", "all(many, all(many, # == 0))", "all(many, count(many, # == 1) == 0)", "count(many, count(many, count(many, true) > 0) > 0) > 0",
		"sum(many, sum(many, #)) > 0", "all(many, none(many, long contains \"zz\"))", "none(many, long contains \"zz\")", "none(many, long == long + \"a\")", "none(many, long matches \"a+b\")",
		"long matches \"(a?){30}a{30}\"", "long matches \"(.*)(.*)(.*)(.*)x\"", "none(many, long matches \"^(\\\\x00|\\\\x00)*$z\")", "long matches \"((a{30}){30})\"", "word matches \"" + strings.Repeat("(a|b)*", 80) + "\"",
		"long matches \"[\\\\pL\\\\pN]{1000}\"", "none(many, \"x\" in split(word, \"\"))", "none(many, [1,2] == many)", "none(many, 5 in many)", "none(many, many != many)", "none(many, len(long) == 5)", "none(many, upper(long) == \"a\")",
		"none(many, string(#) + lower(long) == \"a\")", "none(many, mean(many) > 5 or max(many) > 5 or p95(many) > 5)", "none(many, none(map(many, # + 1), # < 0))",
		// memory
		"len(map(many, map(many, #))) > 0", "len(map(many, upper(long))) > 0", "len(map(many, long[1:])) > 0", "len(map(many, split(long, \"\"))) > 0", "len(split(long, \"\")) > 0", "long + long == long",
		"len(map(many, \"" + strings.Repeat("x", 500) + "\" + string(#))) == 1", "len(map(many, map(procs, many))) > 0", "len(filter(map(many, many), len(filter(many, true)) > 0)) == 1",
		"\"" + strings.Repeat("x", 2000) + "\" == word", "reduce(many, #acc + \"x\", \"\")", "repeat(\"x\", 1000000000)", "1..1000000000 == []", "len(1..n) > 0", "flatten(many)", "join(many)", "toJSON(many)", "fromBase64(long)", "groupBy(many, #)",
		"2**1000 > 1", "9223372036854775807 * 2 > 1", "9999999TiB > 1MiB", "-9223372036854775808 / -1 > 1", "5 % 0 == 1", "n % (n - 10) == 1", "1e308 * 10 > 1", "0.0 / 0.0 == 1", "first([]) == 1", "[][0] == 1",
		// the machinery behind
		"$env", "$env == nil", "$path(1,2)", "$note(1,2,3)", "fn:len(1)", "#", "#acc", "mem.String()", "when.Add(5s) > when", "load.Floats() == []", "procs[0][\"Name\"] == \"x\"", "mem[\"secret\"] == 1", "get(mem, \"path\") == \"\"", "type(mem) == \"\"",
		"\x00", "\xff\xfe", "\"\\xff\" == word", "'\\u{110000}' == word", "\u202eword == word", "word == \"\u2028\"", "🙂 == 1", "n\n==\n\n1 // \n", "/* ", "`", "''' == word", "5MiB5MiB == 1", "1_0_0_MiB == 1", "1e5MiB > 1", "0b12 == 1", "1..MiB",
	}
}

func TestHostile(t *testing.T) {
	scope, lookup := sampleScope(), sampleLookup()
	list := hostile()
	if len(list) < 60 {
		t.Fatalf("only %d expressions", len(list))
	}
	ctx := context.Background
	if testing.Short() {
		ctx = func() context.Context {
			short, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			t.Cleanup(cancel)
			return short
		}
	}
	peak, stop := watchHeap()
	slowest, which := time.Duration(0), ""
	for _, text := range list {
		started := time.Now()
		p, diag := Compile(written(text), scope, typeBool)
		if diag == nil {
			_, err := p.Eval(ctx(), lookup)
			if !errors.Is(err, ErrBudget) {
				p.Explain(ctx(), lookup)
			}
			var told *Error
			if err != nil && !errors.As(err, &told) {
				t.Errorf("%.60q: %v is no *Error", text, err)
			}
			if err != nil && (strings.Contains(err.Error(), "reflect") || strings.Contains(err.Error(), "interface")) {
				t.Errorf("%.60q: %v speaks of Go", text, err)
			}
		} else if diag.Message == "" || diag.Pos.Line == 0 {
			t.Errorf("%.60q: %+v", text, diag)
		}
		if took := time.Since(started); took > slowest {
			slowest, which = took, text
		}
	}
	close(stop)
	t.Logf("%d expressions; slowest %v: %.60q; largest heap %d MiB", len(list), slowest, which, peak.Load()>>20)
	if slowest > 5*MaxTime { // 1.01 s alone; the machine may be busy
		t.Errorf("%.60q took %v", which, slowest)
	}
	if peak.Load() > 256<<20 {
		t.Errorf("the heap grew to %d MiB", peak.Load()>>20)
	}
}

// watchHeap follows the largest heap until stop is closed.
func watchHeap() (peak *atomic.Uint64, stop chan struct{}) {
	peak, stop = &atomic.Uint64{}, make(chan struct{})
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), m.HeapAlloc))
			}
		}
	}()
	return peak, stop
}

// An evaluation ends with its context.
func TestContextEndsEvaluation(t *testing.T) {
	p, diag := Compile(written("all(many, all(many, # == 0))"), sampleScope(), typeBool)
	if diag != nil {
		t.Fatal(diag)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := p.Eval(ctx, sampleLookup()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v", err)
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Eval(done, sampleLookup()); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if _, err := p.Eval(context.Background(), sampleLookup()); !errors.Is(err, ErrBudget) {
		t.Errorf("err = %v", err)
	}
}

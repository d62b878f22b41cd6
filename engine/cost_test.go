package engine

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"isolab/engine/event"
)

// A step costs what it costs, however many came before it: neither the memory that
// is allocated nor the log grows faster than the number of steps. An engine that
// compiled expressions at each evaluation, or told its history with each step, would.
func TestCostPerStepDoesNotGrow(t *testing.T) {
	cost := func(steps int) (allocated uint64, logged int) {
		b := newBench(t)
		body := "steps:\n" + strings.Repeat("  - {test.count: x, expect: ['result.n > 0']}\n", steps)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if summary := b.play(body); summary.Outcome != event.Passed || b.count != steps {
			t.Fatalf("%s after %d steps: %s", summary.Outcome, b.count, summary.Reason)
		}
		runtime.ReadMemStats(&after)
		for _, e := range b.events {
			text, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			logged += len(text)
		}
		return after.TotalAlloc - before.TotalAlloc, logged
	}
	cost(10) // what is done once for all is done
	few, short := cost(100)
	many, long := cost(800)
	if many > 10*few || long > 9*short {
		t.Errorf("8 times the steps allocate %.1f times the memory, and log %.1f times the bytes", float64(many)/float64(few), float64(long)/float64(short))
	}
}

// However often a step is repeated, its expressions were compiled before it began.
func TestRepeatingCompilesNothing(t *testing.T) {
	allocated := func(rounds string) uint64 {
		b := newBench(t)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		b.play("steps: [{test.count: x, eventually: {within: 1000s, every: 1s}, expect: ['result.n >= " + rounds + "']}]")
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	allocated("2")
	once, often := allocated("1"), allocated("501")
	const compiling = 5_000 // bytes: what the smallest expression takes at least
	if perRound := (often - once) / 500; perRound > compiling {
		t.Errorf("a round allocates %d bytes", perRound)
	}
}

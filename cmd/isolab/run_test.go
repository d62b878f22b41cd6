package main

import (
	"sync"
	"testing"
	"time"
)

func compiled(t *testing.T, names ...string) []program {
	t.Helper()
	sources, err := selection{names: names}.load()
	if err != nil {
		t.Fatal(err)
	}
	programs, err := compileAll(sources, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	return programs
}

func TestEach_sideBySide(t *testing.T) {
	var both sync.WaitGroup
	both.Add(2)
	each(compiled(t, "memory-limit", "fork-bomb"), 2, func(int, program) {
		both.Done()
		both.Wait() // for ever, unless the other comes
	})
}

func TestEach_aloneWhatChangesTheMachine(t *testing.T) {
	programs := compiled(t, "memory-limit", "swap", "fork-bomb")
	var m sync.Mutex
	running, ran := map[string]bool{}, 0
	each(programs, len(programs), func(_ int, p program) {
		m.Lock()
		running[p.Name()] = true
		ran++
		if running["swap"] && len(running) > 1 {
			t.Errorf("side by side: %v", running)
		}
		m.Unlock()
		time.Sleep(20 * time.Millisecond) // for others to come, who must not
		m.Lock()
		delete(running, p.Name())
		m.Unlock()
	})
	if ran != len(programs) {
		t.Errorf("%d of %d ran", ran, len(programs))
	}
}

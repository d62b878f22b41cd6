package target

import (
	"slices"
	"testing"

	"isolab/actions/kernel/proc"
)

func TestNarrow(t *testing.T) {
	init := proc.Summary{PID: 1, Command: "docker-init", CommandLine: []string{"docker-init", "--", "sleep", "60"}}
	sleep := proc.Summary{PID: 7, Command: "sleep", CommandLine: []string{"sleep", "60"}}
	for name, want := range map[string][]int{"sleep": {7}, "60": {1, 7}} {
		var got []int
		for _, p := range (Selection{Command: name}).narrow([]proc.Summary{init, sleep}) {
			got = append(got, p.PID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

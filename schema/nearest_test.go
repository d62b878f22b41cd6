package schema

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	for name, want := range map[string]string{
		"memroy": "memory", "Memory": "memory", "read-only": "read_only", "eatmem": "eatmemory", "stre": "stress",
		"eat": "", "even": "", "disk": "", "x": "",
	} {
		if near := Nearest(name, strings.Fields("memory read_only eatmemory stress evenly eventually disk.free")); near != want {
			t.Errorf("%s: nearest is %q, want %q", name, near, want)
		}
	}
}

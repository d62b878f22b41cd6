package machine

import (
	"testing"

	"isolab/actions/runtime"
	"isolab/schema"
)

// A kernel will do from the release on that is asked for, to its third number.
func TestRequiresKernel(t *testing.T) {
	for _, test := range []struct {
		have, want string
		enough     bool
	}{
		{"6.1.0-18-amd64", "6.1", true},
		{"6.1.0-18-amd64", "6.1.0", true},
		{"6.1.0-18-amd64", "6.1.18", false},
		{"6.1.19-amd64", "6.1.18", true},
		{"5.15.167.4-microsoft-standard-WSL2", "5.15.168", false},
		{"5.4.0", "5.14", false},
		{"5.14.0", "5.4.99", true},
		{"6.0.0", "5.14.3", true},
		{"5.19.17", "6", false},
		{"6.10-rc1", "6.10.1", false},
	} {
		facts := &Facts{Kernel: test.have}
		lacks := facts.Lacks(t.Context(), schema.Requires{Kernel: test.want}, runtime.Info{})
		if (len(lacks) == 0) != test.enough {
			t.Errorf("Linux %s where %s is needed: %v", test.have, test.want, lacks)
		}
	}
}

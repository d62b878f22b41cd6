//go:build linux

package embedded

import (
	"strings"
	"testing"

	"isolab/actions/runtime"
)

func TestIsName(t *testing.T) {
	for text, want := range map[string]bool{"a": true, "run-1.x_y": true, "0": true, strings.Repeat("a", 128): true,
		"": false, ".": false, "..": false, "-a": false, "A": false, "a/b": false, "a\n": false, "ä": false, strings.Repeat("a", 129): false} {
		if got := isName(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func FuzzIsName(f *testing.F) {
	f.Add("../x")
	f.Fuzz(func(t *testing.T, text string) {
		if isName(text) && (strings.ContainsAny(text, "/\x00") || text == "." || text == "..") {
			t.Errorf("%q", text)
		}
	})
}

// Docker's rules, see docker run --cap-add and --cap-drop.
func TestAllowedCapabilities(t *testing.T) {
	const all uint64 = 1<<41 - 1
	for _, test := range []struct {
		what      string
		security  runtime.Security
		bounding  uint64
		want      uint64
		unhappily string
	}{
		{what: "default", bounding: all, want: dockerCapabilities},
		{what: "drop one", security: runtime.Security{CapDrop: []string{"CHOWN"}}, bounding: all, want: dockerCapabilities &^ 1},
		{what: "any spelling", security: runtime.Security{CapDrop: []string{"cap_chown", "Kill"}}, bounding: all, want: dockerCapabilities &^ (1 | 1<<5)},
		{what: "drop all", security: runtime.Security{CapDrop: []string{"ALL"}}, bounding: all, want: 0},
		{what: "drop all add one", security: runtime.Security{CapDrop: []string{"all"}, CapAdd: []string{"NET_BIND_SERVICE"}}, bounding: all, want: 1 << 10},
		{what: "add all", security: runtime.Security{CapAdd: []string{"ALL"}}, bounding: all, want: all},
		{what: "add all but one", security: runtime.Security{CapAdd: []string{"ALL"}, CapDrop: []string{"SYS_ADMIN"}}, bounding: all, want: all &^ (1 << 21)},
		{what: "privileged", security: runtime.Security{Privileged: true}, bounding: all &^ 2, want: all &^ 2},
		{what: "what isolab lacks", security: runtime.Security{CapAdd: []string{"SYS_RESOURCE"}}, bounding: all &^ (1 << 24), unhappily: "CAP_SYS_RESOURCE: not supported"},
		{what: "misspelt", security: runtime.Security{CapAdd: []string{"SYS_ADMN"}}, bounding: all, unhappily: `unknown capability "SYS_ADMN"`},
	} {
		got, err := allowedCapabilities(test.security, test.bounding)
		if test.unhappily != "" {
			if err == nil || !strings.Contains(err.Error(), test.unhappily) {
				t.Errorf("%s: %v", test.what, err)
			}
			continue
		}
		if err != nil || got != test.want {
			t.Errorf("%s: %#x, %v; want %#x", test.what, got, err, test.want)
		}
	}
}

func TestStopSignal(t *testing.T) {
	for text, want := range map[string]int{"": 15, "TERM": 15, "SIGINT": 2, "hup": 1, "9": 9} {
		if got, err := stopSignal(text); err != nil || int(got) != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"NONSENSE", "0", "99", "-1"} {
		if got, err := stopSignal(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestHierarchyOptions(t *testing.T) {
	for all, want := range map[string]string{"rw,cpu,cpuacct": "cpu,cpuacct", "rw,xattr,name=systemd": "none,name=systemd", "rw,memory": "memory",
		"rw,net_cls,net_prio,release_agent=/x": "net_cls,net_prio", "rw,cpuset,noprefix": "cpuset"} {
		if got := hierarchyOptions(all); got != want {
			t.Errorf("%q: %q, want %q", all, got, want)
		}
	}
}

func TestEnvironment_lastOfANameWins(t *testing.T) {
	got := strings.Join(environment([]string{"PATH=/bin", "A=image"}, []string{"A=asked", "HOSTNAME=x"}, "host"), " ")
	if want := "PATH=/bin A=asked HOSTNAME=x"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

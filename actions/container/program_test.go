package container

import (
	"strings"
	"testing"

	"isolab/actions/target"
	"isolab/schema"
	"isolab/schema/unit"
)

// one is the declaration of one container, c.
type one schema.Container

func (o one) Container(name string) (schema.Container, bool) { return schema.Container(o), name == "c" }
func (o one) Names() []string                                { return []string{"c"} }

// A limit that every runtime refuses is found before the run; the kernel takes it for a
// cgroup of one's own.
func TestCheckCommand_leastMemory(t *testing.T) {
	for size, refused := range map[unit.Size]bool{unit.KiB: true, 6 * unit.MiB: false, 0: false, unit.Unlimited: false} {
		err := checkCommand(one{Limits: schema.Limits{Memory: &size}}, "c", nil)
		if (err != nil) != refused || refused && !strings.Contains(err.Error(), "the least is 6 MiB") {
			t.Errorf("%s: %v", size, err)
		}
	}
}

func TestCheckProgram(t *testing.T) {
	builtin := schema.Image{Ref: target.Workload}
	for _, test := range []struct {
		name    string
		c       schema.Container
		command []string
		says    string
	}{
		{"known", schema.Container{Image: builtin}, []string{"eatmemory", "1MiB"}, ""},
		{"misspelt", schema.Container{Image: builtin}, []string{"slep", "10"}, `did you mean "sleep"?`},
		{"unknown", schema.Container{Image: builtin}, []string{"postgresql"}, "isolab workload"},
		{"an expression", schema.Container{Image: builtin}, []string{"", "10"}, ""},
		{"a path", schema.Container{Image: builtin}, []string{"/volume/slep"}, ""},
		{"another search path", schema.Container{Image: builtin, Env: map[string]string{"PATH": "/x"}}, []string{"slep"}, ""},
		{"another image", schema.Container{Image: schema.Image{Ref: "debian"}}, []string{"slep"}, ""},
		{"none", schema.Container{Image: builtin}, nil, ""},
	} {
		err := checkProgram(test.c, test.command)
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", test.name, err, test.says)
		}
	}
}

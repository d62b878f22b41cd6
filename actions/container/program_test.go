package container

import (
	"errors"
	"strings"
	"testing"

	"isolab/actions"
	"isolab/actions/target"
	"isolab/schema"
	"isolab/schema/unit"
)

// one is the declaration of one container, c.
type one schema.Container

func (o one) Container(name string) (schema.Container, bool) { return schema.Container(o), name == "c" }
func (o one) Names() []string                                { return []string{"c"} }
func (o one) Made(string) bool                               { return false }

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

// told is a mistake with its hint.
func told(err error) string {
	var mistake *actions.Mistake
	if errors.As(err, &mistake) {
		return mistake.Message + "; " + mistake.Hint
	}
	return err.Error()
}

func TestCheckCommand_stopSignal(t *testing.T) {
	for word, refused := range map[string]bool{"SIGTREM": true, "TERM": false, "SIGINT": false, "34": false, "": false} {
		err := checkCommand(one{StopSignal: word}, "c", nil)
		var mistake *actions.Mistake
		if errors.As(err, &mistake) != refused || refused && (mistake.Container != "c" || mistake.Path[0] != "stop_signal") {
			t.Errorf("%q: %v", word, err)
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
		{"the words in one", schema.Container{Image: builtin}, []string{"eatmemory - 32MiB"}, "[eatmemory, 32MiB]"},
		{"the beginning", schema.Container{Image: builtin}, []string{"eatmem", "1MiB"}, `did you mean "eatmemory"?`},
		{"none", schema.Container{Image: builtin}, nil, ""},
	} {
		err := checkProgram(test.c, test.command, "")
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(told(err), test.says) {
			t.Errorf("%s: %v, want %q", test.name, err, test.says)
		}
	}
}

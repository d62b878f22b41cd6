package main

import (
	"path/filepath"
	"strings"
	"testing"

	"isolab/actions/actionstest"
	"isolab/schema"
	"isolab/schema/testenv"
)

// The command that makes a cgroup names it as those that use it do; where a container
// will be nobody knows.
func TestLocate_whatIsNotThereYet(t *testing.T) {
	testenv.Need(t, testenv.Linux, testenv.Cgroup1) // a mount for each controller
	env := actionstest.New(t, actionstest.NewRuntime(), map[string]schema.Container{"box": {}})
	for controller, above := range map[string]string{"memory": "memory", "*": "*"} {
		dir, _, ok := locate(t.Context(), &env.Env, "lab", controller)
		want := filepath.Join(above, env.Run.Cgroup, "lab")
		if !ok || !filepath.IsAbs(dir) || !strings.HasSuffix(dir, want) {
			t.Errorf("%s: %q, %v; want …/%s", controller, dir, ok, want)
		}
	}
	for _, name := range []string{"box", ""} {
		if dir, _, ok := locate(t.Context(), &env.Env, name, "memory"); ok {
			t.Errorf("%q is at %q", name, dir)
		}
	}
}

package image_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"isolab/actions"
	"isolab/actions/actionstest"
	"isolab/actions/image"
	"isolab/actions/runtime"
)

func TestActions_keepTheRules(t *testing.T) { actionstest.Rules(t, "image", image.Actions()) }

func run(t *testing.T, env *actionstest.Env, action actions.Action, params any) (image.Result, error) {
	t.Helper()
	result, err := action.Run(context.Background(), &env.Env, params)
	return result.(image.Result), err
}

func TestPull_journalsWhatItFetches(t *testing.T) {
	rt := actionstest.NewRuntime()
	env := actionstest.New(t, rt, nil)
	result, err := run(t, env, image.Pull, image.PullParams{Image: "alpine:3"})
	if err != nil || result.Present || result.Ref != "alpine:3" {
		t.Fatalf("got %+v, %v", result, err)
	}
	if want := []string{"image alpine:3"}; !slices.Equal(env.Ledger.List(), want) {
		t.Errorf("the journal holds %q, want %q", env.Ledger.List(), want)
	}
	if id := env.Ledger.Attrs("image", "alpine:3")["id"]; id != result.ID || id == "" {
		t.Errorf("the journal holds id %q of %q", id, result.ID)
	}
}

func TestRemovers_goByTheID(t *testing.T) {
	rt := actionstest.NewRuntime()
	rt.Store.Used = map[string]bool{"w:1": true}
	remove := image.Removers(func(context.Context, string) (runtime.Runtime, error) { return rt, nil })["image"]
	if err := remove(context.Background(), "a:1", map[string]string{"id": "sha256:1"}); err != nil || !slices.Contains(rt.Store.Calls, "remove a:1 sha256:1") {
		t.Errorf("%v, calls %q", err, rt.Store.Calls)
	}
	if err := remove(context.Background(), "w:1", nil); !errors.Is(err, runtime.ErrConflict) {
		t.Errorf("an image in use: %v", err)
	}
	if err := remove(context.Background(), "w:1", map[string]string{"common": "true"}); err != nil {
		t.Errorf("the built-in image, used by another isolab: %v", err)
	}
}

func TestPull_leavesWhatIsThere(t *testing.T) {
	rt := actionstest.NewRuntime()
	rt.Store.Have["alpine:3"] = true
	env := actionstest.New(t, rt, nil)
	result, err := run(t, env, image.Pull, image.PullParams{Image: "alpine:3"})
	if err != nil || !result.Present || len(env.Ledger.List()) != 0 || slices.Contains(rt.Store.Calls, "pull alpine:3") {
		t.Errorf("got %+v, %v, journal %q, calls %q", result, err, env.Ledger.List(), rt.Store.Calls)
	}
}

func TestPull_keepsWhatIsToBeKept(t *testing.T) {
	env := actionstest.New(t, actionstest.NewRuntime(), nil)
	if _, err := run(t, env, image.Pull, image.PullParams{Image: "alpine:3", Keep: true}); err != nil || len(env.Ledger.List()) != 0 {
		t.Errorf("%v, journal %q", err, env.Ledger.List())
	}
}

func TestPull_needsItsPermission(t *testing.T) {
	rt := actionstest.NewRuntime()
	env := actionstest.New(t, rt, nil)
	env.Granted = []actions.Permission{}
	if _, err := run(t, env, image.Pull, image.PullParams{Image: "alpine:3"}); !errors.Is(err, actions.ErrDenied) {
		t.Errorf("got %v", err)
	}
	if len(rt.Store.Calls) != 0 {
		t.Errorf("the runtime was asked: %q", rt.Store.Calls)
	}
}

func TestBuild_onlyBesideTheScenario(t *testing.T) {
	env := actionstest.New(t, actionstest.NewRuntime(), nil)
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(env.Run.Source, "link")); err != nil {
		t.Skip(err)
	}
	for _, dir := range []string{"../up", "/etc", "link", "missing"} {
		if _, err := run(t, env, image.Build, image.BuildParams{Dir: dir}); err == nil {
			t.Errorf("%s was built", dir)
		}
	}
	if err := os.Mkdir(filepath.Join(env.Run.Source, "server"), 0o755); err != nil {
		t.Fatal(err)
	}
	result, err := run(t, env, image.Build, image.BuildParams{Dir: "server"})
	if err != nil || result.Ref != env.Run.Name("built") {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestBuild_saysHowTheBuilderGetsWorkload(t *testing.T) {
	rt := actionstest.NewRuntime()
	rt.Store.Unbuildable = errors.New("no such host")
	env := actionstest.New(t, rt, nil)
	dockerfile := filepath.Join(env.Run.Source, "Dockerfile")
	if err := os.WriteFile(dockerfile, []byte("# a page\nfrom workload AS base\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, env, image.Build, image.BuildParams{Dir: "."}); !errors.Is(err, rt.Store.Unbuildable) || !strings.Contains(err.Error(), "workload --save - | docker load") {
		t.Errorf("got %v", err)
	}
}

func TestBuild_takesNobodysTag(t *testing.T) {
	rt := actionstest.NewRuntime()
	rt.Store.Have["theirs"] = true
	env := actionstest.New(t, rt, nil)
	if _, err := run(t, env, image.Build, image.BuildParams{Dir: ".", Tag: "theirs"}); err == nil {
		t.Error("an image that is not of the run was replaced")
	}
}

func TestLoad_journalsWhatItBrings(t *testing.T) {
	rt := actionstest.NewRuntime()
	rt.Store.Have["old:1"] = true // the very image that the file has
	rt.Store.Holds = map[string][]runtime.Image{"four.tar": {
		{Ref: "old:1", ID: "sha256:old:1"}, {Ref: "new:1", ID: "sha256:2"}, {Ref: "sha256:3", ID: "sha256:3"}, {Ref: "late:1"}}}
	rt.Store.OnLoad = []string{"late:1"}
	env := actionstest.New(t, rt, nil)
	write(t, env, "four.tar")
	if _, err := run(t, env, image.Load, image.LoadParams{File: "four.tar"}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"image new:1", "image sha256:3", "image late:1"}; !slices.Equal(env.Ledger.List(), want) {
		t.Errorf("the journal holds %q, want %q", env.Ledger.List(), want)
	}
	for ref, want := range map[string]string{"new:1": "sha256:2", "sha256:3": "sha256:3", "late:1": "sha256:late:1"} {
		if id := env.Ledger.Attrs("image", ref)["id"]; id != want {
			t.Errorf("%s has the id %q, want %q", ref, id, want)
		}
	}
}

func TestLoad_takesNobodysTag(t *testing.T) {
	rt := actionstest.NewRuntime()
	rt.Store.Have["theirs:1"] = true
	rt.Store.Holds = map[string][]runtime.Image{"one.tar": {{Ref: "theirs:1", ID: "sha256:1"}}}
	env := actionstest.New(t, rt, nil)
	write(t, env, "one.tar")
	_, err := run(t, env, image.Load, image.LoadParams{File: "one.tar"})
	if err == nil || !strings.Contains(err.Error(), "theirs:1 is there already") || len(env.Ledger.List()) > 0 {
		t.Errorf("got %v, the journal holds %q", err, env.Ledger.List())
	}
	if slices.ContainsFunc(rt.Store.Calls, func(call string) bool { return strings.HasPrefix(call, "load") }) {
		t.Error("it was loaded all the same")
	}
}

func TestLoad_again(t *testing.T) {
	rt := actionstest.NewRuntime()
	rt.Store.Holds = map[string][]runtime.Image{"one.tar": {{Ref: "new:1", ID: "sha256:1"}}}
	rt.Store.OnLoad = []string{"new:1"}
	env := actionstest.New(t, rt, nil)
	write(t, env, "one.tar")
	for range 2 {
		if _, err := run(t, env, image.Load, image.LoadParams{File: "one.tar"}); err != nil {
			t.Fatal(err)
		}
	}
}

// write makes a file beside the scenario.
func write(t *testing.T, env *actionstest.Env, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(env.Run.Source, name), nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestShell(t *testing.T) {
	for _, test := range []struct {
		action actions.Action
		params any
		want   string
	}{
		{image.Pull, image.PullParams{Image: "alpine:3"}, "docker pull alpine:3"},
		{image.Build, image.BuildParams{Dir: "server", Tag: "s:1"}, "docker build --tag s:1 server"},
		{image.Load, image.LoadParams{File: "s.tar"}, "docker load --input s.tar"},
	} {
		if got := test.action.Shell(test.params, actionstest.View{}); !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s: %q, want %q", test.action.Name, got, test.want)
		}
	}
}

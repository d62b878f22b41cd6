package cgroup_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"isolab/actions"
	"isolab/actions/actionstest"
	"isolab/actions/cgroup"
	"isolab/actions/command"
	kernel "isolab/actions/kernel/cgroup"
	"isolab/actions/target"
	"isolab/actions/workload"
	"isolab/schema/testenv"
	"isolab/schema/unit"
)

// TestMain lets the test binary be what the isolab binary is: a workload, and the
// process that joins a group.
func TestMain(m *testing.M) {
	if code, handled := workload.Main(os.Args); handled {
		os.Exit(code)
	}
	if cgroup.Reexec() {
		return
	}
	os.Exit(m.Run())
}

func setup(t *testing.T) *actionstest.Env {
	t.Helper()
	testenv.Need(t, testenv.Root)
	env := actionstest.New(t, actionstest.NewRuntime(), nil)
	env.Cleanup(t, cgroup.Removers("/"), command.Removers())
	return env
}

func do[R, P any](t *testing.T, env *actionstest.Env, action actions.Action, params string) (R, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	result, err := action.Run(ctx, &env.Env, actionstest.Decode[P](t, params))
	return result.(R), err
}

func must[R, P any](t *testing.T, env *actionstest.Env, action actions.Action, params string) R {
	t.Helper()
	result, err := do[R, P](t, env, action, params)
	if err != nil {
		t.Fatalf("%s %s: %v", action.Name, params, err)
	}
	return result
}

func create(t *testing.T, env *actionstest.Env, params string) cgroup.CreateResult {
	t.Helper()
	return must[cgroup.CreateResult, cgroup.CreateParams](t, env, cgroup.Create, params)
}

// The lesson of the Linux level: a group for a user, who owns which file, the
// default limit, another one written and read back.
func TestLinuxLevel(t *testing.T) {
	env := setup(t)
	made := create(t, env, `{name: small, owner: "65534"}`)
	if made.UID != 65534 || made.Name != env.Run.Cgroup+"/small" {
		t.Errorf("made %+v", made)
	}
	files := must[cgroup.ListResult, cgroup.ListParams](t, env, cgroup.List, `{cgroup: small, controller: memory}`)
	if files.UID != 65534 || files.Count < 5 || !slices.Equal(files.Users, []string{files.User}) {
		t.Errorf("files %+v", files)
	}
	limit := must[cgroup.FileResult, cgroup.FileParams](t, env, cgroup.ReadFile, `{cgroup: small, file: memory.max|memory.limit_in_bytes}`)
	if !limit.Size.IsUnlimited() {
		t.Errorf("the limit of a new group is %v", limit.Size)
	}
	set := must[cgroup.ReadResult, cgroup.SetParams](t, env, cgroup.Set, `{cgroup: small, limits: {memory: 10MiB}}`)
	if set.Memory.Limit != 10*unit.MiB || set.Origins()["memory.limit"] == "" {
		t.Errorf("set %+v", set.Memory)
	}
	limit = must[cgroup.FileResult, cgroup.FileParams](t, env, cgroup.ReadFile, `{cgroup: small, file: memory.max|memory.limit_in_bytes}`)
	if limit.Value != 10485760 || limit.Origins()["value"] != limit.Path {
		t.Errorf("limit %+v", limit)
	}
}

// The run's own group may be there before, without the cap: embedded containers are
// in it too.
func TestCreate_capsTheRun(t *testing.T) {
	env := setup(t)
	host, err := target.Host(&env.Env)
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Supports(kernel.FeaturePids); err != nil {
		t.Skip(err)
	}
	env.Ledger.Intend("cgroup", env.Run.Cgroup, nil)
	group, err := host.Create(env.Run.Cgroup, kernel.Options{})
	if err != nil {
		t.Fatal(err)
	}
	create(t, env, `{name: small}`)
	if reading, err := group.Read(t.Context()); err != nil || reading.Pids.Limit != 4096 {
		t.Errorf("the run may have %d processes (%v)", reading.Pids.Limit, err)
	}
}

// 100 MiB fit outside the group, not inside it.
func TestRun_asAUserInsideALimit(t *testing.T) {
	env := setup(t)
	create(t, env, `{name: wide}`)
	create(t, env, `{name: small, owner: "65534", limits: {memory: 10MiB, swap: 0}}`)
	outside := must[cgroup.RunResult, cgroup.RunParams](t, env, cgroup.Run, `{cgroup: wide, user: "65534", command: [memhog, 100MiB]}`)
	if outside.ExitCode != 0 || outside.OOMKilled || cgroup.Run.FailsOn(outside) != nil {
		t.Errorf("outside: %+v", outside)
	}
	inside := must[cgroup.RunResult, cgroup.RunParams](t, env, cgroup.Run, `{cgroup: small, user: "65534", command: [memhog, 100MiB]}`)
	if inside.SignalName != "SIGKILL" || !inside.OOMKilled || inside.Failures == 0 && inside.Missing["failures"] == "" || inside.OOMKills != 1 || inside.ExitCode != 137 {
		t.Errorf("inside: %+v", inside)
	}
	if inside.MemoryPeak > 11*unit.MiB || inside.MemoryPeak == 0 || inside.Origins()["oom_kills"] == "" {
		t.Errorf("peak %v, origins %q", inside.MemoryPeak, inside.Origins())
	}
	if cgroup.Run.FailsOn(inside) == nil {
		t.Error("a killed command does not fail its step")
	}
}

func TestRun_programsNeedAPermission(t *testing.T) {
	env := setup(t)
	create(t, env, `{name: any}`)
	env.Granted = []actions.Permission{}
	for _, command := range []string{"[id, -u]", "[sh, -c, id]", "[stress, --hdd, '1']", "[stress, -d, '1']"} {
		_, err := do[cgroup.RunResult, cgroup.RunParams](t, env, cgroup.Run, `{cgroup: any, command: `+command+`}`)
		if !errors.Is(err, actions.ErrDenied) {
			t.Errorf("%s: got %v", command, err)
		}
	}
	env.Granted = nil
	id := must[cgroup.RunResult, cgroup.RunParams](t, env, cgroup.Run, `{cgroup: any, user: "65534:1", env: {A: b}, stdin: hello, command: [sh, -c, 'id -u; id -G; cat; echo $A; cat /proc/self/cgroup /proc/self/oom_score_adj']}`)
	if !strings.HasPrefix(id.Stdout, "65534\n1\nhellob\n") || !strings.HasSuffix(id.Stdout, "\n500\n") || !strings.Contains(id.Stdout, "memory:/"+env.Run.Cgroup+"/any\n") {
		t.Errorf("got %+v", id)
	}
}

func TestRun_whatCannotBeExecuted(t *testing.T) {
	env := setup(t)
	create(t, env, `{name: any}`)
	for _, params := range []string{"{cgroup: any, command: [no-such-program]}", "{cgroup: any, command: [/etc/passwd]}",
		"{cgroup: any, user: no-such-user, command: [id]}", "{cgroup: none, command: [id]}", "{cgroup: any, dir: /none, command: [id]}", "{cgroup: /, command: [id]}"} {
		if r, err := do[cgroup.RunResult, cgroup.RunParams](t, env, cgroup.Run, params); err == nil {
			t.Errorf("%s: got %+v", params, r)
		}
	}
}

func TestRun_endsWithItsTime(t *testing.T) {
	env := setup(t)
	create(t, env, `{name: any}`)
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	_, err := cgroup.Run.Run(ctx, &env.Env, actionstest.Decode[cgroup.RunParams](t, `{cgroup: any, command: [sh, -c, 'setsid sleep 1000 & sleep 1000']}`))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	read := must[cgroup.ReadResult, cgroup.ReadParams](t, env, cgroup.Read, "{cgroup: any}")
	if len(read.Processes) != 0 {
		t.Errorf("processes %v are left", read.Processes)
	}
}

// A process that goes on: frozen, thawed, moved, killed.
func TestDetached(t *testing.T) {
	env := setup(t)
	create(t, env, `{name: one}`)
	create(t, env, `{name: two}`)
	started := must[cgroup.RunResult, cgroup.RunParams](t, env, cgroup.Run, `{cgroup: one, detach: true, command: [sleep, '1000']}`)
	for _, field := range reflect.VisibleFields(cgroup.Run.Result) {
		name := field.Tag.Get("expr")
		if known := name == "" || name == "pid" || name == "missing"; known != (started.Missing[name] == "") {
			t.Errorf("%s is missing because %q", name, started.Missing[name])
		}
	}
	must[actions.Empty, cgroup.FreezeParams](t, env, cgroup.Freeze, "{cgroup: one}")
	if r := must[cgroup.ReadResult, cgroup.ReadParams](t, env, cgroup.Read, "{cgroup: one}"); !r.Frozen || !slices.Equal(r.Processes, []int{started.PID}) {
		t.Errorf("frozen: %+v", r)
	}
	must[actions.Empty, cgroup.ThawParams](t, env, cgroup.Thaw, "{cgroup: one}")
	moved, err := cgroup.Attach.Run(context.Background(), &env.Env, cgroup.AttachParams{Cgroup: "two", PID: started.PID})
	if err != nil || moved.(cgroup.AttachResult).From != env.Run.Cgroup+"/one" {
		t.Errorf("moved %+v, %v", moved, err)
	}
	if _, err := do[actions.Empty, cgroup.RemoveParams](t, env, cgroup.Remove, "two"); err == nil {
		t.Error("a group with a process was removed")
	}
	if r := must[cgroup.KillResult, cgroup.KillParams](t, env, cgroup.Kill, "{cgroup: two}"); r.Killed != 1 {
		t.Errorf("killed %+v", r)
	}
	must[actions.Empty, cgroup.RemoveParams](t, env, cgroup.Remove, "two")
	if env.Ledger.Holds("cgroup", env.Run.Cgroup+"/two") {
		t.Error("a removed group is still in the journal")
	}
}

func TestAttach_onlyProcessesOfTheRun(t *testing.T) {
	env := setup(t)
	create(t, env, `{name: any}`)
	for _, pid := range []int{1, os.Getpid()} {
		if _, err := cgroup.Attach.Run(context.Background(), &env.Env, cgroup.AttachParams{Cgroup: "any", PID: pid}); !errors.Is(err, actions.ErrDenied) {
			t.Errorf("process %d: got %v", pid, err)
		}
	}
}

func TestSet_staysInsideTheRun(t *testing.T) {
	env := setup(t)
	create(t, env, `{name: any}`)
	env.Granted = []actions.Permission{}
	for params, want := range map[string]error{
		`{cgroup: /isolab, limits: {memory: 1GiB}}`: actions.ErrDenied,
		`{cgroup: /, limits: {memory: 1GiB}}`:       actions.ErrDenied,
		`{cgroup: /docker, files: {pids.max: '5'}}`: actions.ErrDenied,
	} {
		if _, err := do[cgroup.ReadResult, cgroup.SetParams](t, env, cgroup.Set, params); !errors.Is(err, want) {
			t.Errorf("%s: got %v", params, err)
		}
		if needs := cgroup.Set.Needs(actionstest.Decode[cgroup.SetParams](t, params), nil); !slices.Equal(needs, []actions.Permission{actions.CgroupWrite}) {
			t.Errorf("%s needs %q", params, needs)
		}
	}
	env.Granted = nil
	if _, err := do[cgroup.ReadResult, cgroup.SetParams](t, env, cgroup.Set, `{cgroup: /, limits: {pids: 5}}`); err == nil {
		t.Error("the root group was limited")
	}
	for _, file := range []string{"cgroup.procs", "release_agent", "tasks", "notify_on_release", "cgroup.event_control", "devices.allow", "cgroup.subtree_control", "memory.max|pids.max", "../memory.max"} {
		if _, err := do[cgroup.ReadResult, cgroup.SetParams](t, env, cgroup.Set, `{cgroup: any, files: {"`+file+`": "1"}}`); err == nil {
			t.Errorf("%s was written", file)
		}
	}
	r := must[cgroup.ReadResult, cgroup.SetParams](t, env, cgroup.Set, `{cgroup: any, files: {pids.max: "7"}}`)
	if r.Pids.Limit != 7 {
		t.Errorf("pids %+v", r.Pids)
	}
}

func TestCreate_underACap(t *testing.T) {
	env := setup(t)
	create(t, env, `{name: a/b}`)
	r := must[cgroup.ReadResult, cgroup.ReadParams](t, env, cgroup.Read, "{cgroup: /"+env.Run.Cgroup+"}")
	if r.Pids.Limit != 4096 {
		t.Errorf("the run's group holds %d processes at most", r.Pids.Limit)
	}
	if _, err := do[cgroup.CreateResult, cgroup.CreateParams](t, env, cgroup.Create, `{name: a/b}`); err == nil {
		t.Error("the same group was made twice")
	}
	for _, name := range []string{"../up", "/abs", "a//b", ".", "a b", strings.Repeat("x", 65)} {
		if _, err := cgroup.Create.Run(context.Background(), &env.Env, cgroup.CreateParams{Name: name}); err == nil {
			t.Errorf("%q was made", name)
		}
	}
}

func TestCreate_journalsFirstAndLeavesNothing(t *testing.T) {
	env := setup(t)
	if _, err := do[cgroup.CreateResult, cgroup.CreateParams](t, env, cgroup.Create, `{name: bad, limits: {cpuset: "9999"}}`); err == nil {
		t.Fatal("a CPU that is not there was accepted")
	}
	if env.Ledger.Holds("cgroup", env.Run.Cgroup+"/bad") {
		t.Error("the failed group is still in the journal")
	}
	host, err := target.Host(&env.Env)
	if err != nil {
		t.Fatal(err)
	}
	if names, err := host.Names(env.Run.Cgroup); err != nil || !slices.Equal(names, []string{env.Run.Cgroup}) {
		t.Errorf("groups %q, %v", names, err)
	}
}

func TestRemovers_touchOnlyOurs(t *testing.T) {
	for _, name := range []string{"", "/", "docker", "isolab", "../isolab/x", "system.slice"} {
		if err := cgroup.Removers("/")["cgroup"](context.Background(), name, nil); err == nil {
			t.Errorf("%q would be removed", name)
		}
	}
	if _, err := os.Stat(filepath.Join("/sys/fs/cgroup")); err == nil {
		if err := cgroup.Removers("/")["cgroup"](context.Background(), "isolab/run-that-never-was", nil); err != nil {
			t.Errorf("removing what is not there: %v", err)
		}
	}
}

// TestRemovers_takeTheGroupAboveAlong: nothing of the last run stays, also not the
// empty group that those of all runs are below.
func TestRemovers_takeTheGroupAboveAlong(t *testing.T) {
	env := setup(t)
	create(t, env, `{name: small}`)
	if err := cgroup.Removers("/")["cgroup"](context.Background(), env.Run.Cgroup, nil); err != nil {
		t.Fatal(err)
	}
	above, err := filepath.Glob("/sys/fs/cgroup/*/isolab")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range append(above, "/sys/fs/cgroup/isolab") {
		if entries, err := filepath.Glob(dir + "/*/cgroup.procs"); err == nil && len(entries) == 0 {
			if _, err := os.Stat(dir); err == nil {
				t.Errorf("%s is empty and still there", dir)
			}
		}
	}
}

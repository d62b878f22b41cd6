package container_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"isolab/actions"
	"isolab/actions/actionstest"
	"isolab/actions/container"
	"isolab/actions/runtime"
	"isolab/actions/target"
	"isolab/schema"
	"isolab/schema/unit"
)

func TestActions_keepTheRules(t *testing.T) { actionstest.Rules(t, "container", container.Actions()) }

func ptr[T any](v T) *T { return &v }

// hungry is a declared container with a memory limit.
var hungry = schema.Container{
	Command: []string{"eatmemory", "100MiB"},
	Limits:  schema.Limits{Memory: ptr(150 * unit.MiB), Swap: ptr(unit.Size(0)), PIDs: ptr(int64(20))},
}

func setup(t *testing.T, declared schema.Container) (*actionstest.Runtime, *actionstest.Env) {
	rt := actionstest.NewRuntime()
	rt.PID = os.Getpid()
	return rt, actionstest.New(t, rt, map[string]schema.Container{"hungry": declared})
}

func do[R any](t *testing.T, env *actionstest.Env, action actions.Action, params any) (R, error) {
	t.Helper()
	result, err := action.Run(context.Background(), &env.Env, params)
	return result.(R), err
}

func must[R any](t *testing.T, env *actionstest.Env, action actions.Action, params any) R {
	t.Helper()
	result, err := do[R](t, env, action, params)
	if err != nil {
		t.Fatalf("%s: %v", action.Name, err)
	}
	return result
}

func start(t *testing.T, env *actionstest.Env) container.StartResult {
	t.Helper()
	return must[container.StartResult](t, env, container.Start, container.StartParams{Container: "hungry"})
}

func TestStart_journalsBeforeItCreates(t *testing.T) {
	rt, env := setup(t, hungry)
	rt.Fail["create"] = errors.New("no")
	rt.Store.Tag = "isolab/workload:1"
	name := env.Run.Name("hungry")
	if _, err := do[container.StartResult](t, env, container.Start, container.StartParams{Container: "hungry"}); err == nil {
		t.Fatal("the failure of create was lost")
	}
	if want := []string{"create " + name, "remove " + name}; !slices.Equal(rt.Calls, want) {
		t.Errorf("calls %q, want %q", rt.Calls, want)
	}
	if want := []string{"image isolab/workload:1"}; !slices.Equal(env.Ledger.List(), want) {
		t.Errorf("the journal holds %q, want %q", env.Ledger.List(), want)
	}
}

func TestStart(t *testing.T) {
	rt, env := setup(t, hungry)
	result := start(t, env)
	if result.PID != rt.PID || result.Name != env.Run.Name("hungry") {
		t.Errorf("got %+v", result)
	}
	if want := []string{"container " + result.Name}; !slices.Equal(env.Ledger.List(), want) {
		t.Errorf("the journal holds %q, want %q", env.Ledger.List(), want)
	}
	spec := rt.Specs[result.Name]
	if spec.Labels[actions.Label] != env.Run.ID || !slices.Contains(spec.Env, "ISOLAB_RUN="+env.Run.ID) || spec.CgroupPath != env.Run.Cgroup {
		t.Errorf("the container does not carry the run: %+v", spec)
	}
	if spec.OOMScore != nil || *spec.Limits.PIDs != 20 || *spec.Limits.Swap != 0 {
		t.Errorf("limits that the author set were changed: %+v", spec)
	}
}

func TestStart_oneThatRunsAlready(t *testing.T) {
	_, env := setup(t, hungry)
	start(t, env)
	_, err := do[container.StartResult](t, env, container.Start, container.StartParams{Container: "hungry"})
	if err == nil || !strings.Contains(err.Error(), "is running already") {
		t.Errorf("got %v", err)
	}
}

// Another program in the place of one that runs is what a lesson does; twice the same
// start is a mistake.
func TestRun_replacesOneThatRuns(t *testing.T) {
	rt, env := setup(t, hungry)
	name := start(t, env).Name
	if _, err := do[container.RunResult](t, env, container.Run, container.RunParams{Container: "hungry"}); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(rt.Calls, "remove "+name) || !slices.ContainsFunc(env.Notes, func(n string) bool { return strings.Contains(n, "still runs") }) {
		t.Errorf("calls %q, notes %q", rt.Calls, env.Notes)
	}
}

func TestStart_replacesOneThatEnded(t *testing.T) {
	rt, env := setup(t, hungry)
	name := start(t, env).Name
	rt.States[name] = runtime.StateExited
	start(t, env)
	if !slices.Contains(rt.Calls, "remove "+name) || len(env.Ledger.List()) != 1 {
		t.Errorf("calls %q, journal %q", rt.Calls, env.Ledger.List())
	}
}

func TestStart_capsThatProtectTheMachine(t *testing.T) {
	for name, test := range map[string]struct {
		limits   schema.Limits
		pids     int64
		oomScore *int
	}{
		"nothing set":        {schema.Limits{}, 512, ptr(500)},
		"no memory limit":    {schema.Limits{Memory: ptr(unit.Unlimited)}, 512, ptr(500)},
		"no pids limit":      {schema.Limits{PIDs: ptr(int64(0)), Memory: ptr(unit.MiB)}, 512, nil},
		"many pids":          {schema.Limits{PIDs: ptr(int64(9000)), Memory: ptr(unit.MiB)}, 9000, nil},
		"more pids than any": {schema.Limits{PIDs: ptr(int64(4000000)), Memory: ptr(unit.MiB)}, 16384, nil},
		"more than all":      {schema.Limits{Memory: ptr(8000 * 1024 * unit.GiB)}, 512, ptr(500)},
		"swap without limit": {schema.Limits{Memory: ptr(unit.Unlimited), Swap: ptr(unit.Size(0))}, 512, ptr(500)},
	} {
		t.Run(name, func(t *testing.T) {
			rt, env := setup(t, schema.Container{Limits: test.limits})
			spec := rt.Specs[start(t, env).Name]
			if *spec.Limits.PIDs != test.pids || (spec.OOMScore == nil) != (test.oomScore == nil) {
				t.Errorf("pids %d, oom score %v", *spec.Limits.PIDs, spec.OOMScore)
			}
			if test.limits.Memory == nil && spec.Limits.Memory != nil {
				t.Errorf("memory was limited to %v", *spec.Limits.Memory)
			}
			if spec.Limits.Memory != nil && spec.Limits.Memory.IsUnlimited() && spec.Limits.Swap != nil {
				t.Error("swap is limited beside unlimited memory")
			}
		})
	}
}

func TestStart_aWindowsContainerHasNoSuchCaps(t *testing.T) {
	rt, env := setup(t, schema.Container{})
	rt.InfoAnswer.OS = "windows"
	if spec := rt.Specs[start(t, env).Name]; spec.OOMScore != nil || spec.Limits.PIDs != nil {
		t.Errorf("got %+v", spec)
	}
}

func TestStart_refusesAPreferredProcessWithoutALimit(t *testing.T) {
	_, env := setup(t, schema.Container{OOMScoreAdj: ptr(-500)})
	if _, err := do[container.StartResult](t, env, container.Start, container.StartParams{Container: "hungry"}); err == nil {
		t.Error("oom_score_adj -500 without a memory limit was accepted")
	}
}

func TestStart_overridesKeyByKey(t *testing.T) {
	rt, env := setup(t, hungry)
	params := actionstest.Decode[container.StartParams](t, `{container: hungry, command: [sleep, 1s], env: {A: b}, limits: {memory: 1GiB}}`)
	spec := rt.Specs[must[container.StartResult](t, env, container.Start, params).Name]
	if *spec.Limits.Memory != unit.GiB || *spec.Limits.PIDs != 20 || !slices.Equal(spec.Command, []string{"sleep", "1s"}) || spec.Env[0] != "A=b" {
		t.Errorf("got %+v", spec)
	}
}

func TestStart_asksForPermissionsAgain(t *testing.T) {
	rt, env := setup(t, schema.Container{Network: "bridge"})
	env.Granted = []actions.Permission{}
	_, err := do[container.StartResult](t, env, container.Start, container.StartParams{Container: "hungry"})
	if !errors.Is(err, actions.ErrDenied) || len(rt.Calls) != 0 {
		t.Errorf("%v, calls %q", err, rt.Calls)
	}
}

func TestStart_mayBeRefused(t *testing.T) {
	for _, call := range []string{"create", "start"} {
		rt, env := setup(t, hungry)
		rt.Fail[call] = fmt.Errorf("made for another machine: %w", runtime.ErrUnsupported)
		result := must[container.StartResult](t, env, container.Start, container.StartParams{Container: "hungry", MayRefuse: true})
		if !strings.Contains(result.Refused, "made for another machine") {
			t.Errorf("%s: refused is %q", call, result.Refused)
		}
		if _, err := do[container.StartResult](t, env, container.Start, container.StartParams{Container: "hungry"}); !errors.Is(err, actions.ErrUnsupported) {
			t.Errorf("%s: %v", call, err)
		}
		rt.Fail[call] = errors.New("out of order")
		if _, err := do[container.StartResult](t, env, container.Start, container.StartParams{Container: "hungry", MayRefuse: true}); err == nil {
			t.Errorf("%s: a failure passes for a refusal", call)
		}
	}
}

func TestStart_unknownName(t *testing.T) {
	_, env := setup(t, hungry)
	_, err := do[container.StartResult](t, env, container.Start, container.StartParams{Container: "hungri"})
	var unknown *target.UnknownError
	if !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
	err = container.Start.Check(container.StartParams{Container: "hungri"}, actionstest.View{Containers: map[string]schema.Container{"hungry": {}}})
	if !errors.As(err, &unknown) || !slices.Equal(unknown.Known, []string{"hungry"}) {
		t.Errorf("check: %v", err)
	}
}

func TestRun(t *testing.T) {
	rt, env := setup(t, hungry)
	began := time.Now()
	rt.Stdout, rt.Stderr = "out", "err"
	rt.Exit = runtime.Exit{Code: 137, Signal: 9, OOMKilled: true, Started: began, Finished: began.Add(time.Second),
		Final: runtime.Accounting{OOMKills: 1, MemoryPeak: -1, Failures: 3, CPU: time.Second, Origins: map[string]string{"failures": "/f"}}}
	r := must[container.RunResult](t, env, container.Run, container.RunParams{Container: "hungry"})
	if r.ExitCode != 137 || r.SignalName != "SIGKILL" || !r.OOMKilled || r.Stdout != "out" || r.StderrBytes != 3 || r.Duration != time.Second {
		t.Errorf("got %+v", r)
	}
	if r.MemoryPeak != 0 || r.Missing["memory_peak"] == "" || r.Missing["failures"] != "" || r.Origins()["failures"] != "/f" {
		t.Errorf("missing %q, origins %q", r.Missing, r.Origins())
	}
	if err := container.Run.FailsOn(r); err == nil || err.Error() != "the container's command was ended by SIGKILL (exit code 137), out of memory: err" {
		t.Errorf("fails with %v", err)
	}
	if err := container.Run.FailsOn(container.RunResult{}); err != nil {
		t.Errorf("exit code 0 fails with %v", err)
	}
}

func TestRun_removes(t *testing.T) {
	_, env := setup(t, hungry)
	must[container.RunResult](t, env, container.Run, container.RunParams{Container: "hungry", Remove: true})
	if _, live := env.Containers.Live("hungry"); live || len(env.Ledger.List()) != 0 {
		t.Errorf("live %v, journal %q", live, env.Ledger.List())
	}
}

func TestRun_keepsLittleOfAFlood(t *testing.T) {
	rt, env := setup(t, hungry)
	env.OutputMax = 10
	rt.Stdout = strings.Repeat("x", 1000)
	r := must[container.RunResult](t, env, container.Run, container.RunParams{Container: "hungry"})
	if len(r.Stdout) != 10 || r.StdoutBytes != 1000 || !r.Truncated {
		t.Errorf("kept %d of %v, truncated %v", len(r.Stdout), r.StdoutBytes, r.Truncated)
	}
}

func TestRun_killsWhenItsTimeIsOver(t *testing.T) {
	rt, env := setup(t, hungry)
	rt.WaitBlocks = true
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err := container.Run.Run(ctx, &env.Env, container.RunParams{Container: "hungry"})
	if !errors.Is(err, context.DeadlineExceeded) || !slices.Contains(rt.Calls, "signal 9 "+env.Run.Name("hungry")) {
		t.Errorf("%v, calls %q", err, rt.Calls)
	}
}

func TestExec(t *testing.T) {
	rt, env := setup(t, hungry)
	start(t, env)
	rt.Stderr, rt.ExecCode = "cat: nothing\n", 1
	r := must[container.ExecResult](t, env, container.Exec, container.ExecParams{Container: "hungry", Command: []string{"cat"}})
	if err := container.Exec.FailsOn(r); err == nil || err.Error() != "the command exited with 1: cat: nothing" {
		t.Errorf("fails with %v", err)
	}
}

func TestVerbs(t *testing.T) {
	rt, env := setup(t, hungry)
	name := start(t, env).Name
	must[container.KillResult](t, env, container.Kill, container.KillParams{Container: "hungry", Signal: "TERM"})
	must[actions.Empty](t, env, container.Pause, container.PauseParams{Container: "hungry"})
	must[actions.Empty](t, env, container.Unpause, container.UnpauseParams{Container: "hungry"})
	must[container.UpdateResult](t, env, container.Update, container.UpdateParams{Container: "hungry", Limits: schema.Limits{CPUs: ptr(unit.CPUs(1))}})
	stopped := must[container.StopResult](t, env, container.Stop, container.StopParams{Container: "hungry", Grace: ptr(3 * time.Second)})
	must[container.WaitResult](t, env, container.Wait, container.WaitParams{Container: "hungry"})
	must[actions.Empty](t, env, container.Remove, container.RemoveParams{Container: "hungry"})
	for _, call := range []string{"signal 15 ", "pause ", "unpause ", "update ", "stop 3s ", "wait ", "remove "} {
		if !slices.Contains(rt.Calls, call+name) {
			t.Errorf("%q was not called: %q", call, rt.Calls)
		}
	}
	if !stopped.WasRunning || *rt.Updated.CPUs != 1 || rt.Updated.Memory != nil {
		t.Errorf("stopped %+v, updated %+v", stopped, rt.Updated)
	}
}

func TestVerbs_beforeTheContainerIsMade(t *testing.T) {
	_, env := setup(t, hungry)
	_, err := do[container.StopResult](t, env, container.Stop, container.StopParams{Container: "hungry"})
	if !errors.Is(err, target.ErrNotMade) {
		t.Errorf("got %v", err)
	}
}

func TestInspect_saysWhatDockerWould(t *testing.T) {
	declared := hungry
	declared.Limits.Swap = nil
	_, env := setup(t, declared)
	start(t, env)
	r := must[container.InspectResult](t, env, container.Inspect, container.InspectParams{Container: "hungry"})
	if r.Limits.Memory != 150*unit.MiB || r.Limits.MemorySwap != 300*unit.MiB || r.Limits.Swappiness != -1 || r.ShortID != "0123456789ab" {
		t.Errorf("got %+v", r)
	}
	if os.Getpid() == r.PID && r.Namespaces.PID == 0 && fileExists("/proc/self/ns") {
		t.Error("no namespaces of a process that is there")
	}
}

func TestInspect_withoutAProcess(t *testing.T) {
	_, env := setup(t, hungry)
	start(t, env)
	must[container.StopResult](t, env, container.Stop, container.StopParams{Container: "hungry"})
	r := must[container.InspectResult](t, env, container.Inspect, container.InspectParams{Container: "hungry"})
	if r.Running || r.Missing["namespaces"] == "" || r.Missing["cgroup_paths"] == "" {
		t.Errorf("got %+v", r)
	}
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestVolumes(t *testing.T) {
	source := t.TempDir()
	rt, env := setup(t, schema.Container{Volumes: []schema.Volume{{Target: "/scratch"}, {Source: "data", Target: "/data"}, {Source: source, Target: "/host", ReadOnly: true}}})
	spec := rt.Specs[start(t, env).Name]
	scratch := filepath.Join(env.Run.Dir, "scratch-hungry-0")
	resolved, err := filepath.EvalSymlinks(source)
	if err != nil {
		t.Fatal(err)
	}
	want := []runtime.Mount{
		{Kind: runtime.MountBind, Source: scratch, Target: "/scratch"},
		{Kind: runtime.MountVolume, Source: env.Run.Name("vol-data"), Target: "/data"},
		{Kind: runtime.MountBind, Source: resolved, Target: "/host", ReadOnly: true},
	}
	if !slices.Equal(spec.Mounts, want) {
		t.Errorf("got %+v, want %+v", spec.Mounts, want)
	}
	if !env.Ledger.Holds("dir", scratch) || !env.Ledger.Holds("volume", env.Run.Name("vol-data")) {
		t.Errorf("the journal holds %q", env.Ledger.List())
	}
	if !slices.Contains(env.Asked, actions.ContainerBind) {
		t.Errorf("asked for %q", env.Asked)
	}
}

// A limit on disk:<name> is one on the loop device of a disk of the run, whatever
// number the kernel gave it.
func TestLimits_onADiskOfTheRun(t *testing.T) {
	declared := schema.Container{Limits: schema.Limits{WriteBPS: ptr(unit.Rate(unit.MiB)), Device: "disk:other"}}
	rt, env := setup(t, declared)
	_, err := do[container.StartResult](t, env, container.Start, container.StartParams{Container: "hungry"})
	if err == nil || !strings.Contains(err.Error(), "disk other is not made yet") {
		t.Fatalf("before there is one: %v", err)
	}
	dir := filepath.Join(env.Run.Dir, "disk-other")
	if err := errors.Join(os.Mkdir(dir, 0o700), env.Ledger.Intend("disk", dir, nil)); err != nil {
		t.Fatal(err)
	}
	want, err := target.Disk(&env.Env, dir)
	if err != nil {
		t.Skip(err)
	}
	io := rt.Specs[start(t, env).Name].Limits.IO
	if len(io) != 1 || io[0].Device != want {
		t.Errorf("limits %+v, want one on %s", io, want)
	}
}

func TestVolumes_neverTheDaemonsSocket(t *testing.T) {
	for _, source := range []string{"/", "/var/run/docker.sock", "/run"} {
		if !fileExists("/var/run/docker.sock") {
			t.Skip("needs a Docker socket")
		}
		_, env := setup(t, schema.Container{Volumes: []schema.Volume{{Source: source, Target: "/x"}}})
		if _, err := do[container.StartResult](t, env, container.Start, container.StartParams{Container: "hungry"}); err == nil {
			t.Errorf("%s was mounted", source)
		}
	}
}

func TestRemovers(t *testing.T) {
	rt, env := setup(t, hungry)
	removers := container.Removers(func(context.Context, string) (runtime.Runtime, error) { return rt, nil })
	dir := filepath.Join(env.Run.Dir, "scratch-x")
	if err := os.MkdirAll(filepath.Join(dir, "deep"), 0o755); err != nil {
		t.Fatal(err)
	}
	attrs := map[string]string{"under": env.Run.Dir}
	for range 2 {
		if err := removers["dir"](context.Background(), dir, attrs); err != nil || fileExists(dir) {
			t.Errorf("got %v", err)
		}
	}
	for _, bad := range []string{"/etc", env.Run.Dir, filepath.Join(env.Run.Dir, "..", "scratch-y"), filepath.Join(env.Run.Dir, "other"), "scratch-z"} {
		if err := removers["dir"](context.Background(), bad, attrs); err == nil {
			t.Errorf("%s would be removed", bad)
		}
	}
	if err := removers["volume"](context.Background(), "v", map[string]string{"container": "c"}); err != nil || !slices.Contains(rt.Calls, "remove c") {
		t.Errorf("%v, calls %q", err, rt.Calls)
	}
}

package container_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"isolab/actions"
	"isolab/actions/actionstest"
	"isolab/actions/cgroup"
	"isolab/actions/container"
	"isolab/actions/image"
	"isolab/actions/runtime"
	"isolab/actions/runtime/docker"
	"isolab/actions/runtime/embedded"
	"isolab/schema"
	"isolab/schema/testenv"
	"isolab/schema/unit"
)

// onBoth runs a test on each real runtime, with everything cleaned up from the
// journal alone.
func onBoth(t *testing.T, containers map[string]schema.Container, test func(t *testing.T, env *actionstest.Env)) {
	testenv.Need(t, testenv.Root)
	program := static(t)
	for name, open := range map[string]func(t *testing.T) (runtime.Runtime, error){
		"embedded": func(t *testing.T) (runtime.Runtime, error) {
			data := t.TempDir()
			if err := os.Chmod(filepath.Dir(data), 0o755); err != nil {
				return nil, err
			}
			return embedded.New(embedded.Options{StateDir: t.TempDir(), DataDir: data, Executable: program})
		},
		"docker": func(t *testing.T) (runtime.Runtime, error) {
			testenv.Need(t, testenv.Docker)
			return docker.New(docker.Options{Executable: program, WorkloadTag: fmt.Sprintf("isolab/workload:test-%d", time.Now().UnixNano())})
		},
	} {
		t.Run(name, func(t *testing.T) {
			rt, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = rt.Close() })
			env := actionstest.New(t, rt, containers)
			again := func(context.Context, string) (runtime.Runtime, error) { return rt, nil }
			env.Cleanup(t, container.Removers(again), image.Removers(again), cgroup.Removers("/"))
			test(t, env)
		})
	}
}

// static builds the program that containers consist of.
func static(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	build := exec.Command("go", "build", "-o", path, "./testdata/program")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the workload: %v\n%s", err, out)
	}
	return path
}

func TestReal_aLimitIsKept(t *testing.T) {
	onBoth(t, map[string]schema.Container{"hungry": hungry}, func(t *testing.T, env *actionstest.Env) {
		r := must[container.RunResult](t, env, container.Run, container.RunParams{Container: "hungry", Command: []string{"eatmemory", "200MiB"}})
		if r.ExitCode != 137 || !r.OOMKilled || r.OOMKills < 1 || r.SignalName != "SIGKILL" {
			t.Errorf("got %+v", r)
		}
		if r.MemoryPeak > 151*unit.MiB || r.MemoryPeak < 140*unit.MiB || r.Origins()["memory_peak"] == "" || r.CPU <= 0 || r.Duration <= 0 {
			t.Errorf("peak %v, cpu %v, duration %v, origins %q", r.MemoryPeak, r.CPU, r.Duration, r.Origins())
		}
	})
}

func TestReal_life(t *testing.T) {
	declared := schema.Container{Command: []string{"sleep", "1000"}, Env: map[string]string{"A": "b"}}
	onBoth(t, map[string]schema.Container{"one": declared}, func(t *testing.T, env *actionstest.Env) {
		started := must[container.StartResult](t, env, container.Start, container.StartParams{Container: "one"})
		seen := must[container.InspectResult](t, env, container.Inspect, container.InspectParams{Container: "one"})
		if !seen.Running || seen.PID != started.PID || seen.CgroupPaths["memory"] == "" || seen.Namespaces.PID == 0 || len(seen.ID) != 64 {
			t.Errorf("inspect: %+v", seen)
		}
		if !seen.Limits.Memory.IsUnlimited() || seen.Limits.PIDs != 512 {
			t.Errorf("limits: %+v", seen.Limits)
		}
		if made := env.Runtime.Images().Made(); made != "" && env.Ledger.Attrs("image", made)["id"] == "" {
			t.Error("the image is there, and the journal does not say so")
		}
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", seen.PID))
		if err != nil || strings.TrimSpace(string(text)) != "500" {
			t.Errorf("oom_score_adj is %s, %v", text, err)
		}
		inside := must[container.ExecResult](t, env, container.Exec, container.ExecParams{Container: "one", Command: []string{"sh", "-c", "echo $A $ISOLAB_RUN; cat; exit 3"}, Stdin: "in"})
		if inside.ExitCode != 3 || inside.Stdout != "b "+env.Run.ID+"\nin" {
			t.Errorf("exec: %+v", inside)
		}
		top := must[container.TopResult](t, env, container.Top, container.TopParams{Container: "one"})
		if top.Count != 1 || top.Processes[0].PID != seen.PID {
			t.Errorf("top: %+v", top)
		}
		must[actions.Empty](t, env, container.Pause, container.PauseParams{Container: "one"})
		if paused := must[container.InspectResult](t, env, container.Inspect, container.InspectParams{Container: "one"}); !paused.Paused || !paused.Running {
			t.Errorf("paused: %+v", paused)
		}
		must[actions.Empty](t, env, container.Unpause, container.UnpauseParams{Container: "one"})
		updated := must[container.UpdateResult](t, env, container.Update, container.UpdateParams{Container: "one", Limits: schema.Limits{CPUs: ptr(unit.CPUs(0.5)), PIDs: ptr(int64(30))}})
		if updated.Limits.CPUs != 0.5 || updated.Limits.PIDs != 30 {
			t.Errorf("updated: %+v", updated)
		}
		stopped := must[container.StopResult](t, env, container.Stop, container.StopParams{Container: "one", Grace: ptr(time.Second)})
		if stopped.ExitCode != 137 && stopped.ExitCode != 143 || !stopped.WasRunning {
			t.Errorf("stopped: %+v", stopped)
		}
		must[actions.Empty](t, env, container.Remove, container.RemoveParams{Container: "one"})
		if slices.Contains(env.Ledger.List(), "container "+started.Name) {
			t.Errorf("journal: %q", env.Ledger.List())
		}
	})
}

func TestReal_timeoutKills(t *testing.T) {
	onBoth(t, map[string]schema.Container{"one": {Command: []string{"sleep", "1000"}}}, func(t *testing.T, env *actionstest.Env) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		_, err := container.Run.Run(ctx, &env.Env, container.RunParams{Container: "one"})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		end := must[container.WaitResult](t, env, container.Wait, container.WaitParams{Container: "one"})
		if end.Signal != 9 {
			t.Errorf("got %+v", end)
		}
	})
}

func TestReal_volumesAndScratch(t *testing.T) {
	declared := schema.Container{Command: []string{"sh", "-c", "echo x > /scratch/a && echo y > /data/b && cat /scratch/a /data/b"}, User: "1000",
		Volumes: []schema.Volume{{Target: "/scratch"}}}
	declared.Volumes = append(declared.Volumes, schema.Volume{Target: "/data"})
	onBoth(t, map[string]schema.Container{"one": declared}, func(t *testing.T, env *actionstest.Env) {
		r := must[container.RunResult](t, env, container.Run, container.RunParams{Container: "one"})
		if r.ExitCode != 0 || r.Stdout != "x\ny\n" {
			t.Errorf("got %+v", r)
		}
	})
}

func TestReal_aNamedVolumeIsShared(t *testing.T) {
	volume := []schema.Volume{{Source: "data", Target: "/data"}}
	onBoth(t, map[string]schema.Container{
		"writer": {Command: []string{"sh", "-c", "echo x > /data/a"}, Volumes: volume},
		"reader": {Command: []string{"cat", "/data/a"}, Volumes: volume},
	}, func(t *testing.T, env *actionstest.Env) {
		must[container.RunResult](t, env, container.Run, container.RunParams{Container: "writer"})
		r := must[container.RunResult](t, env, container.Run, container.RunParams{Container: "reader"})
		if r.Stdout != "x\n" {
			t.Errorf("got %+v", r)
		}
	})
	testenv.Need(t, testenv.Docker)
	out, err := exec.Command("docker", "volume", "ls", "--quiet", "--filter", "name=isolab-t").Output()
	if err != nil || len(out) > 0 {
		t.Errorf("volumes left behind: %s, %v", out, err)
	}
}

func TestReal_aDiskLimit(t *testing.T) {
	declared := schema.Container{Command: []string{"sleep", "1000"}, Limits: schema.Limits{WriteBPS: ptr(unit.Rate(unit.MiB)), ReadIOPS: ptr(int64(100))}}
	onBoth(t, map[string]schema.Container{"one": declared}, func(t *testing.T, env *actionstest.Env) {
		_, err := do[container.StartResult](t, env, container.Start, container.StartParams{Container: "one"})
		if errors.Is(err, actions.ErrUnsupported) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		read, err := cgroup.Read.Run(context.Background(), &env.Env, cgroup.ReadParams{Container: "one"})
		if err != nil {
			t.Fatal(err)
		}
		devices := read.(cgroup.ReadResult).IO.Devices
		if len(devices) != 1 || devices[0].WriteBPSLimit != unit.Rate(unit.MiB) || devices[0].ReadIOPSLimit != 100 {
			t.Errorf("devices %+v", devices)
		}
	})
}

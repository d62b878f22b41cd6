package measure

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"isolab/actions/actionstest"
	"isolab/actions/kernel/cgroup"
	"isolab/schema/testenv"
	"isolab/schema/unit"
)

// spin makes a cgroup of the run with a process that takes all the CPU it gets.
// The run's own group above goes with the last.
func spin(t *testing.T, env *actionstest.Env, name string, limits cgroup.Limits) {
	t.Helper()
	host, err := cgroup.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	full := env.Run.Cgroup + "/" + name
	made, err := host.Create(full, cgroup.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := made.Kill(ctx); err != nil {
			t.Error(err)
		}
		if err := made.Remove(ctx); err != nil {
			t.Error(err)
		}
		if names, _ := host.Names(env.Run.Cgroup); len(names) == 1 {
			if parent, err := host.Group(env.Run.Cgroup); err != nil || parent.Remove(ctx) != nil {
				t.Error("the parent is left")
			}
		}
	})
	if err := made.Set(limits); err != nil {
		t.Fatal(err)
	}
	_ = env.Ledger.Intend("cgroup", full, nil)
	cmd := exec.Command("sh", "-c", "while :; do :; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if err := made.Attach(cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, env *actionstest.Env, params string) SampleResult {
	t.Helper()
	result, err := Sample.Run(context.Background(), &env.Env, actionstest.Decode[SampleParams](t, params))
	if err != nil {
		t.Fatal(err)
	}
	return result.(SampleResult)
}

// near reports a within a tolerance of b.
func near(a, b, tolerance float64) bool { return a > b-tolerance && a < b+tolerance }

func TestSample_aQuotaIsKept(t *testing.T) {
	testenv.Need(t, testenv.Root)
	env := actionstest.New(t, actionstest.NewRuntime(), nil)
	spin(t, env, "half", cgroup.Limits{CPUs: 0.3})
	r := run(t, env, "{of: 'cgroup:half', for: 2s}")
	if r.Noisy == "" && !near(float64(r.CPU.Mean), 0.3, 0.06) {
		t.Errorf("used %v, not 0.3 cpu: %+v", r.CPU.Mean, r.Host)
	}
	if r.CPU.Mean > 0.36 || r.Throttled.Periods == 0 || r.Noisy == "" && r.Throttled.Ratio < 0.5 {
		t.Errorf("cpu %v, throttled %+v", r.CPU.Mean, r.Throttled)
	}
	if r.Samples < 10 || r.PIDs.Max != 1 || r.CPU.Series.Len() != r.Samples-1 {
		t.Errorf("%d samples, memory %v, pids %v", r.Samples, r.Memory.Min, r.PIDs)
	}
	if r.Origins()["cpu.mean"] == "" || r.Origins()["of.half.memory.max"] == "" || r.Of["half"].CPU.Mean != r.CPU.Mean || r.Share != 1 {
		t.Errorf("origins %q, of %+v", r.Origins(), r.Of)
	}
}

func TestSample_sharesOfOneCPU(t *testing.T) {
	testenv.Need(t, testenv.Root)
	env := actionstest.New(t, actionstest.NewRuntime(), nil)
	for name, shares := range map[string]int64{"first": 512, "second": 256} {
		spin(t, env, name, cgroup.Limits{CPUShares: shares, CpusetCpus: "0"})
	}
	r := run(t, env, "{of: ['cgroup:first', 'cgroup:second', host], for: 3s}")
	if r.CPU.Mean > 1.05 {
		t.Errorf("both together used %v of one CPU", r.CPU.Mean)
	}
	// Both groups suffer alike from others on the CPU, so the ratio holds anyway.
	if !near(float64(r.Of["first"].Share), 2.0/3, 0.08) {
		t.Errorf("shares %v and %v", r.Of["first"].Share, r.Of["second"].Share)
	}
	if r.Of["host"].CPU.Mean < r.CPU.Mean*0.9 || r.Missing["of.host.io"] == "" {
		t.Errorf("the host used %v, both groups %v", r.Of["host"].CPU.Mean, r.CPU.Mean)
	}
}

func TestSample_theHostAlone(t *testing.T) {
	testenv.Need(t, testenv.Linux)
	env := actionstest.New(t, actionstest.NewRuntime(), nil)
	r := run(t, env, "{of: host, for: 300ms, every: 50ms}")
	if r.Memory.Mean < unit.MiB || r.Samples < 3 || r.Missing["io"] == "" || r.Missing["of.host.io"] == "" || r.Noisy != "" {
		t.Errorf("got %+v", r)
	}
}

func TestSample_ofNothing(t *testing.T) {
	testenv.Need(t, testenv.Linux)
	env := actionstest.New(t, actionstest.NewRuntime(), nil)
	for _, params := range []string{"cgroup:none", "[host, host]", "unknown"} {
		if r, err := Sample.Run(context.Background(), &env.Env, actionstest.Decode[SampleParams](t, params)); err == nil {
			t.Errorf("%s: got %+v", params, r)
		}
	}
}

func TestSample_endsWithItsContext(t *testing.T) {
	testenv.Need(t, testenv.Linux)
	env := actionstest.New(t, actionstest.NewRuntime(), nil)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := Sample.Run(ctx, &env.Env, actionstest.Decode[SampleParams](t, "{of: host, for: 1h, every: 1s}")); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

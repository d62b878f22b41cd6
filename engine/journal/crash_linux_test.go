package journal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"isolab/schema/testenv"
)

// place is a state directory and a store, with a neighbour's object in it.
type place struct {
	state string
	store store
}

const neighbour = "of-somebody-else"

func newPlace(t testing.TB) place {
	t.Helper()
	testenv.Need(t, testenv.Linux)
	p := place{state: t.TempDir(), store: store(t.TempDir())}
	if err := p.store.make(neighbour, func(string) {}); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p place) command(role string, env ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleEnv+"="+role, storeEnv+"="+string(p.store), stateEnv+"="+p.state)
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// sweep is what the next start of the program does.
func (p place) sweep(t testing.TB) Report {
	t.Helper()
	report, err := Sweep(context.Background(), p.state, p.store.removers(), SweepOptions{Late: after(time.Millisecond)})
	if err != nil {
		t.Error(err)
	}
	return report
}

// pristine fails the test unless both directories are as they were.
func (p place) pristine(t testing.TB, when string) {
	t.Helper()
	if left := p.store.list(t); !slices.Equal(left, []string{neighbour}) {
		t.Errorf("%s: in the store: %v", when, left)
	}
	if left := names(t, p.state); len(left) > 0 {
		t.Errorf("%s: in the state directory: %v", when, left)
	}
}

// killed reports whether the process was ended by SIGKILL.
func killed(t testing.TB, err error, output []byte) bool {
	t.Helper()
	if err == nil {
		return false
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("%v\n%s", err, output)
	}
	return true
}

// crashEverywhere runs a program again and again, killed one step later each
// time, until it gets through.
func crashEverywhere(t *testing.T, command func(at string) *exec.Cmd, after func(k int)) int {
	t.Helper()
	for k := 1; k < 1000; k++ {
		output, err := command(fmt.Sprintf("%s=%d", crashEnv, k)).CombinedOutput()
		done := !killed(t, err, output)
		after(k)
		if done {
			return k - 1
		}
	}
	t.Fatal("no end after 1000 steps")
	return 0
}

func TestEngineKilledAtEveryStepIsSwept(t *testing.T) {
	p := newPlace(t)
	steps := crashEverywhere(t, func(at string) *exec.Cmd { return p.command("engine", at, noReaperEnv+"=1") }, func(k int) {
		p.sweep(t)
		p.pristine(t, fmt.Sprintf("killed at step %d", k))
	})
	t.Logf("killed at each of %d steps", steps)
	if steps < 60 {
		t.Errorf("only %d steps: the hook is not called everywhere", steps)
	}
}

func TestSweepKilledAtEveryStepIsSweptAgain(t *testing.T) {
	p := newPlace(t)
	steps := crashEverywhere(t, func(at string) *exec.Cmd {
		p.dieWithThingsOpen(t)
		return p.command("sweeper", at)
	}, func(k int) {
		p.sweep(t)
		p.pristine(t, fmt.Sprintf("sweep killed at step %d", k))
	})
	t.Logf("killed at each of %d steps", steps)
	if steps < 10 {
		t.Errorf("only %d steps", steps)
	}
}

// dieWithThingsOpen leaves two dead sessions behind, killed at the step where most
// is there.
func (p place) dieWithThingsOpen(t testing.TB) {
	t.Helper()
	for _, k := range []int{22, 24} {
		output, err := p.command("engine", fmt.Sprintf("%s=%d", crashEnv, k), noReaperEnv+"=1").CombinedOutput()
		if !killed(t, err, output) {
			t.Fatal("engine ended")
		}
	}
	if len(p.store.list(t)) < 6 {
		t.Fatalf("too little to sweep: %v", p.store.list(t))
	}
}

func TestReaperSweepsAtOnceWhereverTheEngineIsKilled(t *testing.T) {
	p := newPlace(t)
	crashEverywhere(t, func(at string) *exec.Cmd { return p.command("engine", at) }, func(k int) {
		// Before the reaper is there, its session is left to the next sweep.
		if k <= 5 {
			p.sweep(t)
		}
		p.waitPristine(t, fmt.Sprintf("killed at step %d", k))
	})
}

func (p place) waitPristine(t testing.TB, when string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if len(p.store.list(t)) == 1 && len(names(t, p.state)) == 0 {
			break
		}
	}
	p.pristine(t, when)
}

func TestRandomKillsLeaveNothing(t *testing.T) {
	kills := 250
	if testing.Short() {
		kills = 25
	}
	p := newPlace(t)
	var slowest time.Duration
	for i := range kills {
		engine := p.command("busy engine")
		if i%2 == 0 {
			engine.Env = append(engine.Env, noReaperEnv+"=1")
		}
		if err := engine.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.IntN(40_000)) * time.Microsecond)
		_ = engine.Process.Kill()
		_ = engine.Wait()
		report := p.sweep(t)
		slowest = max(slowest, report.Took)
		// A reaper may be at it: then the sweep has waited for it, or there was
		// nothing left.
		p.waitPristine(t, fmt.Sprintf("kill %d", i))
	}
	t.Logf("%d kills, slowest sweep %v", kills, slowest)
}

func TestNeighboursKeepTheirThings(t *testing.T) {
	const engines, rounds = 2, 30
	p := newPlace(t)
	stop := make(chan struct{})
	var sweeps, group sync.WaitGroup
	for range 2 {
		sweeps.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					p.sweep(t)
				}
			}
		})
	}
	for range engines {
		group.Go(func() {
			for i := range rounds {
				p.oneNeighbour(t, i%3 == 0)
			}
		})
	}
	group.Wait()
	close(stop)
	sweeps.Wait()
	p.sweep(t)
	p.waitPristine(t, "after all")
}

// oneNeighbour runs an engine to its end, or kills it.
func (p place) oneNeighbour(t *testing.T, toKill bool) {
	role := map[bool]string{true: "busy engine", false: "engine"}[toKill]
	cmd := p.command(role)
	if toKill {
		if err := cmd.Start(); err != nil {
			t.Error(err)
			return
		}
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
		_ = cmd.Process.Kill()
		if err := cmd.Wait(); cmd.ProcessState.ExitCode() > 0 {
			t.Errorf("engine: %v", err)
		}
		return
	}
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("engine: %v\n%s", err, output)
	}
}

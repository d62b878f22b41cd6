package cgroup

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"isolab/schema/testenv"
	"isolab/schema/unit"
)

// kinds are the same machine seen in up to three ways: as it is, with its v1
// hierarchies only, and with its v2 tree only.
func kinds(t *testing.T) map[string]*Host {
	host := live(t)
	all := map[string]*Host{"whole": host}
	if host.Version() != Hybrid {
		return all
	}
	v1 := &Host{root: "/", byController: host.byController}
	v1.hierarchies = slices.DeleteFunc(slices.Clone(host.hierarchies), func(h *hierarchy) bool { return h.version == V2 })
	all["v1"] = v1
	all["v2"] = &Host{root: "/", hierarchies: []*hierarchy{host.unified}, unified: host.unified, byController: map[string]*hierarchy{}}
	return all
}

func TestFreezeHoldsAndThawReleases(t *testing.T) {
	for name, host := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			group := create(t, host, Options{})
			start(t, group, "burn 60000")
			ctx := within(t, 10*time.Second)
			if err := group.Freeze(ctx); err != nil {
				t.Fatal(err)
			}
			checkFrozen(t, host, group, true)
			if err := group.Freeze(ctx); err != nil {
				t.Errorf("freeze again: %v", err)
			}
			if err := group.Thaw(ctx); err != nil {
				t.Fatal(err)
			}
			checkFrozen(t, host, group, false)
		})
	}
}

func checkFrozen(t *testing.T, host *Host, group *Group, want bool) {
	t.Helper()
	r, err := group.Read(t.Context())
	if err != nil || r.Frozen != want {
		t.Errorf("frozen %v, want %v: %v", r.Frozen, want, err)
	}
	if !strings.Contains(r.Origins()["frozen"], "free") && !strings.HasSuffix(r.Origins()["frozen"], "cgroup.events") {
		t.Errorf("frozen comes from %q", r.Origins()["frozen"])
	}
	if _, version := host.Hierarchy("cpuacct"); !want || version == "" {
		return
	}
	before, err := group.Counters()
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond) // what must not happen has no event to wait for
	if after, _ := group.Counters(); after.CPUUsage != before.CPUUsage {
		t.Errorf("used %v of CPU while frozen", after.CPUUsage-before.CPUUsage)
	}
}

func TestKillEndsAForkStorm(t *testing.T) {
	for name, host := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			group := create(t, host, Options{})
			if host.hierarchyOf("pids") != nil {
				if err := group.Set(Limits{Pids: 300}); err != nil {
					t.Fatal(err)
				}
			}
			start(t, group, "storm")
			ctx := within(t, 20*time.Second)
			if err := group.poll(ctx, "grow", func() (bool, error) {
				procs, err := group.Procs()
				return len(procs) >= 20, err
			}); err != nil {
				t.Fatal(err)
			}
			if err := group.Kill(ctx); err != nil {
				t.Fatal(err)
			}
			if procs, err := group.Procs(); err != nil || len(procs) > 0 {
				t.Errorf("left: %v %v", procs, err)
			}
			if frozen, err := group.Frozen(); err != nil || frozen && name == "v1" {
				t.Errorf("left frozen: %v %v", frozen, err)
			}
			if err := group.Remove(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestKillEndsAFrozenGroup(t *testing.T) {
	for name, host := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			group := create(t, host, Options{})
			start(t, group, "sleep")
			ctx := within(t, 10*time.Second)
			if err := group.Freeze(ctx); err != nil {
				t.Fatal(err)
			}
			if err := group.Kill(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestKillEndsAGroupThatV1Froze is docker pause on a hybrid machine.
func TestKillEndsAGroupThatV1Froze(t *testing.T) {
	host := live(t)
	if _, version := host.Hierarchy("freezer"); version != V1 {
		t.Skip("no v1 freezer")
	}
	group := create(t, host, Options{})
	start(t, group, "sleep")
	if err := group.WriteFile("freezer.state", "FROZEN"); err != nil {
		t.Fatal(err)
	}
	ctx := within(t, 10*time.Second)
	if err := group.poll(ctx, "freeze", group.Frozen); err != nil {
		t.Fatal(err)
	}
	if r, err := group.Read(ctx); err != nil || !r.Frozen || !strings.HasSuffix(r.Origins()["frozen"], "freezer.state") {
		t.Errorf("frozen %v from %s: %v", r.Frozen, r.Origins()["frozen"], err)
	}
	if err := group.Kill(ctx); err != nil {
		t.Error(err)
	}
}

// TestKillEndsProcessesThatWaitForMemory covers a v1 group whose OOM kill is
// disabled: its processes sleep uninterruptibly for all signals but SIGKILL.
func TestKillEndsProcessesThatWaitForMemory(t *testing.T) {
	host := live(t)
	if err := host.Supports(FeatureOOMKillDisable); err != nil {
		t.Skip(err)
	}
	group := create(t, host, Options{})
	yes := true
	if err := group.Set(Limits{Memory: 32 * unit.MiB, Swap: size(0), OOMKillDisable: &yes}); err != nil {
		t.Fatal(err)
	}
	start(t, group, "overdraw 64")
	ctx := within(t, 10*time.Second)
	if err := group.poll(ctx, "run out of memory", func() (bool, error) {
		r, err := group.Read(ctx)
		return r.Memory.UnderOOM, err
	}); err != nil {
		t.Fatal(err)
	}
	if r, err := group.Read(ctx); err != nil || !r.Memory.OOMKillDisabled || r.Memory.OOMKills != 0 {
		t.Errorf("%+v %v", r.Memory, err)
	}
	if err := group.Kill(ctx); err != nil {
		t.Error(err)
	}
}

func TestKillReachesAProcessThatIsInTheGroupOnV1Only(t *testing.T) {
	host := live(t)
	testenv.Need(t, testenv.Cgroup1, testenv.Cgroup2)
	group := create(t, host, Options{})
	v1 := kinds(t)["v1"]
	if v1 == nil {
		t.Skip("needs a hybrid machine")
	}
	half, err := v1.Group(group.Name())
	if err != nil {
		t.Fatal(err)
	}
	start(t, half, "sleep")
	if populated, err := group.Populated(); err != nil || !populated {
		t.Errorf("not populated: %v", err)
	}
	if err := group.Kill(within(t, 10*time.Second)); err != nil {
		t.Error(err)
	}
}

func TestKillRefusesTheCallersOwnGroup(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{})
	cmd := start(t, group, "sleep")
	// Seen from the child itself: a host whose process is the one in the group.
	procs, err := group.Procs()
	if err != nil || !slices.Contains(procs, cmd.Process.Pid) {
		t.Fatal(procs, err)
	}
	own, err := host.OfPID(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Kill(within(t, time.Second)); err == nil {
		t.Error("a group that holds the test was killed")
	}
}

func TestWaitEmptyIsToldWhenTheLastProcessEnds(t *testing.T) {
	for name, host := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			group := create(t, host, Options{})
			cmd := start(t, group, "sleep")
			short, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			defer cancel()
			if err := group.WaitEmpty(short); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("with a process inside: %v", err)
			}
			done := make(chan error, 1)
			go func() { done <- group.WaitEmpty(within(t, 10*time.Second)) }()
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRemoveWaitsAndNamesWhatIsLeft(t *testing.T) {
	for name, host := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			group := create(t, host, Options{})
			inner, err := host.Create(group.Name()+"/a/b", Options{})
			if err != nil {
				t.Fatal(err)
			}
			cmd := start(t, inner, "sleep")
			short, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			defer cancel()
			err = group.Remove(short)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "still run") {
				t.Errorf("with a process inside: %v", err)
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			ctx := within(t, 10*time.Second)
			if err := group.Remove(ctx); err != nil {
				t.Fatal(err)
			}
			if group.Exists() || inner.Exists() {
				t.Error("still there")
			}
			if err := group.Remove(ctx); err != nil {
				t.Errorf("remove again: %v", err)
			}
		})
	}
}

func TestNamesFindsTheGroupsBelow(t *testing.T) {
	host := live(t)
	group := create(t, host, Options{})
	for _, below := range []string{"/b", "/a/c"} {
		if _, err := host.Create(group.Name()+below, Options{Controllers: []string{"pids"}}); err != nil {
			t.Fatal(err)
		}
	}
	names, err := host.Names(group.Name())
	want := []string{group.Name(), group.Name() + "/a", group.Name() + "/a/c", group.Name() + "/b"}
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("names %v, want %v: %v", names, want, err)
	}
}

func BenchmarkCounters(b *testing.B) {
	group := create(b, live(b), Options{})
	for b.Loop() {
		if _, err := group.Counters(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	group := create(b, live(b), Options{})
	for b.Loop() {
		if _, err := group.Read(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKill(b *testing.B) {
	group := create(b, live(b), Options{})
	for b.Loop() {
		b.StopTimer()
		cmd := start(b, group, "sleep")
		b.StartTimer()
		if err := group.Kill(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		_ = cmd.Wait()
		b.StartTimer()
	}
}

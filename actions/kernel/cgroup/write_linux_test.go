package cgroup

import (
	"errors"
	"math"
	"path/filepath"
	"testing"
	"time"

	"isolab/schema/unit"
)

// TestCreateAndSetOnV2 looks at what is written where the controllers are on v2:
// the files of a copied tree keep the last value that each got.
func TestCreateAndSetOnV2(t *testing.T) {
	host := fixture(t, "v2", map[string]string{
		"sys/fs/cgroup/cgroup.subtree_control":        "",
		"sys/fs/cgroup/isolab/cgroup.subtree_control": "",
		"sys/fs/cgroup/isolab/run/memory.swap.max":    "max",
		"sys/fs/cgroup/isolab/run/cpu.max":            "max 100000",
		"sys/fs/cgroup/isolab/run/io.max":             "",
		"proc/swaps":                                  "Filename\n/swapfile file 1 0 -2\n",
	})
	group, err := host.Create("isolab/run", Options{Controllers: []string{"cpu", "memory", "pids"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, above := range []string{"", "isolab"} {
		if got := readText(filepath.Join(host.Unified(), above, "cgroup.subtree_control")); got != "+cpu +memory +pids" {
			t.Errorf("enabled in %q: %q", above, got)
		}
	}
	yes := true
	err = group.Set(Limits{Memory: 64 * unit.MiB, Swap: size(0), MemoryReservation: 32 * unit.MiB, MemoryHigh: unit.Unlimited, OOMGroup: &yes,
		CPUs: 1.5, CPUShares: 512, CpusetCpus: "0-1", CpusetMems: "0", Pids: NoLimit, IO: []DeviceLimit{{Device: "8:0", WriteIOPS: -1}}})
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"memory.max": "67108864", "memory.swap.max": "0", "memory.low": "33554432", "memory.high": "9223372036854775807",
		"memory.oom.group": "1", "cpu.max": "150000 100000", "cpu.weight": "59", "cpuset.cpus": "0-1", "cpuset.mems": "0", "pids.max": "max",
		"io.max": "8:0 wiops=18446744073709551615"} {
		if got, err := group.ReadFile(file); err != nil || got.Text != want {
			t.Errorf("%s = %q, want %q: %v", file, got.Text, want, err)
		}
	}
	if err := group.Set(Limits{CPUPeriod: 50 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if got, _ := group.ReadFile("cpu.max"); got.Text != "150000 50000" {
		t.Errorf("cpu.max with a new period only: %q", got.Text)
	}
	if err := group.Set(Limits{CPUQuota: -1, CPUWeight: 300}); err != nil {
		t.Fatal(err)
	}
	if got, _ := group.ReadFile("cpu.max"); got.Text != "max 50000" {
		t.Errorf("cpu.max without a quota: %q", got.Text)
	}
}

// TestSetWhereControllersShareAMount covers cpu and cpuacct mounted together on a
// directory that has neither's name.
func TestSetWhereControllersShareAMount(t *testing.T) {
	dir := "sys/fs/cgroup/cpu,cpuacct/isolab/run/"
	host := fixture(t, "v1", map[string]string{dir + "cpu.shares": "1024", dir + "cpu.cfs_quota_us": "-1", dir + "cpu.cfs_period_us": "100000", dir + "cgroup.procs": ""})
	group, err := host.Group("isolab/run")
	if err != nil {
		t.Fatal(err)
	}
	if err := group.Set(Limits{CPUs: 0.5, CPUShares: 256}); err != nil {
		t.Fatal(err)
	}
	r, err := group.Read(t.Context())
	if err != nil || r.CPU.Limit != 0.5 || r.CPU.Shares != 256 {
		t.Errorf("%+v %v", r.CPU, err)
	}
	if err := group.Attach(4242); err != nil {
		t.Fatal(err)
	}
	if procs, err := group.Procs(); err != nil || len(procs) != 1 || procs[0] != 4242 {
		t.Errorf("%v %v", procs, err)
	}
}

func TestSwapLimitsThatThisKernelCannotCarry(t *testing.T) {
	dir := "sys/fs/cgroup/memory/isolab/run/"
	for name, c := range map[string]struct {
		swaps       string
		swap        unit.Size
		unsupported bool
	}{
		"swap is there":                      {"Filename\n/swapfile file 1 0 -2\n", 0, true},
		"no swap to limit":                   {"Filename\n", 0, false},
		"no swap now, but more than 0 of it": {"Filename\n", unit.MiB, true},
	} {
		t.Run(name, func(t *testing.T) {
			host := fixture(t, "v1", map[string]string{"proc/swaps": c.swaps, dir + "memory.limit_in_bytes": "9223372036854771712"})
			group, err := host.Group("isolab/run")
			if err != nil {
				t.Fatal(err)
			}
			err = group.Set(Limits{Memory: unit.MiB, Swap: &c.swap})
			if errors.Is(err, ErrUnsupported) != c.unsupported || !c.unsupported && err != nil {
				t.Errorf("without memory.memsw.limit_in_bytes: %v", err)
			}
			want := "1048576"
			if c.unsupported {
				want = "9223372036854771712"
			}
			if got, _ := group.ReadFile("memory.limit_in_bytes"); got.Text != want {
				t.Errorf("memory limit %s, want %s", got.Text, want)
			}
		})
	}
}

func TestUnlimitedInItsForms(t *testing.T) {
	for _, text := range []string{"max", "9223372036854771712", "9223372036854775807", "18446744073709551615"} {
		if v, ok := parseNumber(text); !ok || unlimited(unit.Size(v)) != unit.Unlimited {
			t.Errorf("%s is %d", text, v)
		}
	}
	if unlimited(unit.GiB) != unit.GiB || scaled(math.MaxInt64, 1000) != math.MaxInt64 || scaled(math.MaxInt64/2, 1000) != math.MaxInt64 {
		t.Error("a limit became unlimited, or overflowed")
	}
}

package docker

import (
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"isolab/actions/runtime"
)

func TestState(t *testing.T) {
	for want, states := range map[runtime.State][]container.State{
		runtime.StateCreated: {{Status: "created"}},
		runtime.StateRunning: {{Status: "running", Running: true}, {Status: "restarting", Running: true}},
		runtime.StatePaused:  {{Status: "paused", Paused: true, Running: true}},
		runtime.StateExited:  {{Status: "exited"}, {Status: "dead"}, {Status: "removing"}, {Status: "created", ExitCode: 127, Error: "not found"}},
	} {
		for _, s := range states {
			if got := state(&s); got != want {
				t.Errorf("%+v is %s, want %s", s, got, want)
			}
		}
	}
}

// Docker's formulas for one sample, with the numbers of either cgroup version.
func TestLinuxStats(t *testing.T) {
	sample := func(cache string) container.StatsResponse {
		var s container.StatsResponse
		s.CPUStats.CPUUsage.TotalUsage, s.PreCPUStats.CPUUsage.TotalUsage = 1_500_000_000, 1_000_000_000
		s.CPUStats.SystemUsage, s.PreCPUStats.SystemUsage = 12_000_000_000, 10_000_000_000
		s.CPUStats.OnlineCPUs = 2
		s.MemoryStats.Usage, s.MemoryStats.Limit = 100<<20, 150<<20
		s.MemoryStats.Stats = map[string]uint64{cache: 30 << 20}
		s.PidsStats.Current = 3
		s.BlkioStats.IoServiceBytesRecursive = []container.BlkioStatEntry{{Op: "Read", Value: 10}, {Op: "write", Value: 20}, {Op: "Write", Value: 1}}
		return s
	}
	want := runtime.Stats{CPU: 1500 * time.Millisecond, CPUPercent: 50, Memory: 70 << 20, MemoryLimit: 150 << 20,
		PIDs: 3, ReadBytes: 10, WriteBytes: 21}
	for _, cache := range []string{"total_inactive_file", "inactive_file"} {
		if got := statsOf(sample(cache), linux); got != want {
			t.Errorf("%s: %+v, want %+v", cache, got, want)
		}
	}
	single := sample("inactive_file")
	single.PreCPUStats = container.CPUStats{}
	if got := statsOf(single, linux).CPUPercent; got != 0 {
		t.Errorf("percentage of a single sample is %v", got)
	}
}

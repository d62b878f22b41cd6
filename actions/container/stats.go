package container

import (
	"context"
	"time"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/target"
	"isolab/schema/unit"
)

// StatsParams are the parameters of container.stats.
type StatsParams struct {
	Container string `json:"container" doc:"Name of a container that runs." isolab:"main,required" example:"hungry"`
}

// StatsResult is the result of container.stats.
type StatsResult struct {
	CPU               time.Duration `json:"cpu" expr:"cpu" doc:"CPU time used so far."`
	CPUPercent        float64       `json:"cpu_percent" expr:"cpu_percent" doc:"CPU use as docker stats shows it: 100 is one CPU."`
	Memory            unit.Size     `json:"memory" expr:"memory" doc:"Memory in use, with the page cache deducted the way docker stats does."`
	MemoryLimit       unit.Size     `json:"memory_limit" expr:"memory_limit" doc:"The memory limit; the machine's memory when there is none."`
	MemoryRatio       unit.Ratio    `json:"memory_ratio" expr:"memory_ratio" doc:"Memory in use against the limit."`
	PIDs              int64         `json:"pids" expr:"pids" doc:"Processes and threads."`
	ReadBytes         unit.Size     `json:"read_bytes" expr:"read_bytes" doc:"Bytes read from disks so far."`
	WriteBytes        unit.Size     `json:"write_bytes" expr:"write_bytes" doc:"Bytes written to disks so far."`
	RxBytes           unit.Size     `json:"rx_bytes" expr:"rx_bytes" doc:"Bytes received over the network so far."`
	TxBytes           unit.Size     `json:"tx_bytes" expr:"tx_bytes" doc:"Bytes sent over the network so far."`
	PrivateWorkingSet unit.Size     `json:"private_working_set" expr:"private_working_set" doc:"Windows only: memory that no other process shares."`
}

// Stats is container.stats.
var Stats = actions.Define(actions.Spec[StatsParams, StatsResult]{
	Name:    "container.stats",
	Summary: "Read what the runtime itself reports of a container's use",
	About: `One sample, as ` + "`docker stats --no-stream`" + ` shows it; it takes one to two seconds, because
cpu_percent is told from two readings. What a claim is to rest on is better measured with
measure.sample, from the kernel's own counters.`,
	Example: `container.stats: hungry
as: stats
expect:
  - stats.memory <= stats.memory_limit
`,
	Observes: true,
	Check:    func(p StatsParams, d actions.Declared) error { return target.Check(d, p.Container) },
	Shell: func(p StatsParams, v actions.View) []string {
		return []string{shell.Line("docker", "stats", "--no-stream", v.ContainerName(p.Container))}
	},
	Run: func(ctx context.Context, env *actions.Env, p StatsParams) (StatsResult, error) {
		runtimeName, err := target.Live(env, p.Container)
		if err != nil {
			return StatsResult{}, err
		}
		s, err := env.Runtime.Stats(ctx, runtimeName)
		if err != nil {
			return StatsResult{}, failing(ctx, env, "stats of", p.Container, runtimeName, err)
		}
		return StatsResult{CPU: s.CPU, CPUPercent: s.CPUPercent, Memory: unit.Size(s.Memory),
			MemoryLimit: unit.Size(s.MemoryLimit), MemoryRatio: ratio(s.Memory, s.MemoryLimit), PIDs: s.PIDs,
			ReadBytes: unit.Size(s.ReadBytes), WriteBytes: unit.Size(s.WriteBytes), RxBytes: unit.Size(s.RxBytes),
			TxBytes: unit.Size(s.TxBytes), PrivateWorkingSet: unit.Size(s.PrivateWorkingSet)}, nil
	},
})

// ratio is zero without a limit to compare with.
func ratio(part, whole int64) unit.Ratio {
	if whole <= 0 {
		return 0
	}
	return unit.Ratio(float64(part) / float64(whole))
}

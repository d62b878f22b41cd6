package host

import (
	"context"
	"errors"
	"time"

	"isolab/actions"
	"isolab/actions/kernel/proc"
	"isolab/actions/shell"
	"isolab/actions/target"
	"isolab/schema/unit"
)

// CPUParams are the parameters of host.cpu.
type CPUParams struct {
	For time.Duration `json:"for" doc:"How long to watch." isolab:"main" default:"1s" example:"2s"`
}

// CPUResult is the result of host.cpu.
type CPUResult struct {
	Busy        unit.Ratio    `json:"busy" expr:"busy" doc:"Part of all CPUs' time that they worked."`
	Steal       unit.Ratio    `json:"steal" expr:"steal" doc:"Part of it that a hypervisor gave to others."`
	IOWait      unit.Ratio    `json:"iowait" expr:"iowait" doc:"Part of it that they were idle while something waited for I/O."`
	CPUs        unit.CPUs     `json:"cpus" expr:"cpus" doc:"How many CPUs were at work, on average."`
	PerCPU      []BusyCPU     `json:"per_cpu" expr:"per_cpu" doc:"The same for each CPU."`
	Online      string        `json:"online" expr:"online" doc:"CPUs that are online, such as 0-7."`
	OnlineCount int64         `json:"online_count" expr:"online_count" doc:"How many CPUs that are."`
	Load        proc.Load     `json:"load" expr:"load" doc:"Tasks that run or wait uninterruptibly, averaged."`
	Duration    time.Duration `json:"duration" expr:"duration" doc:"How long was watched."`

	origins map[string]string
}

// Origins implements actions.Sourced.
func (r CPUResult) Origins() map[string]string { return r.origins }

// BusyCPU is one CPU.
type BusyCPU struct {
	CPU  int64      `json:"cpu" expr:"cpu" doc:"Number of the CPU, from 0."`
	Busy unit.Ratio `json:"busy" expr:"busy" doc:"Part of its time that it worked."`
}

// CPU is host.cpu.
var CPU = actions.Define(actions.Spec[CPUParams, CPUResult]{
	Name:    "host.cpu",
	Summary: "Watch how busy the machine's CPUs are",
	About: `Two readings of ` + "`/proc/stat`" + ` (proc_stat(5)) and what happened between them. The kernel counts in
hundredths of a second, so watch for a second or more.`,
	Example: `host.cpu: {for: 2s}
as: cpu
expect:
  - cpu.busy > 90%
`,
	Observes: true,
	Check: func(p CPUParams, _ actions.Declared) error {
		if p.For < 0 {
			return errors.New("time cannot pass backwards")
		}
		return nil
	},
	Shell: func(p CPUParams, v actions.View) []string {
		linux := []string{"cat /proc/stat", shell.Line("sleep", watched(p).String()), "cat /proc/stat", "cat /proc/loadavg"}
		return typed(v, linux, cpuCmdlets(watched(p)))
	},
	Run: watch,
})

// watched is one second unless said otherwise.
func watched(p CPUParams) time.Duration {
	if p.For == 0 {
		return time.Second
	}
	return p.For
}

func watch(ctx context.Context, env *actions.Env, p CPUParams) (CPUResult, error) {
	fs, err := target.Proc(env)
	if err != nil {
		return CPUResult{}, err
	}
	before, err := fs.CPU()
	if err != nil {
		return CPUResult{}, target.Unsupported(err)
	}
	began := env.Clock.Now()
	if err := env.Clock.Sleep(ctx, watched(p)); err != nil {
		return CPUResult{}, err
	}
	after, err := fs.CPU()
	if err != nil {
		return CPUResult{}, target.Unsupported(err)
	}
	result := between(before, after)
	result.Duration = env.Clock.Now().Sub(began)
	result.Load, err = fs.LoadAvg()
	if errors.Is(err, proc.ErrUnsupported) { // some systems have no load average
		err = nil
	}
	return result, err
}

func between(before, after proc.CPU) CPUResult {
	usage := proc.UsageBetween(before, after)
	r := CPUResult{Busy: usage.Busy, Steal: usage.Steal, IOWait: usage.IOWait, CPUs: usage.CPUs,
		Online: after.Online, OnlineCount: after.OnlineCount, origins: map[string]string{}}
	earlier := map[int64]proc.CPUTimes{}
	for _, one := range before.PerCPU {
		earlier[one.CPU] = one.Times
	}
	for _, one := range after.PerCPU {
		alone := proc.UsageBetween(proc.CPU{Total: earlier[one.CPU]}, proc.CPU{Total: one.Times})
		r.PerCPU = append(r.PerCPU, BusyCPU{CPU: one.CPU, Busy: alone.Busy})
	}
	stat := after.Origins()["total"]
	for _, field := range []string{"busy", "steal", "iowait", "cpus", "per_cpu"} {
		r.origins[field] = stat
	}
	r.origins["online"], r.origins["online_count"] = after.Origins()["online"], after.Origins()["online"]
	return r
}

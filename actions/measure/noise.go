package measure

import (
	"context"
	"fmt"
	"time"

	"isolab/actions"
	"isolab/actions/kernel/proc"
	"isolab/actions/target"
	"isolab/schema/unit"
)

// Around is what else went on on the machine.
type Around struct {
	Busy           unit.Ratio `json:"busy" expr:"busy" doc:"Part of all CPUs' time that they worked, for whomever."`
	CPUs           unit.CPUs  `json:"cpus" expr:"cpus" doc:"How many CPUs were at work."`
	Others         unit.CPUs  `json:"others" expr:"others" doc:"How many of these for others than the targets."`
	Steal          unit.Ratio `json:"steal" expr:"steal" doc:"Part of all CPUs' time that a hypervisor gave to others."`
	IOWait         unit.Ratio `json:"iowait" expr:"iowait" doc:"Part of all CPUs' time that they were idle while something waited for I/O."`
	Load           float64    `json:"load" expr:"load" doc:"Tasks that run or wait uninterruptibly, over about a minute."`
	CPUPressure    unit.Ratio `json:"cpu_pressure" expr:"cpu_pressure" doc:"Part of the time in which some process of the machine waited for a CPU."`
	MemoryPressure unit.Ratio `json:"memory_pressure" expr:"memory_pressure" doc:"Part of the time in which some process of the machine waited for memory."`
	IOPressure     unit.Ratio `json:"io_pressure" expr:"io_pressure" doc:"Part of the time in which some process of the machine waited for a disk, or for its limit on one."`
	Disk           Disk       `json:"disk" expr:"disk" doc:"The disk at which the most requests waited."`
}

// Disk is what a disk itself took. What a limit holds back has not reached it.
type Disk struct {
	Name  string        `json:"name" expr:"name" doc:"The kernel's name of the disk; empty when none did anything."`
	Queue float64       `json:"queue" expr:"queue" doc:"How many requests were at the disk, on average."`
	Wait  time.Duration `json:"wait" expr:"wait" doc:"How long a request was there, on average."`
}

// machine is a reading of the host; parts that it does not tell are zero.
type machine struct {
	cpu      proc.CPU
	pressure proc.Pressure
	disks    []proc.Disk
	missing  map[string]string
	at       time.Time
}

func readMachine(env *actions.Env) (machine, error) {
	fs, err := target.Proc(env)
	if err != nil {
		return machine{}, err
	}
	m := machine{missing: map[string]string{}, at: env.Clock.Now()}
	if m.cpu, err = fs.CPU(); err != nil {
		return m, target.Unsupported(err)
	}
	if m.pressure, err = fs.Pressure(); err != nil {
		for _, field := range []string{"cpu_pressure", "memory_pressure", "io_pressure"} {
			m.missing["host."+field] = err.Error()
		}
	}
	if m.disks, err = fs.Disks(); err != nil {
		m.missing["host.disk"] = err.Error()
	}
	return m, nil
}

// around compares two readings. used is what the targets took of the CPUs.
func around(_ context.Context, env *actions.Env, before, after machine, used unit.CPUs) Around {
	usage := proc.UsageBetween(before.cpu, after.cpu)
	passed := after.at.Sub(before.at)
	waited := func(from, to proc.Stall) unit.Ratio {
		if passed <= 0 {
			return 0
		}
		return unit.Ratio(min(float64(to.SomeTotal-from.SomeTotal)/float64(passed), 1))
	}
	a := Around{Busy: usage.Busy, CPUs: usage.CPUs, Steal: usage.Steal, IOWait: usage.IOWait,
		Others:         max(usage.CPUs-used, 0),
		CPUPressure:    waited(before.pressure.CPU, after.pressure.CPU),
		MemoryPressure: waited(before.pressure.Memory, after.pressure.Memory),
		IOPressure:     waited(before.pressure.IO, after.pressure.IO)}
	a.Disk = Disk(proc.BusiestDisk(before.disks, after.disks, passed))
	if fs, err := target.Proc(env); err == nil {
		if load, err := fs.LoadAvg(); err == nil {
			a.Load = load.One
		}
	}
	return a
}

// What a measurement can bear. Time that the hypervisor takes is missing from
// every count, so little of it is already too much. What others use matters only
// where they and the targets want more than there is: on a machine that is busy,
// or on the few CPUs that the targets are pinned to.
const (
	stealMax  = 0.05
	othersMax = 0.05 // of the CPUs that the targets may use
	busyMin   = 0.5  // below it there is room for everybody; above it there need not be at every moment
	lateMax   = 5    // intervals
	diskMax   = 0.05 // of the time, that requests of a target were at the disk
)

// noise is what made a measurement doubtful, in one clause, and what part of the
// figures it may have taken.
type noise struct {
	what  string
	share float64
}

// slowDisk is the noise of a disk that took its time: not a limit but the disk may
// have decided how much of a target's traffic there was. A target that does one
// request after the other can have lost as much of its traffic as its requests were
// at the disk; with several at a time it is less.
func slowDisk(d Disk, traffic IO) noise {
	share := (traffic.ReadIOPS + traffic.WriteIOPS) * d.Wait.Seconds()
	if share <= diskMax {
		return noise{}
	}
	return noise{fmt.Sprintf("the disk %s itself took %v for a request", d.Name, d.Wait.Round(10*time.Microsecond)), min(share, 1)}
}

// disturbance is the noise of everything else that wanted the CPUs.
func disturbance(a Around, allowed, online int64, t timing, every time.Duration) noise {
	switch pinned := allowed > 0 && allowed < online; {
	case a.Steal > stealMax:
		return noise{fmt.Sprintf("%.0f %% of the CPU time was taken by the hypervisor", float64(a.Steal)*100), float64(a.Steal)}
	case pinned && a.Busy > busyMin && float64(a.Others) > othersMax*float64(allowed):
		return noise{fmt.Sprintf("other programs used %.2f CPUs beside the %d that the targets are pinned to", float64(a.Others), allowed), float64(a.Others) / float64(allowed)}
	case !pinned && a.Busy > busyMin && float64(a.Others) > othersMax*float64(online):
		return noise{fmt.Sprintf("other programs used %.2f of %d CPUs, which were busy for %.0f %% of the time", float64(a.Others), online, float64(a.Busy)*100), float64(a.Others) / float64(online)}
	case t.late > lateMax*every && t.late > time.Second:
		return noise{fmt.Sprintf("a sample was %v late", t.late.Round(time.Millisecond)), 1}
	}
	return noise{}
}

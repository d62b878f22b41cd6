package measure

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"sync"
	"time"

	"isolab/schema/unit"
)

// Usage is what one target used while it was sampled.
type Usage struct {
	CPU       CPU        `json:"cpu" expr:"cpu" doc:"CPU time, as a number of CPUs."`
	Memory    Memory     `json:"memory" expr:"memory" doc:"Memory charged to it, page cache included."`
	IO        IO         `json:"io" expr:"io" doc:"Traffic with block devices; what the page cache answers is none."`
	PIDs      PIDs       `json:"pids" expr:"pids" doc:"Processes and threads."`
	Throttled Throttled  `json:"throttled" expr:"throttled" doc:"How its CPU quota held it back."`
	Share     unit.Ratio `json:"share" expr:"share" doc:"Its part of the CPU time of all targets together."`
	Samples   int        `json:"samples" expr:"samples" doc:"How often it was read."`
	Ended     bool       `json:"ended" expr:"ended" doc:"Whether it was gone before the time was over."`

	Missing map[string]string `json:"-" expr:"-"` // as actions.MissingField; told with SampleResult's own
}

// CPU is use of the CPUs.
type CPU struct {
	Mean   unit.CPUs              `json:"mean" expr:"mean" doc:"CPU time used, divided by the time that passed."`
	Max    unit.CPUs              `json:"max" expr:"max" doc:"The most between two samples."`
	P95    unit.CPUs              `json:"p95" expr:"p95" doc:"What 95 of 100 intervals did not exceed."`
	Used   time.Duration          `json:"used" expr:"used" doc:"CPU time used meanwhile."`
	Series unit.Series[unit.CPUs] `json:"series" expr:"series" doc:"CPUs in use between each two samples."`
}

// Memory is use of memory.
type Memory struct {
	Mean   unit.Size              `json:"mean" expr:"mean" doc:"The average of all samples."`
	Max    unit.Size              `json:"max" expr:"max" doc:"The largest sample."`
	Min    unit.Size              `json:"min" expr:"min" doc:"The smallest sample."`
	First  unit.Size              `json:"first" expr:"first" doc:"The first sample."`
	Last   unit.Size              `json:"last" expr:"last" doc:"The last sample."`
	Series unit.Series[unit.Size] `json:"series" expr:"series" doc:"Every sample."`
}

// IO is traffic with block devices.
type IO struct {
	ReadBPS    unit.Rate              `json:"read_bps" expr:"read_bps" doc:"Bytes read per second, on average."`
	WriteBPS   unit.Rate              `json:"write_bps" expr:"write_bps" doc:"Bytes written per second, on average."`
	ReadIOPS   float64                `json:"read_iops" expr:"read_iops" doc:"Reads per second, on average."`
	WriteIOPS  float64                `json:"write_iops" expr:"write_iops" doc:"Writes per second, on average."`
	ReadBytes  unit.Size              `json:"read_bytes" expr:"read_bytes" doc:"Bytes read meanwhile."`
	WriteBytes unit.Size              `json:"write_bytes" expr:"write_bytes" doc:"Bytes written meanwhile."`
	ReadOps    int64                  `json:"read_ops" expr:"read_ops" doc:"Reads meanwhile."`
	WriteOps   int64                  `json:"write_ops" expr:"write_ops" doc:"Writes meanwhile."`
	Reads      unit.Series[unit.Rate] `json:"reads" expr:"reads" doc:"Bytes read per second between each two samples."`
	Writes     unit.Series[unit.Rate] `json:"writes" expr:"writes" doc:"Bytes written per second between each two samples."`
}

// PIDs is the number of processes and threads.
type PIDs struct {
	Max  int64 `json:"max" expr:"max" doc:"The largest sample."`
	Last int64 `json:"last" expr:"last" doc:"The last sample."`
}

// Throttled is what the CPU quota did.
type Throttled struct {
	Periods   int64         `json:"periods" expr:"periods" doc:"Quota periods in which the target ran."`
	Throttled int64         `json:"throttled" expr:"throttled" doc:"Those of them in which it used its quota up."`
	Ratio     unit.Ratio    `json:"ratio" expr:"ratio" doc:"Throttled as a part of the periods."`
	Time      time.Duration `json:"time" expr:"time" doc:"Time held back, summed over CPUs."`
}

// point is one reading of a target, with the time when it was taken.
type point struct {
	at         time.Duration // after the first reading of all
	cpu        time.Duration
	memory     unit.Size
	read       unit.Size
	written    unit.Size
	reads      int64
	writes     int64
	pids       int64
	periods    int64
	throttled  int64
	throttling time.Duration
}

// usageOf works out what happened between the first and the last reading.
// Rates come from differences over the time that really passed between two
// readings, never from the interval that was asked for.
func usageOf(points []point) Usage {
	u := Usage{Samples: len(points)}
	if len(points) == 0 {
		return u
	}
	first, last := points[0], points[len(points)-1]
	passed := last.at - first.at
	u.CPU = CPU{Used: last.cpu - first.cpu, Mean: unit.CPUs(per(float64(last.cpu-first.cpu), passed) / float64(time.Second))}
	u.Memory = memoryOf(points)
	u.IO = IO{ReadBytes: last.read - first.read, WriteBytes: last.written - first.written,
		ReadOps: last.reads - first.reads, WriteOps: last.writes - first.writes}
	u.IO.ReadBPS, u.IO.WriteBPS = rate(u.IO.ReadBytes, passed), rate(u.IO.WriteBytes, passed)
	u.IO.ReadIOPS, u.IO.WriteIOPS = per(float64(u.IO.ReadOps), passed), per(float64(u.IO.WriteOps), passed)
	u.PIDs.Last = last.pids
	for i, p := range points {
		u.PIDs.Max = max(u.PIDs.Max, p.pids)
		if i > 0 {
			u.addInterval(points[i-1], p)
		}
	}
	u.CPU.Max, u.CPU.P95 = largest(u.CPU.Series.Values), p95(u.CPU.Series.Values)
	u.Throttled = Throttled{Periods: last.periods - first.periods, Throttled: last.throttled - first.throttled,
		Time: last.throttling - first.throttling}
	if u.Throttled.Periods > 0 {
		u.Throttled.Ratio = unit.Ratio(float64(u.Throttled.Throttled) / float64(u.Throttled.Periods))
	}
	return u
}

// addInterval adds what happened between two readings to the series.
func (u *Usage) addInterval(from, to point) {
	passed := to.at - from.at
	u.CPU.Series.Add(to.at, unit.CPUs(per(float64(to.cpu-from.cpu), passed)/float64(time.Second)))
	u.IO.Reads.Add(to.at, rate(to.read-from.read, passed))
	u.IO.Writes.Add(to.at, rate(to.written-from.written, passed))
}

func memoryOf(points []point) Memory {
	m := Memory{First: points[0].memory, Last: points[len(points)-1].memory}
	var sum float64
	for _, p := range points {
		sum += float64(p.memory)
		m.Series.Add(p.at, p.memory)
	}
	m.Mean = unit.Size(math.Round(sum / float64(len(points))))
	m.Max, m.Min = largest(m.Series.Values), slices.Min(m.Series.Values)
	return m
}

// per is an amount per second.
func per(amount float64, passed time.Duration) float64 {
	if passed <= 0 {
		return 0
	}
	return amount / passed.Seconds()
}

func rate(amount unit.Size, passed time.Duration) unit.Rate {
	return unit.Rate(math.Round(per(float64(amount), passed)))
}

func largest[T cmp.Ordered](values []T) (most T) {
	if len(values) > 0 {
		most = slices.Max(values)
	}
	return most
}

// p95 is the nearest-rank percentile.
func p95[T cmp.Ordered](values []T) (at T) {
	if len(values) == 0 {
		return at
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(math.Ceil(0.95*float64(len(sorted))))-1]
}

// add sums two targets up, reading by reading. Targets are read in turn, so the
// times of both are the same but for the moment that a reading takes.
func add(a, b []point) []point {
	if len(a) == 0 {
		return slices.Clone(b)
	}
	both := slices.Clone(a[:min(len(a), len(b))])
	for i := range both {
		p := b[i]
		both[i].cpu += p.cpu
		both[i].memory += p.memory
		both[i].read += p.read
		both[i].written += p.written
		both[i].reads += p.reads
		both[i].writes += p.writes
		both[i].pids += p.pids
		both[i].periods += p.periods
		both[i].throttled += p.throttled
		both[i].throttling += p.throttling
	}
	return both
}

func ratioOf(part, whole time.Duration) unit.Ratio { return unit.Ratio(float64(part) / float64(whole)) }

// leaves are the dotted names of the fields of Usage that come from counters, as
// expressions write them.
var leaves = sync.OnceValue(func() []string { return leavesOf(reflect.TypeFor[Usage](), "") })

func leavesOf(t reflect.Type, prefix string) (names []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name := prefix + f.Tag.Get("expr")
		names = append(names, name)
		if f.Type.Kind() == reflect.Struct && !f.Type.Implements(reflect.TypeFor[unit.Sampled]()) {
			names = append(names, leavesOf(f.Type, name+".")...)
		}
	}
	return names
}

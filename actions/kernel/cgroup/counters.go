package cgroup

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"isolab/schema/unit"
)

// Counters is the small part of a [Reading] that changes all the time, for
// sampling at short intervals. Fields that the kernel does not offer are zero.
type Counters struct {
	CPUUsage         time.Duration `json:"cpu_usage" expr:"cpu_usage" doc:"CPU time used so far."`
	ThrottledPeriods int64         `json:"throttled_periods" expr:"throttled_periods" doc:"Periods in which the quota was used up."`
	Periods          int64         `json:"periods" expr:"periods" doc:"Periods in which the group ran while it had a quota."`
	ThrottledTime    time.Duration `json:"throttled_time" expr:"throttled_time" doc:"Time held back by the quota, summed over CPUs."`
	Memory           unit.Size     `json:"memory" expr:"memory" doc:"Memory charged now."`
	Pids             int64         `json:"pids" expr:"pids" doc:"Processes and threads now."`
	ReadBytes        unit.Size     `json:"read_bytes" expr:"read_bytes" doc:"Bytes read from all block devices."`
	WriteBytes       unit.Size     `json:"write_bytes" expr:"write_bytes" doc:"Bytes written to all block devices."`
	ReadOps          int64         `json:"read_ops" expr:"read_ops" doc:"Read operations on all block devices."`
	WriteOps         int64         `json:"write_ops" expr:"write_ops" doc:"Write operations on all block devices."`
}

// Counters reads only these, from at most seven files. The error wraps
// fs.ErrNotExist when the group does not exist (any more).
func (g *Group) Counters() (Counters, error) { return g.Sampler()() }

// Sampler returns a function that reads the counters again and again. Who removes a
// group removes it from one v1 hierarchy after the other: once a controller that has
// been read is gone, the error wraps fs.ErrNotExist, and its counters are not zero.
func (g *Group) Sampler() func() (Counters, error) {
	was := map[string]bool{}
	return func() (Counters, error) {
		var c Counters
		for _, controller := range []string{"cpuacct", "cpu", "memory", "pids", "io"} {
			m := g.member(controller)
			switch {
			case m != nil && c.read(g.host, controller, m.tree.version, m.dir):
				was[controller] = true
			case was[controller]:
				return Counters{}, fmt.Errorf("read counters of cgroup %s: its %s is gone: %w", g.Name(), controller, fs.ErrNotExist)
			}
		}
		if len(was) == 0 {
			return Counters{}, fmt.Errorf("read counters of cgroup %s: %w", g.Name(), fs.ErrNotExist)
		}
		return c, nil
	}
}

// read takes one controller's counters; false when none of its files is there.
func (c *Counters) read(host *Host, controller string, version Version, dir string) bool {
	switch {
	case controller == "cpuacct" && version == V2:
		keys, ok := readKeys(dir, "cpu.stat")
		c.CPUUsage = time.Duration(keys["usage_usec"] * microsecond)
		return ok
	case controller == "cpuacct":
		return readInto(dir, "cpuacct.usage", (*int64)(&c.CPUUsage))
	case controller == "cpu":
		keys, ok := readKeys(dir, "cpu.stat")
		c.Periods, c.ThrottledPeriods = keys["nr_periods"], keys["nr_throttled"]
		c.ThrottledTime = time.Duration(cmp.Or(keys["throttled_usec"]*microsecond, keys["throttled_time"]))
		return ok
	case controller == "memory" && version == V2:
		return readInto(dir, "memory.current", (*int64)(&c.Memory))
	case controller == "memory":
		return readInto(dir, "memory.usage_in_bytes", (*int64)(&c.Memory))
	case controller == "pids":
		return readInto(dir, "pids.current", &c.Pids)
	}
	return c.readIO(host, ioFilesOf(version), dir)
}

func (c *Counters) readIO(host *Host, files ioFiles, dir string) bool {
	devices := deviceTable{}
	names := []string{files.bytes[0]}
	if files.ops[0] != files.bytes[0] {
		names = append(names, files.ops[0])
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return false
		}
		devices.traffic(parseFile(name, string(text)))
	}
	io := devices.sum(host)
	c.ReadBytes, c.WriteBytes, c.ReadOps, c.WriteOps = io.ReadBytes, io.WriteBytes, io.ReadOps, io.WriteOps
	return true
}

func readKeys(dir, name string) (map[string]int64, bool) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	return parseFile(name, string(text)).Keys, err == nil
}

func readInto(dir, name string, into *int64) bool {
	v, err := readSize(filepath.Join(dir, name))
	*into = int64(v)
	return err == nil
}

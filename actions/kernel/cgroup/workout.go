package cgroup

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"isolab/schema/unit"
)

// workOut brings both versions to one meaning and fills the fields that follow
// from others.
func (r *reader) workOut() {
	r.memory()
	r.cpu()
}

func (r *reader) memory() {
	m := &r.into.Memory
	m.Limit, m.High = unlimited(m.Limit), unlimited(m.High)
	m.SwapLimit = unlimited(m.SwapLimit)
	if at := r.group.member("memory"); at != nil && at.tree.version == V1 {
		if r.has("memory.swap_limit") {
			m.SwapLimit = swapOnly(m.Limit, m.SwapLimit)
		}
		if m.Reservation.IsUnlimited() {
			m.Reservation = 0 // v1's soft limit of "no limit" reserves nothing
		}
		r.oomKillsBelow(*at)
		r.failuresWithSwap(*at)
	}
	if r.has("memory.limit") && r.has("memory.usage") {
		if m.Limit > 0 && !m.Limit.IsUnlimited() {
			m.UsedRatio = unit.Ratio(float64(m.Usage) / float64(m.Limit))
		}
		r.derived("memory.used_ratio", "memory.usage")
	} else {
		r.into.Missing["memory.used_ratio"] = "it needs the usage and the limit"
	}
}

// swapOnly is v2's swap limit from v1's two: unlimited where either is.
func swapOnly(limit, memsw unit.Size) unit.Size {
	if limit.IsUnlimited() || memsw.IsUnlimited() {
		return unit.Unlimited
	}
	return max(memsw-limit, 0)
}

// oomKillsBelow adds the victims of the groups below: v1 counts each where it
// lived, v2 in the groups above too.
func (r *reader) oomKillsBelow(m member) {
	if !r.has("memory.oom_kills") {
		return
	}
	_ = walkGroups(m.dir, func(dir string) error {
		if dir != m.dir {
			r.into.Memory.OOMKills += r.file(filepath.Join(dir, "memory.oom_control")).Keys["oom_kill"]
		}
		return nil
	})
}

// failuresWithSwap adds the hits of v1's limit on memory and swap together: where
// it equals the memory limit it is hit first, and memory.failcnt stays 0. The
// origin is the file that counted more. Linux 6.18 does not count those hits
// (memory.memsw.failcnt stays 0 over an OOM kill): then the field is missing.
func (r *reader) failuresWithSwap(m member) {
	both := r.file(filepath.Join(m.dir, "memory.memsw.failcnt"))
	if both.err != nil || !r.has("memory.failures") {
		return
	}
	mem := &r.into.Memory
	if both.Value > mem.Failures {
		r.into.origins["memory.failures"] = both.Path
	}
	mem.Failures += both.Value
	if mem.Failures == 0 && mem.OOMKills > 0 && mem.SwapLimit == 0 {
		delete(r.into.origins, "memory.failures")
		r.into.Missing["memory.failures"] = "this kernel does not count hits of the limit on memory and swap together; see oom_kills"
	}
}

func (r *reader) cpu() {
	c := &r.into.CPU
	if c.Quota < 0 {
		c.Quota = math.MaxInt64
	}
	if r.has("cpu.quota") {
		c.Limit = unit.UnlimitedCPUs
		if c.Period > 0 && c.Quota != math.MaxInt64 {
			c.Limit = unit.CPUs(float64(c.Quota) / float64(c.Period))
		}
		r.derived("cpu.limit", "cpu.quota")
	} else {
		r.into.Missing["cpu.limit"] = r.into.Missing["cpu.quota"]
	}
	switch {
	case r.has("cpu.weight"):
		c.Shares = kernelShares(c.Weight)
		r.derived("cpu.shares", "cpu.weight")
	case r.has("cpu.shares"):
		c.Weight = kernelWeight(c.Shares)
		r.derived("cpu.weight", "cpu.shares")
	default:
		r.into.Missing["cpu.shares"] = r.into.Missing["cpu.weight"]
	}
	r.cpuset()
}

func (r *reader) cpuset() {
	c := &r.into.CPU
	from, list := "cpu.cpuset_effective", c.CpusetEffective
	if list == "" && c.Cpuset != "" {
		from, list = "cpu.cpuset", c.Cpuset
	}
	c.CpusetCount = int64(countCPUs(list))
	if r.has(from) {
		r.derived("cpu.cpuset_count", from)
		return
	}
	r.into.Missing["cpu.cpuset_count"] = r.into.Missing[from]
}

func (r *reader) has(field string) bool { return r.into.origins[field] != "" }

// derived gives a field the origin of the one it was worked out from.
func (r *reader) derived(field, from string) {
	r.into.origins[field] = r.into.origins[from]
	delete(r.into.Missing, field)
}

// countCPUs counts a kernel list such as "0-2,4" (cpuset(7), list format); a list
// that it does not understand counts 0.
func countCPUs(list string) int {
	count := 0
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		low, err1 := strconv.ParseUint(first, 10, 31)
		high, err2 := strconv.ParseUint(last, 10, 31)
		if err1 != nil || err2 != nil || high < low {
			return 0
		}
		count += int(high-low) + 1
	}
	return count
}

// pressure reads the v2 tree's *.pressure files.
func (r *reader) pressure() {
	p := &r.into.Pressure
	reason := r.noPressure()
	for name, stall := range map[string]*Stall{"cpu": &p.CPU, "memory": &p.Memory, "io": &p.IO} {
		if reason == "" {
			path := filepath.Join(r.group.unified().dir, name+".pressure")
			text, err := os.ReadFile(path)
			if err == nil {
				*stall = parseStall(string(text))
				p.Available = true
				r.pressureFields(name, func(field string) { r.into.origins[field] = path })
				continue
			}
			reason = err.Error()
		}
		r.pressureFields(name, func(field string) { r.into.Missing[field] = reason })
	}
}

// noPressure says why a group has no pressure files, "" when it may have.
func (r *reader) noPressure() string {
	switch {
	case !isFile(filepath.Join(r.group.host.root, "proc/pressure/cpu")):
		return "pressure stall information is off; boot with psi=1"
	case r.group.host.unified == nil:
		return "pressure by group needs a cgroup v2 mount"
	case r.group.unified() == nil || !isDir(r.group.unified().dir):
		return "the group has no directory of its own in the v2 tree"
	}
	return ""
}

func (r *reader) pressureFields(name string, each func(field string)) {
	for _, field := range []string{"some_avg10", "full_avg10", "some_total", "full_total"} {
		each("pressure." + name + "." + field)
	}
}

// parseStall reads two lines as "some avg10=0.26 avg60=0.98 avg300=3.41
// total=25544039": percent, and microseconds. Kernels before 5.13 have no "full"
// line for cpu.
func parseStall(text string) (s Stall) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		avg10, total := &s.SomeAvg10, &s.SomeTotal
		if words[0] == "full" {
			avg10, total = &s.FullAvg10, &s.FullTotal
		}
		for _, word := range words[1:] {
			name, value, _ := strings.Cut(word, "=")
			switch name {
			case "avg10":
				percent, _ := strconv.ParseFloat(value, 64)
				*avg10 = unit.Ratio(percent / 100)
			case "total":
				us, _ := strconv.ParseInt(value, 10, 64)
				*total = time.Duration(scaled(us, microsecond))
			}
		}
	}
	return s
}

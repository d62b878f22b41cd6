package cgroup

import (
	"math"
	"strconv"

	"isolab/actions"
	"isolab/actions/kernel/cgroup"
	"isolab/actions/shell"
	"isolab/schema"
	"isolab/schema/unit"
)

// knob is one limit as a person would write it: the file of each version (empty
// where that version has none) and the text, empty when the limit is not set.
type knob struct {
	controller, v1, v2 string
	text               func(l schema.Limits, v2 bool) string
}

// knobs are the limits in the order in which they must be written by hand.
func knobs() []knob {
	return []knob{
		{"cpu", "cpu.cfs_quota_us", "cpu.max", quotaText},
		{"cpu", "cpu.shares", "cpu.weight", shareText},
		{"cpuset", "cpuset.cpus", "cpuset.cpus", func(l schema.Limits, _ bool) string { return value(l.Cpuset) }},
		{"memory", "memory.limit_in_bytes", "memory.max", func(l schema.Limits, v2 bool) string { return sizeText(l.Memory, v2) }},
		{"memory", "memory.memsw.limit_in_bytes", "memory.swap.max", swapText},
		{"memory", "memory.soft_limit_in_bytes", "memory.low", func(l schema.Limits, v2 bool) string { return sizeText(l.Reservation, v2) }},
		{"memory", "memory.swappiness", "", func(l schema.Limits, _ bool) string { return numberText(l.Swappiness) }},
		{"memory", "memory.oom_control", "", oomText},
		{"pids", "pids.max", "pids.max", pidsText},
		device("blkio.throttle.read_bps_device", "rbps", func(l schema.Limits) *int64 { return (*int64)(l.ReadBPS) }),
		device("blkio.throttle.write_bps_device", "wbps", func(l schema.Limits) *int64 { return (*int64)(l.WriteBPS) }),
		device("blkio.throttle.read_iops_device", "riops", func(l schema.Limits) *int64 { return l.ReadIOPS }),
		device("blkio.throttle.write_iops_device", "wiops", func(l schema.Limits) *int64 { return l.WriteIOPS }),
	}
}

// limitCommands are the echo commands that set the limits by hand.
func limitCommands(v actions.View, w where, l schema.Limits) []string {
	l = l.NoneAsZero()
	var lines []string
	for _, k := range knobs() {
		text, file := k.text(l, v2(v)), named(v, k.v1, k.v2)
		if text != "" && file != "" {
			lines = append(lines, shell.Write(text, w.file(v, k.controller, file)))
		}
	}
	return lines
}

// quotaText is the CPU time for each 100 ms, the kernel's default period, in
// microseconds.
func quotaText(l schema.Limits, v2 bool) string {
	const period = 100_000
	if l.CPUs == nil {
		return ""
	}
	text := strconv.FormatInt(int64(math.Round(float64(*l.CPUs)*period)), 10)
	if *l.CPUs == 0 {
		text = unlimitedText(v2)
	}
	if v2 {
		text += " " + strconv.Itoa(period)
	}
	return text
}

// shareText is on v2's own scale there.
func shareText(l schema.Limits, v2 bool) string {
	if l.CPUShares != nil && v2 {
		return strconv.FormatInt(cgroup.SharesToWeight(*l.CPUShares), 10)
	}
	return numberText(l.CPUShares)
}

// swapText is swap alone on v2, and memory and swap together on v1.
func swapText(l schema.Limits, v2 bool) string {
	switch {
	case l.Swap == nil || l.Memory != nil && l.Memory.IsUnlimited():
		return ""
	case v2 || l.Swap.IsUnlimited():
		return sizeText(l.Swap, v2)
	case l.Memory == nil:
		return "<memory limit + " + sizeText(l.Swap, v2) + ">"
	}
	both := *l.Memory + *l.Swap
	return sizeText(&both, v2)
}

func oomText(l schema.Limits, _ bool) string {
	switch {
	case l.OOMKill == nil:
		return ""
	case *l.OOMKill:
		return "0"
	}
	return "1"
}

func pidsText(l schema.Limits, _ bool) string {
	if l.PIDs != nil && *l.PIDs <= 0 {
		return "max"
	}
	return numberText(l.PIDs)
}

// device is the knob of one I/O limit: "8:0 1048576" on v1, "8:0 rbps=1048576"
// on v2. Writing 0 lifts it on v1, "max" on v2.
func device(v1, key string, limit func(schema.Limits) *int64) knob {
	return knob{"io", v1, "io.max", func(l schema.Limits, v2 bool) string {
		text := numberText(limit(l))
		if text == "" {
			return ""
		}
		on := l.Device
		if on == "" {
			on = "<major:minor>"
		}
		if !v2 {
			return on + " " + text
		}
		if text == "0" {
			text = unlimitedText(v2)
		}
		return on + " " + key + "=" + text
	}}
}

func sizeText(size *unit.Size, v2 bool) string {
	switch {
	case size == nil:
		return ""
	case size.IsUnlimited():
		return unlimitedText(v2)
	}
	return strconv.FormatInt(int64(*size), 10)
}

func unlimitedText(v2 bool) string {
	if v2 {
		return "max"
	}
	return "-1"
}

func numberText(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

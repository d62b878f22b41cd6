package unit

import (
	"strconv"
)

// Exact prints a size without loss, as ParseSize reads it: "150MiB" in the largest
// binary unit that divides it, else "157286401B"; "0", and "none" for no limit.
func (s Size) Exact() string {
	switch {
	case s == 0:
		return "0"
	case s == Unlimited:
		return "none"
	}
	for _, step := range []struct {
		scale Size
		name  string
	}{{TiB, "TiB"}, {GiB, "GiB"}, {MiB, "MiB"}, {KiB, "KiB"}} {
		if s%step.scale == 0 {
			return strconv.FormatInt(int64(s/step.scale), 10) + step.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// Exact prints a rate without loss, as ParseRate reads it: "1MiB/s", "0", and "none"
// for no limit.
func (r Rate) Exact() string {
	if r == 0 || Size(r) == Unlimited {
		return Size(r).Exact()
	}
	return Size(r).Exact() + "/s"
}

// Exact prints an amount of CPU without loss, as ParseCPUs reads it: "0.5cpu", and
// "none" for no limit.
func (c CPUs) Exact() string {
	if c.IsUnlimited() {
		return "none"
	}
	return strconv.FormatFloat(float64(c), 'f', -1, 64) + "cpu"
}

// Exact prints a ratio without loss, as ParseRatio reads it: "10%", or a plain
// number where the percentage would be rounded.
func (r Ratio) Exact() string {
	percent := strconv.FormatFloat(float64(r)*100, 'f', -1, 64) + "%"
	if back, err := ParseRatio(percent); err == nil && back == r && len(percent) <= 8 {
		return percent
	}
	return strconv.FormatFloat(float64(r), 'f', -1, 64)
}

package unit

import (
	"fmt"
	"strconv"
)

// CPUs is an amount of processor: 0.5 is half of one CPU's time. In JSON it is a
// plain number. Zero as a limit means "no limit".
type CPUs float64

// ParseCPUs reads "0.5cpu", "2cpus", "0.5" or "none" (0, no limit).
func ParseCPUs(s string) (CPUs, error) {
	if s == "none" || s == "unlimited" {
		return 0, nil
	}
	number, suffix := split(s)
	if number == "" || suffix != "" && suffix != "cpu" && suffix != "cpus" {
		return 0, fmt.Errorf("%q is not an amount of CPU; write a number such as 0.5cpu", s)
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || value < 0 {
		return 0, fmt.Errorf("%q is not an amount of CPU; write a number such as 0.5cpu", s)
	}
	return CPUs(value), nil
}

// String prints "0.5 cpu".
func (c CPUs) String() string { return trimFloat(float64(c), 3) + " cpu" }

package unit

import (
	"fmt"
	"math"
	"strconv"
)

// CPUs is an amount of processor: 0.5 is half of one CPU's time. In JSON it is a
// plain number.
type CPUs float64

// UnlimitedCPUs stands for "no limit": larger than any limit, like [Unlimited].
const UnlimitedCPUs CPUs = math.MaxInt64

// ParseCPUs reads "0.5cpu", "2cpus", "0.5" or "none" and "unlimited", which both
// mean UnlimitedCPUs.
func ParseCPUs(s string) (CPUs, error) {
	if s == "none" || s == "unlimited" {
		return UnlimitedCPUs, nil
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

// IsUnlimited reports whether the amount stands for "no limit".
func (c CPUs) IsUnlimited() bool { return c >= UnlimitedCPUs }

// String prints "0.5 cpu" or "no limit".
func (c CPUs) String() string {
	if c.IsUnlimited() {
		return noLimit
	}
	return trimFloat(float64(c), 3) + " cpu"
}

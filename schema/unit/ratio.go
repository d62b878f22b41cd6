package unit

import (
	"fmt"
	"strconv"
)

// Ratio is a part of a whole: 0.1 is 10 %. In JSON it is a plain number.
type Ratio float64

// ParseRatio reads "10%" as 0.1, and a plain number as it stands.
func ParseRatio(s string) (Ratio, error) {
	number, suffix := split(s)
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || suffix != "" && suffix != "%" {
		return 0, fmt.Errorf("%q is not a ratio; write 10%% or 0.1", s)
	}
	if suffix == "%" {
		value /= 100
	}
	return Ratio(value), nil
}

// String prints "27.8 %".
func (r Ratio) String() string { return trimFloat(float64(r)*100, 2) + " %" }

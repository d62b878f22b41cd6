package unit

import (
	"fmt"
	"strings"
)

// Rate is bytes per second. In JSON it is a plain number. Zero as a limit means
// "no limit".
type Rate int64

// ParseRate reads a size per second: "1MiB/s", "1MiB" or "none" (0, no limit).
func ParseRate(s string) (Rate, error) {
	if s == "none" || s == "unlimited" {
		return 0, nil
	}
	size, err := ParseSize(strings.TrimSuffix(s, "/s"))
	if err != nil {
		return 0, fmt.Errorf("%q is not a rate; write a size per second, such as 1MiB/s", s)
	}
	return Rate(size), nil
}

// String prints "1 MiB/s".
func (r Rate) String() string { return Size(r).String() + "/s" }

package unit

import (
	"fmt"
	"strings"
)

// Rate is bytes per second. In JSON it is a plain number.
type Rate int64

// UnlimitedRate stands for "no limit", like [Unlimited].
const UnlimitedRate = Rate(Unlimited)

// ParseRate reads a size per second: "1MiB/s", "1MiB", or "none" and "unlimited",
// which both mean UnlimitedRate.
func ParseRate(s string) (Rate, error) {
	if s == "none" || s == "unlimited" {
		return UnlimitedRate, nil
	}
	size, err := ParseSize(strings.TrimSuffix(s, "/s"))
	if err != nil {
		return 0, fmt.Errorf("%q is not a rate; write a size per second, such as 1MiB/s", s)
	}
	return Rate(size), nil
}

// IsUnlimited reports whether the rate stands for "no limit".
func (r Rate) IsUnlimited() bool { return Size(r).IsUnlimited() }

// String prints "1 MiB/s" or "no limit".
func (r Rate) String() string {
	if r.IsUnlimited() {
		return noLimit
	}
	return Size(r).String() + "/s"
}

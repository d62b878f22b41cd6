package unit

import (
	"fmt"
	"strings"
	"time"
)

// ParseDuration reads what time.ParseDuration reads ("250ms", "1m30s") and "0".
// A bare number is refused: nobody can see whether it means seconds.
func ParseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err == nil {
		return d, nil
	}
	if number, suffix := split(s); number != "" && suffix == "" {
		return 0, fmt.Errorf("%q has no unit; write %ss for seconds, or %sms", s, number, number)
	}
	joined := strings.Join(strings.Fields(s), "")
	if _, err := time.ParseDuration(joined); err == nil {
		return 0, fmt.Errorf("%q has a space in it; write %s", s, joined)
	}
	return 0, fmt.Errorf("%q is not a duration; write a number with a unit, such as 5s or 250ms", s)
}

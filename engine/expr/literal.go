package expr

import (
	"slices"
	"strings"
	"time"

	"isolab/schema"
	"isolab/schema/unit"
)

// sizeUnits and timeUnits are the suffixes that have one meaning only. Docker's k,
// m and g are left out: m is also a minute, and k is 1000 to some.
var (
	sizeUnits = []string{"B", "KiB", "MiB", "GiB", "TiB", "kB", "MB", "GB", "TB"}
	timeUnits = []string{"ns", "us", "µs", "ms", "s", "m", "h"}
	cpuUnits  = []string{"cpu", "cpus"}
)

// otherUnits are what people write for a unit that has another name here.
var otherUnits = map[string]string{
	"byte": "B", "bytes": "B", "sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m",
	"minute": "m", "minutes": "m", "hr": "h", "hour": "h", "hours": "h", "msec": "ms", "millis": "ms",
	"core": "cpu", "cores": "cpus", "CPU": "cpu", "CPUs": "cpus", "percent": "%", "pct": "%",
}

// parseLiteral reads a quantity. number is its first number.
func parseLiteral(written, number string) (any, *fault) {
	plain := strings.ReplaceAll(written, "_", "")
	suffix := suffixOf(strings.TrimSuffix(written, "/s"))
	switch {
	case suffix == "%":
		return wrap(unit.ParseRatio(plain))
	case isSizeUnit(suffix) && strings.HasSuffix(written, "/s"):
		return wrap(unit.ParseRate(plain))
	case isSizeUnit(suffix):
		return wrap(unit.ParseSize(plain))
	case slices.Contains(cpuUnits, suffix):
		return wrap(unit.ParseCPUs(plain))
	}
	if d, err := time.ParseDuration(plain); err == nil {
		return d, nil
	}
	return nil, badUnit(written, number)
}

// wrap turns a unit's parse error into a fault.
func wrap[T any](value T, err error) (any, *fault) {
	if err != nil {
		return nil, &fault{code: schema.CodeWrongUnit, message: err.Error()}
	}
	return value, nil
}

func badUnit(written, number string) *fault {
	suffix := written[len(number):]
	if suffix[0] == '.' {
		return &fault{code: schema.CodeBadExpr, message: written + " is not a number"}
	}
	f := &fault{code: schema.CodeWrongUnit, message: written + ": unknown unit " + suffix}
	f.hint = "units are " + strings.Join(sizeUnits, " ") + " for sizes, us ms s m h for durations, % for ratios, cpu for CPUs and MiB/s for rates"
	if letter := strings.ToUpper(suffix); len(suffix) == 1 && strings.Contains("KMGT", letter) {
		decimal := strings.Replace(letter, "K", "k", 1) + "B"
		f.hint = "write " + number + letter + "iB (of 1024) or " + number + decimal + " (of 1000)"
		return f
	}
	if len(suffix) == 2 && suffix[1] == 'i' && strings.Contains("KMGTkmgt", suffix[:1]) {
		f.hint = "write " + number + strings.ToUpper(suffix[:1]) + "iB"
		return f
	}
	if near, ok := nearestUnit(suffix); ok {
		f.message += "; did you mean " + near + "?"
		f.hint = "write " + number + near
	}
	return f
}

func nearestUnit(suffix string) (string, bool) {
	if near, ok := otherUnits[suffix]; ok {
		return near, true
	}
	all := append(append(append([]string{}, sizeUnits...), timeUnits...), cpuUnits...)
	for _, known := range all {
		if strings.EqualFold(known, suffix) {
			return known, true
		}
	}
	return nearest(suffix, all)
}

// suffixOf is what follows the first number.
func suffixOf(written string) string { return strings.TrimLeft(written, "0123456789._") }

func isSizeUnit(s string) bool { return slices.Contains(sizeUnits, s) }

func isUnit(s string) bool {
	return slices.Contains(sizeUnits, s) || slices.Contains(timeUnits, s) || slices.Contains(cpuUnits, s)
}

package unit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes. In JSON it is a plain number.
type Size int64

// Binary multiples (IEC 80000-13), the ones the kernel counts in.
const (
	Byte Size = 1
	KiB       = 1024 * Byte
	MiB       = 1024 * KiB
	GiB       = 1024 * MiB
	TiB       = 1024 * GiB
)

// Unlimited stands for "no limit": cgroup v2 writes it "max", v1 as the largest
// page-rounded 64-bit number (9223372036854771712 with 4 KiB pages).
const Unlimited Size = math.MaxInt64

// noLimit is how people are shown that there is none.
const noLimit = "no limit"

// sizeUnits maps every accepted suffix to its bytes. A bare k, M or G is the
// binary multiple, as Docker's --memory reads it; kB, MB and GB are decimal (SI).
var sizeUnits = map[string]Size{
	"B": 1, "b": 1,
	"KiB": KiB, "MiB": MiB, "GiB": GiB, "TiB": TiB,
	"k": KiB, "K": KiB, "m": MiB, "M": MiB, "g": GiB, "G": GiB,
	"kB": 1000, "KB": 1000, "MB": 1000 * 1000, "GB": 1000 * 1000 * 1000, "TB": 1000 * 1000 * 1000 * 1000,
}

// ParseSize reads "150MiB", "1.5GiB", "64k", "0" or "none" and "unlimited",
// which both mean Unlimited. Suffixes: B KiB MiB GiB TiB, kB MB GB TB (decimal),
// and Docker's single letters k m g (binary).
func ParseSize(s string) (Size, error) {
	switch s {
	case "none", "unlimited", "max":
		return Unlimited, nil
	}
	number, suffix := split(s)
	if number == "" {
		return 0, fmt.Errorf("%q is not a size; write a number with a unit, such as 150MiB", s)
	}
	scale, ok := sizeUnits[suffix]
	if suffix == "" {
		if strings.Trim(number, "0.") != "" {
			return 0, fmt.Errorf("%q has no unit; write %sB for bytes, or %sMiB", s, number, number)
		}
		scale, ok = 1, true
	}
	if near := sameLetters(suffix); !ok && near != "" {
		return 0, fmt.Errorf("%q: unknown unit %q for a size; did you mean %s%s?", s, suffix, number, near)
	}
	if !ok {
		return 0, fmt.Errorf("%q: unknown unit %q for a size; use B, KiB, MiB, GiB or TiB", s, suffix)
	}
	if whole, err := strconv.ParseInt(number, 10, 64); err == nil && whole >= 0 && whole < int64(Unlimited/scale) {
		return Size(whole) * scale, nil // exact beyond 2^53 too
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a size: %w", s, err)
	}
	bytes := value * float64(scale)
	if bytes >= math.MaxInt64 || bytes < 0 {
		return 0, fmt.Errorf("%q is outside 0 to 8 EiB", s)
	}
	return Size(math.Round(bytes)), nil
}

// sameLetters is the unit that differs from a text only in its capitals, or "".
func sameLetters(text string) string {
	for _, unit := range []string{"KiB", "MiB", "GiB", "TiB", "kB", "MB", "GB", "TB"} {
		if strings.EqualFold(unit, text) {
			return unit
		}
	}
	return ""
}

// String prints a size as people read it: "150 MiB", "163.4 MiB", "no limit".
func (s Size) String() string {
	if s.IsUnlimited() {
		return noLimit
	}
	if s < 0 {
		return "-" + (-s).String()
	}
	for _, step := range []struct {
		scale Size
		name  string
	}{{TiB, "TiB"}, {GiB, "GiB"}, {MiB, "MiB"}, {KiB, "KiB"}} {
		if s >= step.scale {
			return trimFloat(float64(s)/float64(step.scale), 1) + " " + step.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + " B"
}

// IsUnlimited reports whether the size stands for "no limit": Unlimited itself,
// or within a megabyte of it, as cgroup v1 rounds it down to a page.
func (s Size) IsUnlimited() bool { return s > Unlimited-MiB }

// split cuts "1.5GiB" into "1.5" and "GiB"; the number is empty when there is none.
func split(s string) (number, suffix string) {
	i := 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.' || i == 0 && s[i] == '-') {
		i++
	}
	return s[:i], strings.TrimSpace(s[i:])
}

// trimFloat prints v with at most the given decimals, without trailing zeros.
func trimFloat(v float64, decimals int) string {
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

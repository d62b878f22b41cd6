package expr

import (
	"fmt"
	"math"
	"time"

	"isolab/schema/unit"
)

// difference says by how much a comparison missed: "13.4 MiB (8.9 %) over". It is
// empty where a number says nothing: for text, lists, sizes without a limit, and whole
// numbers that are not the same, such as exit codes.
func difference(op string, sides []any) string {
	if len(sides) < 2 {
		return ""
	}
	if a, ok := sides[0].(time.Time); ok {
		return timeDifference(a, sides[1])
	}
	a, okA := numberOf(sides[0])
	b, okB := numberOf(sides[1])
	if !okA || !okB || a.unlimited() || b.unlimited() {
		return ""
	}
	if op == "==" && a.kind == whole && b.kind == whole {
		return ""
	}
	off, err := apart(op, a, b)
	if err != nil {
		return ""
	}
	over := a.f > b.f
	switch op {
	case "<", "<=":
		if a.f == b.f {
			return "exactly equal"
		}
		return off + " over"
	case ">", ">=":
		if a.f == b.f {
			return "exactly equal"
		}
		return off + " under"
	case "==":
		return off + map[bool]string{true: " more", false: " less"}[over]
	case "within":
		return withinDifference(off, over, sides)
	}
	return ""
}

// distance is how far the two sides of a comparison are apart, as a part of the
// larger one; 0 where a number says nothing.
func distance(sides []any) float64 {
	if len(sides) < 2 {
		return 0
	}
	a, okA := numberOf(sides[0])
	b, okB := numberOf(sides[1])
	largest := max(abs(a.f), abs(b.f))
	if !okA || !okB || a.unlimited() || b.unlimited() || largest == 0 {
		return 0
	}
	return abs(a.f-b.f) / largest
}

// smaller is which side of a comparison is the smaller number, or -1.
func smaller(sides []any) int {
	if len(sides) < 2 {
		return -1
	}
	a, okA := numberOf(sides[0])
	b, okB := numberOf(sides[1])
	switch {
	case !okA || !okB || a.f == b.f:
		return -1
	case a.f < b.f:
		return 0
	}
	return 1
}

func withinDifference(off string, over bool, sides []any) string {
	if len(sides) < 3 {
		return ""
	}
	return fmt.Sprintf("%s %s, allowed are %s", off, map[bool]string{true: "over", false: "under"}[over], human(sides[2]))
}

// unlimited reports whether the number stands for "no limit", as quantities and
// counts of limits do where there is none.
func (n number) unlimited() bool {
	switch n.kind {
	case size:
		return unit.Size(n.i).IsUnlimited()
	case rate:
		return unit.Rate(n.i).IsUnlimited()
	case cpus:
		return unit.CPUs(n.f).IsUnlimited()
	case whole, duration:
		return n.i == math.MaxInt64
	}
	return false
}

// apart is the distance of two numbers of one kind, and how much of the second
// one that is. A distance of ratios is in percentage points.
func apart(op string, a, b number) (string, error) {
	k := a.kind
	if a.kind != b.kind {
		k = decimal
	}
	const plainly = 10 // a number above is no part of anything, and told as it is
	if (a.kind == ratio || b.kind == ratio) && max(abs(a.f), abs(b.f)) <= plainly {
		points, err := number{f: threeDigits(100 * abs(a.f-b.f))}.valueOf(decimal)
		text := fmt.Sprint(Format(points), " percentage points")
		if op == "within" && b.f != 0 { // what is allowed is a part, so the distance is told as one
			text += fmt.Sprintf(" (%s)", unit.Ratio(math.Round(1000*abs((a.f-b.f)/b.f))/1000))
		}
		return text, err
	}
	off := abs(a.f - b.f)
	if k == decimal {
		off = threeDigits(off)
	}
	distance, err := number{exact: a.exact && b.exact, i: max(a.i, b.i) - min(a.i, b.i), f: off}.valueOf(k)
	if err != nil {
		return "", err
	}
	part := math.Round(1000*abs((a.f-b.f)/b.f)) / 1000
	if b.f == 0 || part == 0 || part > 100 {
		return human(distance), nil
	}
	return fmt.Sprintf("%s (%s)", human(distance), unit.Ratio(part)), nil
}

func timeDifference(a time.Time, other any) string {
	b, ok := other.(time.Time)
	switch {
	case !ok:
		return ""
	case a.Equal(b):
		return "exactly equal"
	case a.After(b):
		return formatDuration(a.Sub(b)) + " later"
	}
	return formatDuration(b.Sub(a)) + " earlier"
}

// threeDigits keeps three digits: a distance is not more exact than that.
func threeDigits(f float64) float64 {
	if f == 0 {
		return 0
	}
	scale := math.Pow(10, 2-math.Floor(math.Log10(f)))
	return math.Round(f*scale) / scale
}

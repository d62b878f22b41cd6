package expr

import (
	"fmt"
	"math"
	"time"

	"isolab/schema/unit"
)

// combined is the kind of `left op right`, and false when the two do not go
// together. It is the whole unit algebra:
//
//	same + - same            a size and a size are a size
//	quantity * number        and number * quantity, quantity / number
//	quantity * ratio         and ratio * quantity, quantity / ratio: 10% of a size
//	quantity / same          a ratio
//	size / duration          a rate; rate * duration and size / rate go back
//	cpus * duration          CPU time; duration / cpus goes back
//	time - time              a duration; time + - duration is a time
//	number and ratio         a ratio is a number, too
func combined(op string, l, r kind) (kind, bool) {
	switch op {
	case "+", "-":
		return sum(op, l, r)
	case "*":
		if k, ok := product(l, r); ok {
			return k, true
		}
		return product(r, l)
	case "/":
		return quotient(l, r)
	case "%":
		return l, l == r && (l == whole || l == size || l == duration)
	case "**", "^":
		return decimal, l.number() && r.number()
	}
	return invalid, false
}

func sum(op string, l, r kind) (kind, bool) {
	switch {
	case l == text && r == text:
		return text, op == "+"
	case l == moment && r == moment:
		return duration, op == "-"
	case l == moment && r == duration:
		return moment, true
	case l == duration && r == moment:
		return moment, op == "+"
	case l == r && (l == whole || l.quantity()):
		return l, true
	case l.number() && r.number():
		return decimal, true
	case l == ratio && r.number(), l.number() && r == ratio:
		return ratio, true
	}
	return invalid, false
}

// product is symmetric; the caller tries both orders.
func product(l, r kind) (kind, bool) {
	switch {
	case l == whole && r == whole:
		return whole, true
	case l.number() && r.number():
		return decimal, true
	case l.quantity() && (r.number() || r == ratio):
		return l, true
	case l == rate && r == duration:
		return size, true
	case l == cpus && r == duration:
		return duration, true
	}
	return invalid, false
}

func quotient(l, r kind) (kind, bool) {
	switch {
	case l.number() && r.number():
		return decimal, true
	case l.number() && r == ratio:
		return decimal, true
	case l.quantity() && l == r:
		return ratio, true
	case l.quantity() && (r.number() || r == ratio):
		return l, true
	case l == size && r == duration:
		return rate, true
	case l == size && r == rate:
		return duration, true
	case l == duration && r == cpus:
		return duration, true
	}
	return invalid, false
}

// ordered reports whether < and > make sense between two kinds.
func ordered(l, r kind) bool {
	switch {
	case (l.number() || l == ratio) && (r.number() || r == ratio):
		return true
	case l == r:
		return l.quantity() || l == text || l == moment
	}
	return false
}

// number is a plain number or a quantity in its base unit. Whole ones count
// exactly; the rest are fractions.
type number struct {
	kind  kind
	exact bool
	i     int64
	f     float64
}

func numberOf(v any) (number, bool) {
	switch v := v.(type) {
	case int:
		return number{whole, true, int64(v), float64(v)}, true
	case float64:
		return number{kind: decimal, f: v}, true
	case unit.Size:
		return number{size, true, int64(v), float64(v)}, true
	case time.Duration:
		return number{duration, true, int64(v), float64(v)}, true
	case unit.Rate:
		return number{rate, true, int64(v), float64(v)}, true
	case unit.Ratio:
		return number{kind: ratio, f: float64(v)}, true
	case unit.CPUs:
		return number{kind: cpus, f: float64(v)}, true
	}
	return number{}, false
}

// valueOf is the number as a value of a kind. What does not fit is an error.
func (n number) valueOf(k kind) (any, error) {
	if math.IsNaN(n.f) || math.IsInf(n.f, 0) {
		return nil, fmt.Errorf("the result is not a number")
	}
	switch k {
	case decimal:
		return n.f, nil
	case ratio:
		return unit.Ratio(n.f), nil
	case cpus:
		return unit.CPUs(n.f), nil
	}
	if !n.exact {
		if n.f >= math.MaxInt64 || n.f <= math.MinInt64 {
			return nil, fmt.Errorf("the result is too large for %s", kindNames[k].one)
		}
		n.i = int64(math.Round(n.f))
	}
	return exactly(n.i, k), nil
}

func exactly(i int64, k kind) any {
	switch k {
	case size:
		return unit.Size(i)
	case rate:
		return unit.Rate(i)
	case duration:
		return time.Duration(i)
	}
	return int(i)
}

// arithmetic evaluates `a op b` by the algebra of combined.
func arithmetic(op string, a, b any) (any, error) {
	l, okL := numberOf(a)
	r, okR := numberOf(b)
	if !okL || !okR {
		return timeArithmetic(op, a, b)
	}
	k, ok := combined(op, l.kind, r.kind)
	if !ok {
		return nil, mismatch(op, valueType(a), valueType(b))
	}
	if (op == "/" || op == "%") && r.f == 0 {
		return nil, fmt.Errorf("division by zero")
	}
	if l.exact && r.exact && exactOperator(op, l.kind, r.kind) {
		i, ok := exactArithmetic(op, l.i, r.i)
		if !ok {
			return nil, fmt.Errorf("the result is too large for %s", kindNames[k].one)
		}
		return exactly(i, k), nil
	}
	return number{f: inBase(op, l, r) * fraction(op, l.f, r.f)}.valueOf(k)
}

// inBase is what a product or quotient of different quantities is multiplied by,
// as durations count nanoseconds and rates count seconds.
func inBase(op string, l, r number) float64 {
	switch {
	case op == "/" && l.kind == size && r.kind == duration, op == "/" && l.kind == size && r.kind == rate:
		return float64(time.Second)
	case op == "*" && (l.kind == rate && r.kind == duration || l.kind == duration && r.kind == rate):
		return 1 / float64(time.Second)
	}
	return 1
}

func fraction(op string, a, b float64) float64 {
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	case "**", "^":
		return math.Pow(a, b)
	}
	return math.NaN()
}

func exactOperator(op string, l, r kind) bool {
	return op == "+" || op == "-" || op == "%" || op == "*" && (l == whole || r == whole)
}

// exactArithmetic counts in whole numbers; false is an overflow.
func exactArithmetic(op string, a, b int64) (int64, bool) {
	switch op {
	case "+":
		return a + b, (a+b > a) == (b > 0)
	case "-":
		return a - b, (a-b < a) == (b > 0)
	case "%":
		return a % b, true
	}
	c := a * b
	return c, a == 0 || c/a == b && !(a == -1 && b == math.MinInt64)
}

func timeArithmetic(op string, a, b any) (any, error) {
	switch x := a.(type) {
	case time.Time:
		switch y := b.(type) {
		case time.Time:
			if op == "-" {
				return x.Sub(y), nil
			}
		case time.Duration:
			if op == "-" {
				y = -y
			}
			return x.Add(y), nil
		}
	case time.Duration:
		if y, ok := b.(time.Time); ok && op == "+" {
			return y.Add(x), nil
		}
	}
	return nil, mismatch(op, valueType(a), valueType(b))
}

package expr

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// compare orders two values that go together: -1, 0 or 1.
func compare(a, b any) (int, error) {
	l, okL := numberOf(a)
	r, okR := numberOf(b)
	switch {
	case okL && okR && ordered(l.kind, r.kind):
		return l.compare(r), nil
	case okL || okR:
		return 0, mismatch("<", valueType(a), valueType(b))
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), nil
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y), nil
		}
	}
	return 0, mismatch("<", valueType(a), valueType(b))
}

// compare takes every "no limit" for the same, as cgroup v1 rounds it to a page,
// and what is no whole number where it differs by a rounding error only: 10% + 5% is
// 15%, and 0.1 * 3 is 0.3.
func (n number) compare(m number) int {
	switch {
	case n.unlimited() && m.unlimited():
		return 0
	case (n.fraction() || m.fraction()) && abs(n.f-m.f) <= 1e-12*max(abs(n.f), abs(m.f)):
		return 0
	}
	if n.exact && m.exact {
		return cmp.Compare(n.i, m.i)
	}
	return cmp.Compare(n.f, m.f)
}

// fraction reports a number that is held in binary, mostly not exactly.
func (n number) fraction() bool { return n.kind == decimal || n.kind >= cpus && n.kind <= ratio }

// equal compares two values of any kind. Values of different kinds are an error,
// not unequal: a claim that can never hold is a mistake.
func equal(r *run, a, b any) (bool, error) {
	if a == nil || b == nil {
		return a == nil && b == nil, nil
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return x == y, nil
		}
	case bool:
		if y, ok := b.(bool); ok {
			return x == y, nil
		}
	default:
		v, w := reflect.ValueOf(a), reflect.ValueOf(b)
		if isList(v) && isList(w) {
			return equalLists(r, v, w)
		}
		if v.Type() == w.Type() && kindOf(v.Type()) > list {
			return reflect.DeepEqual(a, b), nil
		}
	}
	order, err := compare(a, b)
	if err != nil {
		return false, mismatch("==", valueType(a), valueType(b))
	}
	return order == 0, nil
}

func isList(v reflect.Value) bool { return v.Kind() == reflect.Slice || v.Kind() == reflect.Array }

func equalLists(r *run, v, w reflect.Value) (bool, error) {
	if v.Len() != w.Len() {
		return false, nil
	}
	for i := range v.Len() {
		same, err := equalItems(r, v.Index(i), w.Index(i))
		if err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

func equalItems(r *run, v, w reflect.Value) (bool, error) {
	if err := r.spend(4); err != nil {
		return false, err
	}
	a, err := plain(v)
	if err != nil {
		return false, err
	}
	b, err := plain(w)
	if err != nil {
		return false, err
	}
	return equal(r, a, b)
}

// within reports whether a is b give or take the tolerance: a ratio of b, or an
// amount of the same kind.
func within(a, b, tolerance any) (bool, error) {
	x, okX := numberOf(a)
	y, okY := numberOf(b)
	t, okT := numberOf(tolerance)
	if !okX || !okY || !okT || !ordered(x.kind, y.kind) {
		return false, fmt.Errorf("within compares two quantities of one kind, not %s and %s", valueType(a), valueType(b))
	}
	if t.kind != ratio && !ordered(t.kind, y.kind) {
		return false, fmt.Errorf("the tolerance of within is a ratio such as 10%%, or %s, not %s", valueType(b), valueType(tolerance))
	}
	return abs(x.f-y.f) <= allowance(y, t)+abs(y.f)*1e-12, nil
}

// allowance is what a tolerance of within allows: a ratio of the second number, or
// an amount.
func allowance(b, tolerance number) float64 {
	if tolerance.kind == ratio {
		return tolerance.f * abs(b.f)
	}
	return tolerance.f
}

func abs(f float64) float64 {
	if f < 0 {
		return -f
	}
	return f
}

// valueType is the type of a value that is known only now.
func valueType(v any) typ {
	if v == nil {
		return basic(null)
	}
	return typeOf(reflect.TypeOf(v))
}

// mismatch is the error of two values that do not go together.
func mismatch(op string, l, r typ) error { return fmt.Errorf("%s", mismatchText(op, l, r)) }

func mismatchText(op string, l, r typ) string {
	switch op {
	case "+", "-":
		verb := map[string]string{"+": "added to", "-": "subtracted from"}[op]
		return fmt.Sprintf("%s cannot be %s %s", r, verb, l)
	case "*":
		return fmt.Sprintf("%s cannot be multiplied by %s", l, r)
	case "/", "%":
		return fmt.Sprintf("%s cannot be divided by %s", l, r)
	case "**", "^":
		return fmt.Sprintf("%s cannot be raised to the power of %s", l, r)
	}
	return fmt.Sprintf("%s is compared with %s", l, r)
}

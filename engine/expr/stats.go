package expr

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"isolab/schema/unit"
)

func checkWithin(c *checker, s *callSite) typ {
	a, b, tolerance := s.types[0], s.types[1], s.types[2]
	a, b = c.zero(&s.args[0], s.written[0], a, b), c.zero(&s.args[1], s.written[1], b, a)
	tolerance = c.zero(&s.args[2], s.written[2], tolerance, b)
	for i, t := range []typ{a, b, tolerance} {
		if !measurable(t) {
			return c.wrong(s, i, "a number or quantity")
		}
	}
	switch {
	case a.kind == anything || b.kind == anything || tolerance.kind == anything:
	case !ordered(a.kind, b.kind):
		return c.fail(s.written[1], CodeUnitMismatch, fmt.Sprintf("%s is compared with %s", a, b), c.unitHint(s.written[1], b, a))
	case tolerance.kind != ratio && !ordered(tolerance.kind, b.kind):
		return c.fail(s.written[2], CodeUnitMismatch, fmt.Sprintf("the tolerance is %s, but the values are %s", tolerance, kindNames[b.kind].many),
			"write a part, such as 10%, or an amount of the same kind")
	}
	return basic(boolean)
}

func runWithin(_ *run, args []any) (any, error) { return within(args[0], args[1], args[2]) }

func measurable(t typ) bool { return t.kind.number() || t.kind.quantity() || t.kind == anything }

// checkSame is for statistics that are of the same kind as the samples.
func checkSame(c *checker, s *callSite) typ {
	t := s.types[0]
	if t.kind != series && t.kind != list && t.kind != anything || !measurable(t.item()) {
		return c.wrong(s, 0, "a series, or a list of numbers or quantities")
	}
	item := t.item()
	item.optional = false
	return item
}

func checkMean(c *checker, s *callSite) typ {
	if t := checkSame(c, s); t.kind != whole {
		return t
	}
	return basic(decimal)
}

func checkExtreme(c *checker, s *callSite) typ {
	if len(s.types) == 1 {
		return checkSame(c, s)
	}
	t := s.types[0]
	for i, other := range s.types {
		switch {
		case !measurable(other):
			return c.wrong(s, i, "numbers or quantities")
		case t.kind == anything || other.kind == anything:
			t = basic(anything)
		case !ordered(t.kind, other.kind):
			return c.fail(s.written[i], CodeUnitMismatch, fmt.Sprintf("%s is compared with %s", other, t), c.unitHint(s.written[i], other, t))
		case t.kind != other.kind:
			t = basic(anything)
		}
	}
	return t
}

func checkCount(c *checker, s *callSite) typ {
	if t := s.types[0]; t.kind != series && t.kind != list && t.kind != anything {
		return c.wrong(s, 0, "a series or a list")
	}
	return basic(whole)
}

func checkItem(c *checker, s *callSite) typ {
	if t := s.types[0]; t.kind != series && t.kind != list && t.kind != anything {
		return c.wrong(s, 0, "a series or a list")
	}
	return s.types[0].item()
}

func checkRate(c *checker, s *callSite) typ {
	t := s.types[0]
	if t.kind != series && t.kind != anything {
		return c.wrong(s, 0, "a series")
	}
	switch t.item().kind {
	case anything:
		return basic(anything)
	case size:
		return basic(rate)
	case duration:
		return basic(cpus)
	}
	return basic(decimal)
}

// samples are the numbers of a series or list.
func samples(r *run, v any) ([]number, error) {
	if s, ok := v.(unit.Sampled); ok {
		values := s.Floats()
		numbers := make([]number, len(values))
		for i, f := range values {
			numbers[i], _ = numberOf(s.Quantity(f))
		}
		return numbers, r.spend(len(numbers))
	}
	items := reflect.ValueOf(v)
	if !isList(items) {
		return nil, fmt.Errorf("a series or list is needed, not %s", valueType(v))
	}
	numbers := make([]number, items.Len())
	for i := range numbers {
		item, err := plain(items.Index(i))
		if err != nil {
			return nil, err
		}
		n, ok := numberOf(item)
		if !ok || !ordered(n.kind, numbersKind(numbers[:i], n.kind)) {
			return nil, fmt.Errorf("item %d is %s", i, valueType(item))
		}
		numbers[i] = n
	}
	return numbers, r.spend(len(numbers))
}

// numbersKind is the kind of the numbers so far.
func numbersKind(numbers []number, none kind) kind {
	if len(numbers) == 0 {
		return none
	}
	return numbers[0].kind
}

// someSamples is samples that are not empty.
func someSamples(r *run, v any) ([]number, error) {
	numbers, err := samples(r, v)
	if err == nil && len(numbers) == 0 {
		err = absent("there are no samples")
	}
	return numbers, err
}

// self is a number as a value of its own kind.
func (n number) self() (any, error) { return n.valueOf(n.kind) }

func runMean(r *run, args []any) (any, error) {
	numbers, err := someSamples(r, args[0])
	if err != nil {
		return nil, err
	}
	mean := 0.0
	for _, n := range numbers {
		mean += n.f / float64(len(numbers))
	}
	k := numbers[0].kind
	if k == whole {
		k = decimal
	}
	return number{f: mean}.valueOf(k)
}

func runMax(r *run, args []any) (any, error) { return extreme(r, args, 1) }
func runMin(r *run, args []any) (any, error) { return extreme(r, args, -1) }

// extreme is the largest (sign 1) or smallest (-1) of a series, list or arguments.
func extreme(r *run, args []any, sign int) (any, error) {
	from := args[0]
	if len(args) > 1 {
		from = args
	}
	numbers, err := someSamples(r, from)
	if err != nil {
		return nil, err
	}
	return slices.MaxFunc(numbers, func(a, b number) int { return sign * a.compare(b) }).self()
}

func runP95(r *run, args []any) (any, error) {
	numbers, err := someSamples(r, args[0])
	if err != nil {
		return nil, err
	}
	slices.SortFunc(numbers, number.compare)
	rank := int(math.Ceil(0.95 * float64(len(numbers))))
	return numbers[rank-1].self()
}

func runSum(r *run, args []any) (any, error) {
	numbers, err := samples(r, args[0])
	if err != nil {
		return nil, err
	}
	var total any = 0
	for i, n := range numbers {
		value, err := n.self()
		if err == nil && i > 0 {
			value, err = arithmetic("+", total, value)
		}
		if err != nil {
			return nil, err
		}
		total = value
	}
	if s, ok := args[0].(unit.Sampled); ok && len(numbers) == 0 {
		return s.Quantity(0), nil
	}
	return total, nil
}

func runCount(_ *run, args []any) (any, error) { return length(args[0]) }

func length(v any) (any, error) {
	if s, ok := v.(unit.Sampled); ok {
		return s.Len(), nil
	}
	switch items := reflect.ValueOf(v); items.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		return items.Len(), nil
	}
	return nil, fmt.Errorf("%s has no length", valueType(v))
}

func runFirst(_ *run, args []any) (any, error) { return atEnd(args[0], 0, "first") }
func runLast(_ *run, args []any) (any, error)  { return atEnd(args[0], -1, "last") }

func atEnd(v any, at int, which string) (any, error) {
	var items reflect.Value
	if s, ok := v.(unit.Sampled); ok {
		values := s.Floats()
		if len(values) > 0 {
			i := (len(values) + at) % len(values)
			return s.Quantity(values[i]), nil
		}
	} else if items = reflect.ValueOf(v); isList(items) && items.Len() > 0 {
		return plain(items.Index((items.Len() + at) % items.Len()))
	}
	return nil, absent("there is no %s item: nothing is there", which)
}

func runDelta(r *run, args []any) (any, error) {
	numbers, err := someSamples(r, args[0])
	if err != nil {
		return nil, err
	}
	first, err := numbers[0].self()
	if err != nil {
		return nil, err
	}
	last, err := numbers[len(numbers)-1].self()
	if err != nil {
		return nil, err
	}
	return arithmetic("-", last, first)
}

func runRate(_ *run, args []any) (any, error) {
	s, ok := args[0].(unit.Sampled)
	if !ok {
		return nil, fmt.Errorf("rate needs a series, not %s", valueType(args[0]))
	}
	times, values := s.Times(), s.Floats()
	if len(values) < 2 || times[len(values)-1] <= times[0] {
		return nil, absent("a rate needs two samples at different times")
	}
	change := values[len(values)-1] - values[0]
	seconds := (times[len(values)-1] - times[0]).Seconds()
	switch kindOf(reflect.TypeOf(s.Quantity(0))) {
	case size:
		return number{f: change / seconds}.valueOf(rate)
	case duration:
		return number{f: change / float64(time.Second) / seconds}.valueOf(cpus)
	}
	return number{f: change / seconds}.valueOf(decimal)
}

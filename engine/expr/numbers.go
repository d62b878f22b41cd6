package expr

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"isolab/schema"
	"isolab/schema/unit"
)

func checkAbs(c *checker, s *callSite) typ {
	if !measurable(s.types[0]) {
		return c.wrong(s, 0, "a number or quantity")
	}
	return s.types[0]
}

func runAbs(_ *run, args []any) (any, error) {
	n, ok := numberOf(args[0])
	if !ok {
		return nil, fmt.Errorf("abs needs a number or quantity, not %s", valueType(args[0]))
	}
	if n.f >= 0 {
		return args[0], nil
	}
	return arithmetic("*", args[0], -1)
}

func checkRound(c *checker, s *callSite) typ {
	if t := s.types[0]; !t.kind.number() && t.kind != anything {
		c.wrong(s, 0, "a plain number")
		if t.kind.quantity() {
			c.fault.hint = "divide by a unit first: " + s.fn.Name + "(x / 1MiB)"
		}
		if t.kind == ratio {
			return basic(whole)
		}
		return typ{}
	}
	return basic(whole)
}

func runRound(_ *run, args []any) (any, error) { return rounded(args[0], math.Round) }

func runFloor(_ *run, args []any) (any, error) { return rounded(args[0], math.Floor) }

func runCeil(_ *run, args []any) (any, error) { return rounded(args[0], math.Ceil) }

func rounded(v any, how func(float64) float64) (any, error) {
	n, ok := numberOf(v)
	if !ok || n.kind.quantity() && n.kind != ratio {
		return nil, fmt.Errorf("a plain number is needed, not %s", valueType(v))
	}
	if n.exact {
		return v, nil
	}
	return number{f: how(n.f)}.valueOf(whole)
}

// checkSize reads a text that is written out at once, so that a mistake in it is
// found before anything runs.
func checkSize(c *checker, s *callSite) typ {
	if written, ok := s.written[0].(*ast.StringNode); ok {
		if _, err := unit.ParseSize(written.Value); err != nil {
			return c.fail(written, schema.CodeWrongUnit, err.Error(), "")
		}
	}
	if t := s.types[0]; t.kind != text && t.kind != whole && t.kind != decimal && t.kind != size && t.kind != anything {
		return c.wrong(s, 0, "text or a number of bytes")
	}
	return basic(size)
}

func runSize(_ *run, args []any) (any, error) {
	switch v := args[0].(type) {
	case string:
		return unit.ParseSize(strings.TrimSpace(v))
	case int, float64, unit.Size:
		n, _ := numberOf(v)
		return n.valueOf(size)
	}
	return nil, fmt.Errorf("size needs text or a number of bytes, not %s", valueType(args[0]))
}

func checkDuration(c *checker, s *callSite) typ {
	if written, ok := s.written[0].(*ast.StringNode); ok {
		if _, err := unit.ParseDuration(written.Value); err != nil {
			return c.fail(written, schema.CodeWrongUnit, err.Error(), "")
		}
	}
	if t := s.types[0]; t.kind != text && t.kind != duration && t.kind != anything {
		c.wrong(s, 0, "text")
		if t.kind.number() {
			c.fault.hint = "give the number its unit: " + c.src.text(s.written[0]) + " * 1s"
		}
		return typ{}
	}
	return basic(duration)
}

func runDuration(_ *run, args []any) (any, error) {
	switch v := args[0].(type) {
	case string:
		return unit.ParseDuration(strings.TrimSpace(v))
	case time.Duration:
		return v, nil
	}
	return nil, fmt.Errorf("duration needs text, not %s", valueType(args[0]))
}

func checkInt(c *checker, s *callSite) typ {
	switch t := s.types[0]; t.kind {
	case text, whole, decimal, size, anything:
		return basic(whole)
	case duration:
		c.wrong(s, 0, "text, a number or a size")
		c.fault.hint = "divide by a unit: int(float(x / 1s))"
	case ratio:
		c.wrong(s, 0, "text, a number or a size")
		written := c.src.text(s.written[0])
		c.fault.hint = fmt.Sprintf("write round(%s), or int(float(%s)) to cut off", written, written)
	default:
		c.wrong(s, 0, "text, a number or a size")
	}
	return typ{}
}

func runInt(_ *run, args []any) (any, error) {
	switch v := args[0].(type) {
	case string:
		i, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil {
			return nil, fmt.Errorf("%s is not a whole number", shortText(v))
		}
		return i, nil
	case float64:
		return number{f: math.Trunc(v)}.valueOf(whole)
	case int, unit.Size:
		n, _ := numberOf(v)
		return int(n.i), nil
	}
	return nil, fmt.Errorf("int needs text, a number or a size, not %s", valueType(args[0]))
}

func checkFloat(c *checker, s *callSite) typ {
	switch s.types[0].kind {
	case text, whole, decimal, size, ratio, cpus, anything:
		return basic(decimal)
	}
	return c.wrong(s, 0, "text, a number, a size, a ratio or an amount of CPU")
}

func runFloat(_ *run, args []any) (any, error) {
	if s, ok := args[0].(string); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil {
			return nil, fmt.Errorf("%s is not a number", shortText(s))
		}
		return number{f: f}.valueOf(decimal)
	}
	n, ok := numberOf(args[0])
	if !ok {
		return nil, fmt.Errorf("float needs text or a number, not %s", valueType(args[0]))
	}
	return n.valueOf(decimal)
}

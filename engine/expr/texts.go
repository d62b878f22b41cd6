package expr

import (
	"fmt"
	"strings"
	"time"

	"isolab/schema"
)

func checkString(c *checker, s *callSite) typ {
	if k := s.types[0].kind; k >= list && k != anything {
		return c.wrong(s, 0, "one value")
	}
	return basic(text)
}

func runString(r *run, args []any) (any, error) {
	made, err := textOf(args[0])
	if err != nil {
		return nil, err
	}
	return made, r.grow(len(made))
}

// textOf writes a value as a scenario would, without loss; a time in RFC 3339.
func textOf(v any) (string, error) {
	if t, ok := v.(time.Time); ok {
		return t.Format(time.RFC3339Nano), nil
	}
	return schema.Text(v)
}

func checkText(c *checker, s *callSite) typ {
	if k := s.types[0].kind; k != text && k != anything {
		return c.wrong(s, 0, "text")
	}
	return basic(text)
}

func runLower(r *run, args []any) (any, error) { return changed(r, args[0], strings.ToLower) }

func runUpper(r *run, args []any) (any, error) { return changed(r, args[0], strings.ToUpper) }

func runTrim(r *run, args []any) (any, error) { return changed(r, args[0], strings.TrimSpace) }

func changed(r *run, v any, how func(string) string) (any, error) {
	s, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("text is needed, not %s", valueType(v))
	}
	if err := r.grow(len(s)); err != nil {
		return nil, err
	}
	return how(s), nil
}

func checkSplit(c *checker, s *callSite) typ {
	for i, t := range s.types {
		if t.kind != text && t.kind != anything {
			return c.wrong(s, i, "text")
		}
	}
	return listOf(basic(text))
}

func runSplit(r *run, args []any) (any, error) {
	s, okS := args[0].(string)
	by, okBy := args[1].(string)
	if !okS || !okBy {
		return nil, fmt.Errorf("split needs two texts")
	}
	if err := r.items(strings.Count(s, by)); err != nil {
		return nil, err
	}
	if err := r.grow(len(s)); err != nil {
		return nil, err
	}
	return strings.Split(s, by), nil
}

// textual evaluates contains, startsWith and endsWith.
func textual(r *run, op string, a, b any) (any, error) {
	s, okS := a.(string)
	part, okPart := b.(string)
	if !okS || !okPart {
		return nil, fmt.Errorf("%s needs text on both sides, not %s and %s", op, valueType(a), valueType(b))
	}
	if err := r.spend((len(s) + len(part)) / 16); err != nil {
		return nil, err
	}
	switch op {
	case "contains":
		return strings.Contains(s, part), nil
	case "startsWith":
		return strings.HasPrefix(s, part), nil
	}
	return strings.HasSuffix(s, part), nil
}

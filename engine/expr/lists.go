package expr

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

func checkLen(c *checker, s *callSite) typ {
	switch s.types[0].kind {
	case list, dict, series, text, anything:
		return basic(whole)
	}
	return c.wrong(s, 0, "a list, map, series or text")
}

func runLen(r *run, args []any) (any, error) {
	if s, ok := args[0].(string); ok {
		return utf8.RuneCountInString(s), r.spend(len(s) / 16)
	}
	return length(args[0])
}

func checkKeys(c *checker, s *callSite) typ {
	t := s.types[0]
	switch {
	case t.kind == dict && t.goType != nil:
		return listOf(basic(kindOf(t.goType.Key())))
	case t.kind == anything:
		return listOf(basic(anything))
	}
	return c.wrong(s, 0, "a map")
}

func checkValues(c *checker, s *callSite) typ {
	if t := s.types[0]; t.kind == dict || t.kind == anything {
		return listOf(t.item())
	}
	return c.wrong(s, 0, "a map")
}

func runKeys(r *run, args []any) (any, error) {
	keys, err := sortedKeys(r, args[0])
	if err != nil {
		return nil, err
	}
	return plainList(keys)
}

func runValues(r *run, args []any) (any, error) {
	keys, err := sortedKeys(r, args[0])
	if err != nil {
		return nil, err
	}
	m := indirect(reflect.ValueOf(args[0]))
	for i, key := range keys {
		keys[i] = m.MapIndex(key)
	}
	return plainList(keys)
}

func sortedKeys(r *run, v any) ([]reflect.Value, error) {
	m := indirect(reflect.ValueOf(v))
	if m.Kind() != reflect.Map {
		return nil, fmt.Errorf("a map is needed, not %s", valueType(v))
	}
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		if a.CanInt() && b.CanInt() {
			return int(min(max(a.Int()-b.Int(), -1), 1))
		}
		return strings.Compare(fmt.Sprint(a.Interface()), fmt.Sprint(b.Interface()))
	})
	return keys, r.spend(len(keys) * 8)
}

func plainList(items []reflect.Value) (any, error) {
	made := make([]any, len(items))
	for i, item := range items {
		value, err := plain(item)
		if err != nil {
			return nil, err
		}
		made[i] = value
	}
	return made, nil
}

package expr

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"

	"isolab/schema/unit"
)

// machine is the table of functions that compiled programs call. It is made once
// and shared; the library only reads it.
var machine = sync.OnceValue(func() conf.FunctionsTable {
	table := conf.FunctionsTable{}
	add := func(name string, f func(...any) (any, error)) {
		table[name] = &builtin.Function{Name: name, Func: f}
	}
	for name, f := range operators() {
		add(name, f)
	}
	for i := range functionTable {
		if f := &functionTable[i]; f.run != nil {
			add(functionPrefix+f.Name, func(args ...any) (any, error) { return f.run(args[0].(*run), args[1:]) })
		}
	}
	return table
})

// operators are what the checker puts in place of fields, operators and loops.
// Authors cannot name them: a $ is not known in any scope. It is as long as the
// table is.
func operators() map[string]func(...any) (any, error) {
	return map[string]func(...any) (any, error){
		// $path(run, path) walks from a declared name.
		"$path": func(args ...any) (any, error) {
			p := args[1].(*path)
			root, err := args[0].(*run).value(p.root)
			switch {
			case err != nil && len(p.steps) > 0 && p.steps[0].soft:
				return nil, nil
			case err != nil:
				return nil, err
			}
			return p.follow(root)
		},
		// $from(value, path) walks from any other value.
		"$from": func(args ...any) (any, error) { return args[1].(*path).follow(args[0]) },
		// $index(value, key, text, optional) is value[key].
		"$index": func(args ...any) (any, error) { return indexed(args[0], args[1], args[2].(string), args[3].(bool)) },
		// $item(value) is an item of a loop.
		"$item": func(args ...any) (any, error) { return plain(reflect.ValueOf(args[0])) },
		// $there(value, text) demands that an optional value is set.
		"$there": func(args ...any) (any, error) {
			if args[0] == nil {
				return nil, absent("%s is not set", args[1])
			}
			return args[0], nil
		},
		// $truth(value, text) demands true or false.
		"$truth": func(args ...any) (any, error) {
			if b, ok := args[0].(bool); ok {
				return b, nil
			}
			return nil, fmt.Errorf("%s must be true or false, but is %s", args[1], valueType(args[0]))
		},
		// $sign(op, value)
		"$sign": func(args ...any) (any, error) {
			if _, ok := numberOf(args[1]); !ok {
				return nil, fmt.Errorf("%s has no sign", valueType(args[1]))
			}
			if args[0] == "+" {
				return args[1], nil
			}
			return arithmetic("*", args[1], -1)
		},
		// $equal(run, a, b, wanted)
		"$equal": func(args ...any) (any, error) {
			same, err := equal(args[0].(*run), args[1], args[2])
			return same == args[3].(bool), err
		},
		// $order(op, a, b)
		"$order": func(args ...any) (any, error) { return inOrder(args[0].(string), args[1], args[2]) },
		// $arithmetic(run, op, a, b)
		"$arithmetic": func(args ...any) (any, error) { return calculated(args[0].(*run), args[1].(string), args[2], args[3]) },
		// $in(run, a, b)
		"$in": func(args ...any) (any, error) { return in(args[0].(*run), args[1], args[2]) },
		// $textual(run, op, a, b)
		"$textual": func(args ...any) (any, error) { return textual(args[0].(*run), args[1].(string), args[2], args[3]) },
		// $match(run, text, matcher)
		"$match": func(args ...any) (any, error) { return args[2].(*matcher).match(args[0].(*run), args[1]) },
		// $slice(run, value, from, to)
		"$slice": func(args ...any) (any, error) { return sliced(args[0].(*run), args[1], args[2], args[3]) },
		// $items(run, list) is what a loop goes over.
		"$items": func(args ...any) (any, error) { return loopItems(args[0].(*run), args[1]) },
		// $tick(run) counts a round of a loop.
		"$tick": func(args ...any) (any, error) { return nil, args[0].(*run).spend(4) },
		// $note(run, operand, value) keeps a value for Explain.
		"$note": func(args ...any) (any, error) {
			kept := &args[0].(*run).notes[args[1].(int)]
			kept.value, kept.known = args[2], true
			return args[2], nil
		},
		// $seen(run, operand, index, item) keeps the item that a loop is at.
		"$seen": func(args ...any) (any, error) {
			seen := &args[0].(*run).notes[args[1].(int)]
			seen.index, seen.item, seen.looped = args[2].(int), args[3], true
			return nil, nil
		},
	}
}

func indexed(from, key any, where string, optional bool) (any, error) {
	v := indirect(reflect.ValueOf(from))
	if !v.IsValid() {
		if optional {
			return nil, nil
		}
		return nil, absent("%s is not set", where)
	}
	at, numbered := key.(int)
	switch {
	case v.Kind() == reflect.Map:
		found, err := mapValue(v, key, where, optional)
		if err != nil {
			return nil, err
		}
		return plain(found)
	case isList(v) && numbered:
		item, err := itemAt(v, at, where)
		if err != nil {
			return nil, err
		}
		return plain(item)
	}
	if s, ok := v.Interface().(unit.Sampled); ok && numbered {
		item, err := sampleAt(s, at, where)
		if err != nil {
			return nil, err
		}
		return plain(item)
	}
	return nil, fmt.Errorf("%s has no item %v", where, key)
}

func inOrder(op string, a, b any) (bool, error) {
	order, err := compare(a, b)
	if err != nil {
		return false, err
	}
	switch op {
	case "<":
		return order < 0, nil
	case "<=":
		return order <= 0, nil
	case ">":
		return order > 0, nil
	}
	return order >= 0, nil
}

// calculated is arithmetic, and + for text.
func calculated(r *run, op string, a, b any) (any, error) {
	s, okS := a.(string)
	t, okT := b.(string)
	if !okS || !okT || op != "+" {
		return arithmetic(op, a, b)
	}
	if len(s)+len(t) > MaxText {
		return nil, stopped("the expression makes a text of more than %d KiB", MaxText>>10)
	}
	if err := r.grow(len(s) + len(t)); err != nil {
		return nil, err
	}
	return s + t, nil
}

func in(r *run, a, b any) (any, error) {
	v := indirect(reflect.ValueOf(b))
	switch {
	case v.Kind() == reflect.Map:
		k := reflect.ValueOf(a)
		if !k.IsValid() || !k.CanConvert(v.Type().Key()) {
			return nil, fmt.Errorf("%s is not a key of the map", valueType(a))
		}
		return v.MapIndex(k.Convert(v.Type().Key())).IsValid(), nil
	case isList(v):
		return inList(r, a, v)
	}
	return nil, fmt.Errorf("in looks into lists and maps, not into %s", valueType(b))
}

func inList(r *run, a any, v reflect.Value) (any, error) {
	for i := range v.Len() {
		if err := r.spend(4); err != nil {
			return nil, err
		}
		item, err := plain(v.Index(i))
		if err != nil {
			return nil, err
		}
		if same, err := equal(r, a, item); err != nil || same {
			return same, err
		}
	}
	return false, nil
}

// sliced cuts a list by items or text by characters. What lies outside is left
// out, as in v[:5] of three items.
func sliced(r *run, v, from, to any) (any, error) {
	if s, ok := v.(string); ok {
		if err := r.grow(len(s)); err != nil {
			return nil, err
		}
		runes := []rune(s)
		a, b := ends(from, to, len(runes))
		return string(runes[a:b]), nil
	}
	items := indirect(reflect.ValueOf(v))
	if items.Kind() != reflect.Slice {
		return nil, fmt.Errorf("[a:b] cuts lists and text, not %s", valueType(v))
	}
	a, b := ends(from, to, items.Len())
	return items.Slice(a, b).Interface(), nil
}

func ends(from, to any, length int) (int, int) {
	a, b := 0, length
	if i, ok := from.(int); ok {
		a = i
	}
	if i, ok := to.(int); ok {
		b = i
	}
	if a < 0 {
		a += length
	}
	if b < 0 {
		b += length
	}
	b = min(max(b, 0), length)
	return min(max(a, 0), b), b
}

func loopItems(r *run, v any) (any, error) {
	if s, ok := v.(unit.Sampled); ok {
		values := s.Floats()
		items := make([]any, len(values))
		for i, f := range values {
			items[i] = s.Quantity(f)
		}
		return items, r.items(len(items))
	}
	items := indirect(reflect.ValueOf(v))
	if !isList(items) {
		return nil, fmt.Errorf("a list is needed, not %s", valueType(v))
	}
	return items.Interface(), r.items(items.Len())
}

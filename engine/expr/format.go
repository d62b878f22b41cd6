package expr

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"isolab/schema/unit"
)

// How much of a value is shown.
const (
	shownRunes  = 80 // of a text
	shownItems  = 5  // of a list or map
	shownFields = 8  // of a group of fields
	fewerFields = 3  // of a group inside a list
	shownDepth  = 2  // values inside values
)

// Format shows a value to a person: "163.4 MiB (171302912)", "27.8 %", text in
// quotes, lists and long texts shortened. Control characters come out escaped.
func Format(v any) string { return format(v, 0) }

func format(v any, depth int) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case string:
		return shortText(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		if v == math.MaxInt64 {
			return unit.Unlimited.String()
		}
		return strconv.Itoa(v)
	case float64:
		return formatFloat(v)
	case unit.Size:
		if v.IsUnlimited() || v < unit.KiB && v > -unit.KiB {
			return v.String()
		}
		return fmt.Sprintf("%s (%d)", v, int64(v))
	case unit.Rate:
		if v.IsUnlimited() {
			return v.String()
		}
		return fmt.Sprintf("%s (%d)", v, int64(v))
	case time.Duration:
		return formatDuration(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case unit.Ratio, unit.CPUs:
		return fmt.Sprint(v)
	case unit.Sampled:
		return formatSamples(v)
	}
	return formatGroup(reflect.ValueOf(v), depth)
}

func formatGroup(v reflect.Value, depth int) string {
	v = indirect(v)
	if !v.IsValid() {
		return "nil"
	}
	if k := kindOf(v.Type()); k < list {
		value, err := plain(v)
		if err != nil {
			return err.Error()
		}
		return format(value, depth)
	}
	if depth == shownDepth {
		return "…"
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		return formatList(v, depth)
	case reflect.Map:
		return formatMap(v, depth)
	case reflect.Struct:
		return formatFields(v, depth)
	}
	return "…"
}

func formatList(v reflect.Value, depth int) string {
	var items []string
	for i := range min(v.Len(), shownItems) {
		items = append(items, formatItem(v.Index(i), depth))
	}
	return "[" + joined(items, v.Len()) + "]"
}

func formatMap(m reflect.Value, depth int) string {
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		return strings.Compare(fmt.Sprint(a.Interface()), fmt.Sprint(b.Interface()))
	})
	var items []string
	for _, key := range keys[:min(len(keys), shownItems)] {
		items = append(items, strings.Trim(shortText(fmt.Sprint(key.Interface())), `"`)+": "+formatItem(m.MapIndex(key), depth))
	}
	return "{" + joined(items, len(keys)) + "}"
}

func formatFields(v reflect.Value, depth int) string {
	if sampled, ok := v.Interface().(unit.Sampled); ok {
		return formatSamples(sampled)
	}
	names := fieldNames(v.Type())
	shown := shownFields
	if depth > 0 {
		shown = fewerFields
	}
	var items []string
	for _, name := range names[:min(len(names), shown)] {
		index, _ := findField(v.Type(), name)
		items = append(items, name+": "+formatItem(v.FieldByIndex(index), depth))
	}
	return "{" + joined(items, len(names)) + "}"
}

func formatItem(v reflect.Value, depth int) string {
	item, err := plain(v)
	if err != nil {
		return err.Error()
	}
	return format(item, depth+1)
}

func joined(items []string, all int) string {
	if more := all - len(items); more > 0 {
		items = append(items, fmt.Sprintf("… %d more", more))
	}
	return strings.Join(items, ", ")
}

// formatSamples sums a series up: "12 samples over 1.1s, 40 MiB to 120 MiB, mean 80 MiB".
func formatSamples(s unit.Sampled) string {
	values := s.Floats()
	told := fmt.Sprint(s)
	if len(values) == 0 {
		return told
	}
	mean := 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	return fmt.Sprintf("%s, %s to %s, mean %s", told, human(s.Quantity(slices.Min(values))), human(s.Quantity(slices.Max(values))), human(s.Quantity(mean)))
}

// human is Format without the exact number behind a size.
func human(v any) string {
	switch v := v.(type) {
	case unit.Size:
		return v.String()
	case unit.Rate:
		return v.String()
	}
	return Format(v)
}

func formatFloat(f float64) string {
	if f == math.Trunc(f) && abs(f) < 1e15 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'g', 6, 64)
}

// formatDuration keeps four digits or so: 1.234s, 56.78ms.
func formatDuration(d time.Duration) string {
	if d == math.MaxInt64 {
		return unit.Unlimited.String()
	}
	digit := time.Duration(1)
	for digit <= d.Abs()/10_000 {
		digit *= 10
	}
	return d.Round(digit).String()
}

func shortText(s string) string {
	if utf8.RuneCountInString(s) <= shownRunes {
		return strconv.Quote(s)
	}
	cut := 0
	for i := range s {
		if cut == shownRunes {
			s = s[:i] + "…"
			break
		}
		cut++
	}
	return strconv.Quote(s)
}

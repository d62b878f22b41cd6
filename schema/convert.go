package schema

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"isolab/schema/unit"
)

// convert sets target from the value of an expression. Units are kept apart: a
// size does not become a duration or a plain number, and a plain number becomes a
// size or duration only when it is 0.
func convert(value any, target reflect.Value) error {
	source := reflect.ValueOf(value)
	for source.Kind() == reflect.Pointer && !source.IsNil() && source.Type() != nodeType {
		source = source.Elem()
	}
	t := target.Type()
	switch {
	case !source.IsValid() || source.Kind() == reflect.Pointer && source.IsNil():
		return fmt.Errorf("expected %s, and the expression has no value", article(wordsOf(t)))
	case source.Type().AssignableTo(t):
		target.Set(source)
		return nil
	case isQuantity(t):
		return convertQuantity(source, target)
	}
	switch t.Kind() {
	case reflect.Pointer:
		target.Set(reflect.New(t.Elem()))
		return convert(source.Interface(), target.Elem())
	case reflect.String:
		text, err := Text(source.Interface())
		target.SetString(text)
		return err
	case reflect.Slice:
		return convertList(source, target)
	case reflect.Map:
		return convertMap(source, target)
	}
	return convertPlain(source, target)
}

// convertPlain converts booleans and numbers without a unit.
func convertPlain(source, target reflect.Value) error {
	number, isNumber := asFloat(source)
	switch {
	case isQuantity(source.Type()):
	case source.Kind() == reflect.Bool && target.Kind() == reflect.Bool:
		target.SetBool(source.Bool())
		return nil
	case isNumber && target.CanFloat():
		target.SetFloat(number)
		return nil
	case isNumber && (target.CanInt() || target.CanUint()):
		return convertWhole(source, number, target)
	}
	return unfit(source, target)
}

// convertWhole converts a number to an integer type, without loss.
func convertWhole(source reflect.Value, number float64, target reflect.Value) error {
	if number != math.Trunc(number) || math.IsNaN(number) {
		return fmt.Errorf("expected a whole number, and the expression is %s", formatFloat(number))
	}
	if source.CanInt() && target.CanInt() && !target.OverflowInt(source.Int()) {
		target.SetInt(source.Int())
		return nil
	}
	if math.Abs(number) < 1<<53 {
		switch whole := int64(number); {
		case target.CanInt() && !target.OverflowInt(whole):
			target.SetInt(whole)
			return nil
		case target.CanUint() && whole >= 0 && !target.OverflowUint(uint64(whole)):
			target.SetUint(uint64(whole))
			return nil
		}
	}
	return fmt.Errorf("%s is outside what a %s holds", formatFloat(number), target.Type())
}

// convertQuantity converts to a unit type: from a text, from 0, and from a plain
// number where the unit may be left out.
func convertQuantity(source, target reflect.Value) error {
	q := quantityFor(target.Type())
	if source.Kind() == reflect.String {
		value, err := q.parse(source.String())
		if err == nil {
			target.Set(value)
		}
		return err
	}
	if source.Type() == reflect.TypeFor[unit.Size]() && target.Type() == reflect.TypeFor[unit.Rate]() {
		target.SetInt(source.Int())
		return nil
	}
	number, isNumber := asFloat(source)
	if !isNumber || isQuantity(source.Type()) {
		return unfit(source, target)
	}
	if number != 0 && !q.bare {
		return fmt.Errorf("expected %s, and the expression is the number %s without a unit", q.a, formatFloat(number))
	}
	if target.CanFloat() {
		target.SetFloat(number)
	}
	return nil
}

func unfit(source, target reflect.Value) error {
	return fmt.Errorf("expected %s, and the expression is %s", article(wordsOf(target.Type())), article(valueWords(source.Type())))
}

func convertList(source, target reflect.Value) error {
	if source.Kind() != reflect.Slice && source.Kind() != reflect.Array {
		return unfit(source, target)
	}
	list := reflect.MakeSlice(target.Type(), source.Len(), source.Len())
	for i := range source.Len() {
		if err := convert(source.Index(i).Interface(), list.Index(i)); err != nil {
			return fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	target.Set(list)
	return nil
}

func convertMap(source, target reflect.Value) error {
	if source.Kind() != reflect.Map || source.Type().Key().Kind() != reflect.String {
		return unfit(source, target)
	}
	t := target.Type()
	result := reflect.MakeMapWithSize(t, source.Len())
	for _, key := range source.MapKeys() {
		value := reflect.New(t.Elem()).Elem()
		if err := convert(source.MapIndex(key).Interface(), value); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		result.SetMapIndex(key.Convert(t.Key()), value)
	}
	target.Set(result)
	return nil
}

// Text is a value as it stands in a command line: 5s, 0.5, true, and a size in the
// largest unit that divides it ("150MiB"), else in bytes ("157286401B"), so that
// nothing is lost. Lists and maps have no such form.
func Text(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case unit.Size:
		return v.Exact(), nil
	case unit.Rate:
		return v.Exact(), nil
	case unit.CPUs:
		return formatFloat(float64(v)), nil
	case unit.Ratio:
		return v.Exact(), nil
	case time.Duration:
		return v.String(), nil
	}
	v := reflect.ValueOf(value)
	switch {
	case !v.IsValid():
		return "", fmt.Errorf("the expression has no value")
	case v.Kind() == reflect.String:
		return v.String(), nil
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), nil
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), nil
	case v.CanFloat():
		return formatFloat(v.Float()), nil
	}
	return "", fmt.Errorf("%s cannot become part of a text", article(valueWords(v.Type())))
}

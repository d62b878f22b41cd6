package expr

import (
	"fmt"
	"reflect"
)

// fits reports whether a value can stand where another type is wanted.
func fits(t, wanted typ) bool {
	switch {
	case t.kind == wanted.kind && (t.kind == record || t.kind == dict || t.kind == series):
		return t.goType == wanted.goType
	case t.kind == list && wanted.kind == list:
		return fits(t.item(), wanted.item())
	case wanted.kind == list && t.kind != anything:
		return t.kind != null && fits(t, wanted.item())
	case t.kind == wanted.kind, t.kind == anything, wanted.kind == anything:
		return true
	case wanted.kind == decimal, wanted.kind == ratio, wanted.kind == cpus:
		return t.kind.number() || t.kind == ratio && wanted.kind == decimal
	case wanted.kind == text:
		return t.kind >= boolean && t.kind <= moment
	}
	return t.kind == null && wanted.optional
}

// converted gives the value the type that Type promises.
func (p *Program) converted(value any) (any, error) {
	want := p.Type()
	if value == nil || want == typeAny || reflect.TypeOf(value) == want {
		return value, nil
	}
	v, err := convert(reflect.ValueOf(value), want)
	if err != nil {
		return nil, err
	}
	return v.Interface(), nil
}

// convert turns a value into a type that fits it.
func convert(v reflect.Value, want reflect.Type) (reflect.Value, error) {
	v = indirect(v)
	switch {
	case !v.IsValid():
		return reflect.Zero(want), nil
	case v.Type() == want || want.Kind() == reflect.Interface && v.Type().Implements(want):
		return v, nil
	case want.Kind() == reflect.Pointer:
		inner, err := convert(v, want.Elem())
		if err != nil {
			return v, err
		}
		pointer := reflect.New(want.Elem())
		pointer.Elem().Set(inner)
		return pointer, nil
	case want.Kind() == reflect.String && v.Kind() != reflect.String:
		text, err := textOf(v.Interface())
		return reflect.ValueOf(text).Convert(want), err
	case want.Kind() == reflect.Slice && isList(v):
		return convertList(v, want)
	case want.Kind() == reflect.Slice: // one item stands for a list of one
		return convertList(reflect.ValueOf([]any{v.Interface()}), want)
	case !fits(typeOf(v.Type()), typeOf(want)) || !v.CanConvert(want):
		return v, fmt.Errorf("%s is needed, but the value is %s", typeOf(want), typeOf(v.Type()))
	case v.CanInt() && want.Kind() >= reflect.Int && want.Kind() <= reflect.Uint64 && overflows(v.Int(), want):
		return v, fmt.Errorf("%d is too large or too small here", v.Int())
	}
	return v.Convert(want), nil
}

func overflows(i int64, want reflect.Type) bool {
	zero := reflect.Zero(want)
	if zero.CanInt() {
		return zero.OverflowInt(i)
	}
	return i < 0 || zero.OverflowUint(uint64(i))
}

func convertList(v reflect.Value, want reflect.Type) (reflect.Value, error) {
	made := reflect.MakeSlice(want, v.Len(), v.Len())
	for i := range v.Len() {
		item, err := convert(v.Index(i), want.Elem())
		if err != nil {
			return v, err
		}
		made.Index(i).Set(item)
	}
	return made, nil
}

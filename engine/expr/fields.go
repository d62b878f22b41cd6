package expr

import (
	"reflect"
	"strings"
)

// fieldName is the name by which expressions know a struct field: its expr tag,
// else its json tag. Untagged and "-" fields are not part of the language.
func fieldName(f *reflect.StructField) string {
	if !f.IsExported() {
		return ""
	}
	name, ok := f.Tag.Lookup("expr")
	if !ok {
		name, _, _ = strings.Cut(f.Tag.Get("json"), ",")
	}
	if name == "-" {
		return ""
	}
	return name
}

// findField looks a name up in a struct type. The fields of an untagged embedded
// struct belong to the struct around it.
func findField(t reflect.Type, name string) (index []int, field reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		tagged := fieldName(&f)
		if tagged == name {
			return []int{i}, f.Type
		}
		if inner := embedded(&f, tagged); inner != nil {
			if rest, found := findField(inner, name); found != nil {
				return append([]int{i}, rest...), found
			}
		}
	}
	return nil, nil
}

// fieldNames lists the fields of a struct in their order.
func fieldNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		tagged := fieldName(&f)
		if tagged != "" {
			names = append(names, tagged)
		} else if inner := embedded(&f, tagged); inner != nil {
			names = append(names, fieldNames(inner)...)
		}
	}
	return names
}

// embedded returns the struct type of an untagged embedded field. Embedded
// pointers are left alone: a type may embed a pointer to itself.
func embedded(f *reflect.StructField, tagged string) reflect.Type {
	if f.Anonymous && tagged == "" && f.Type.Kind() == reflect.Struct && f.Tag.Get("expr") != "-" {
		return f.Type
	}
	return nil
}

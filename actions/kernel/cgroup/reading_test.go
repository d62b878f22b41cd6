package cgroup

import (
	"reflect"
	"strings"
	"testing"
)

// fields lists the dotted names of a struct's fields, with the tags checked.
func fields(t *testing.T, typ reflect.Type, prefix string) []string {
	t.Helper()
	var names []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		if !f.IsExported() {
			continue
		}
		name := f.Tag.Get("json")
		if name == "" || name != f.Tag.Get("expr") || name != strings.ToLower(name) {
			t.Errorf("%s.%s: json %q, expr %q", typ.Name(), f.Name, name, f.Tag.Get("expr"))
		}
		if doc := f.Tag.Get("doc"); !strings.HasSuffix(doc, ".") {
			t.Errorf("%s.%s: doc %q is not a sentence", typ.Name(), f.Name, doc)
		}
		if f.Type.Kind() == reflect.Struct {
			names = append(names, fields(t, f.Type, prefix+name+".")...)
			continue
		}
		names = append(names, prefix+name)
	}
	return names
}

func TestResultFieldsAreTaggedAndDocumented(t *testing.T) {
	for _, v := range []any{Reading{}, DeviceIO{}, Counters{}, File{}, Entry{}, Disk{}} {
		fields(t, reflect.TypeOf(v), "")
	}
}

// checkOrigins demands for every field either an origin or a reason, not both.
func checkOrigins(t *testing.T, r *Reading) {
	t.Helper()
	known := map[string]bool{}
	for _, field := range fields(t, reflect.TypeOf(*r), "") {
		known[field] = true
		switch field {
		case "version", "missing", "pressure.available":
			continue
		}
		origin, reason := r.Origins()[field], r.Missing[field]
		if (origin == "") == (reason == "") {
			t.Errorf("%s: origin %q, missing because %q", field, origin, reason)
		}
		if reason != "" && !reflect.DeepEqual(valueOf(r, field), zeroOf(r, field)) {
			t.Errorf("%s is missing but %v", field, valueOf(r, field))
		}
	}
	for field := range r.Missing {
		if !known[field] {
			t.Errorf("missing names %s, which is no field", field)
		}
	}
}

func valueOf(r *Reading, field string) any {
	return lookup(reflect.ValueOf(r).Elem(), field).Interface()
}

func zeroOf(r *Reading, field string) any {
	return reflect.Zero(lookup(reflect.ValueOf(r).Elem(), field).Type()).Interface()
}

package actionstest

import (
	"reflect"
	"strings"
	"testing"

	"isolab/actions"
	"isolab/schema"
)

// Rules checks what every action keeps to: names, texts, field tags, and an
// example that is a step.
func Rules(t *testing.T, family string, list []actions.Action) {
	t.Helper()
	for _, action := range list {
		t.Run(action.Name, func(t *testing.T) {
			if action.Family() != family {
				t.Errorf("is not of the family %s", family)
			}
			if strings.HasSuffix(action.Summary, ".") || action.About == "" {
				t.Errorf("summary %q must not end with a full stop, and about must not be empty", action.Summary)
			}
			verdict(t, action)
			fields(t, action.Params, "doc", "json")
			fields(t, action.Result, "doc", "json", "expr")
			example(t, action)
		})
	}
}

// verdict demands that the fields that take FailsOn's place are there.
func verdict(t *testing.T, action actions.Action) {
	t.Helper()
	for _, name := range action.Verdict {
		found := false
		for i := range action.Result.NumField() {
			found = found || action.Result.Field(i).Tag.Get("expr") == name
		}
		if !found {
			t.Errorf("its verdict %s is no field of the result", name)
		}
	}
}

// fields demands the tags on every exported field, at any depth.
func fields(t *testing.T, typ reflect.Type, tags ...string) {
	t.Helper()
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ.PkgPath() == "time" {
		return
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		if !f.IsExported() || f.Tag.Get("expr") == "-" {
			continue
		}
		if f.Anonymous && f.Tag == "" { // its fields are the outer struct's
			fields(t, f.Type, tags...)
			continue
		}
		for _, tag := range tags {
			if f.Tag.Get(tag) == "" && !series(typ) {
				t.Errorf("%s.%s has no %s tag", typ, f.Name, tag)
			}
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if expr := f.Tag.Get("expr"); expr != "" && expr != name {
			t.Errorf("%s.%s is %q in JSON and %q in expressions", typ, f.Name, name, expr)
		}
		if doc := f.Tag.Get("doc"); doc != "" && !strings.HasSuffix(doc, ".") {
			t.Errorf("%s.%s: the doc %q is no sentence", typ, f.Name, doc)
		}
		fields(t, f.Type, tags...)
	}
}

// series reports the sampled values, which expressions take as a whole.
func series(typ reflect.Type) bool { return strings.HasPrefix(typ.Name(), "Series[") }

// example decodes the example's parameters, strictly, by the field tags.
func example(t *testing.T, action actions.Action) {
	t.Helper()
	node, diags := schema.Parse("example", []byte(action.Example))
	if len(diags) > 0 {
		t.Fatalf("the example is no YAML: %v", diags)
	}
	params := node.Get(action.Name)
	if params == nil {
		t.Fatalf("the example has no key %s", action.Name)
	}
	decoded := reflect.New(action.Params)
	if diags := schema.Decode(params, decoded.Interface(), noValues); len(diags) > 0 {
		t.Errorf("the example's parameters: %v", diags)
	}
}

func noValues(schema.Expr, reflect.Type) (any, error) { return nil, nil }

// Decode reads the parameters of a step as an author writes them.
func Decode[P any](t testing.TB, yaml string) P {
	t.Helper()
	var params P
	node, diags := schema.Parse("test", []byte(yaml))
	if len(diags) > 0 {
		t.Fatalf("%s: %v", yaml, diags)
	}
	if diags := schema.Decode(node, &params, noValues); len(diags) > 0 {
		t.Fatalf("%s: %v", yaml, diags)
	}
	return params
}

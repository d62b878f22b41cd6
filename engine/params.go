package engine

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
	"time"

	"isolab/schema"
	"isolab/schema/unit"
)

// paramTypes maps the words of a param's `type` to Go types.
var paramTypes = map[string]reflect.Type{
	"size":     reflect.TypeFor[unit.Size](),
	"cpus":     reflect.TypeFor[unit.CPUs](),
	"ratio":    reflect.TypeFor[unit.Ratio](),
	"rate":     reflect.TypeFor[unit.Rate](),
	"duration": reflect.TypeFor[time.Duration](),
	"int":      reflect.TypeFor[int](),
	"number":   reflect.TypeFor[float64](),
	"string":   reflect.TypeFor[string](),
	"bool":     reflect.TypeFor[bool](),
}

// paramSet is the type of the name `params`: a struct with one field a param, so
// that the checker knows every name and type.
type paramSet struct {
	typ   reflect.Type
	index map[string]int
	list  schema.Ordered[schema.Param]
}

func newParamSet(list schema.Ordered[schema.Param]) paramSet {
	set := paramSet{index: map[string]int{}, list: list}
	fields := make([]reflect.StructField, 0, len(list))
	for i, param := range list {
		typ, ok := paramTypes[param.Value.Type]
		if !ok {
			typ = paramTypes["string"] // the decoder has said so already
		}
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("Param%d", i), Type: typ,
			Tag: reflect.StructTag(fmt.Sprintf(`expr:%q json:%q`, param.Name, param.Name)),
		})
		set.index[param.Name] = i
	}
	set.typ = reflect.StructOf(fields)
	return set
}

// defaults returns the params' default values; a param without one is a
// diagnostic unless it is among those that are set.
func (s paramSet) defaults(set map[string]string) (reflect.Value, schema.Diagnostics) {
	row := reflect.New(s.typ).Elem()
	var diags schema.Diagnostics
	for i, param := range s.list {
		if text, ok := set[param.Name]; ok {
			value, err := schema.ParseParam(param.Value, text)
			if err != nil {
				diags = append(diags, schema.Diagnostic{Pos: param.Pos, Code: codeBadSet,
					Message: fmt.Sprintf("--set %s=%s: %s", param.Name, text, err)})
				continue
			}
			assign(row.Field(i), value)
			continue
		}
		if param.Value.Default == nil {
			diags = append(diags, schema.Diagnostic{Pos: param.Pos, Code: schema.CodeNoValue,
				Message: fmt.Sprintf("param %q has no default and was not set", param.Name),
				Hint:    fmt.Sprintf("add a default, or run with --set %s=…", param.Name)})
			continue
		}
		diags = append(diags, s.set(row, param.Name, param.Value.Default)...)
	}
	return row, append(diags, s.unknownSets(set)...)
}

// unknownSets complains of --set names that the scenario does not declare.
func (s paramSet) unknownSets(set map[string]string) (diags schema.Diagnostics) {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if _, ok := s.index[name]; ok {
			continue
		}
		d := schema.Diagnostic{Code: codeUnknownParam, Message: fmt.Sprintf("--set %s: the scenario has no such param", name)}
		switch near := schema.Nearest(name, s.list.Names()); {
		case near != "":
			d.Message += fmt.Sprintf("; did you mean %q?", near)
		case len(s.list) > 0:
			d.Message += "; it has " + strings.Join(s.list.Names(), ", ")
		}
		diags = append(diags, d)
	}
	return diags
}

// set gives one param of a row a value from the document.
func (s paramSet) set(row reflect.Value, name string, node *schema.Node) schema.Diagnostics {
	i, ok := s.index[name]
	if !ok {
		return nil // the decoder has said so already
	}
	value, diags := schema.ParamValue(s.list[i].Value, node)
	if len(diags) == 0 {
		assign(row.Field(i), value)
	}
	return diags
}

// assign stores a parsed value, converting between Go's number types.
func assign(field reflect.Value, value any) {
	v := reflect.ValueOf(value)
	if v.IsValid() && v.CanConvert(field.Type()) {
		field.Set(v.Convert(field.Type()))
	}
}

// text lists a row's values for people.
func (s paramSet) text(row reflect.Value) map[string]string {
	if len(s.list) == 0 {
		return nil
	}
	values := make(map[string]string, len(s.list))
	for i, param := range s.list {
		values[param.Name] = fmt.Sprint(row.Field(i).Interface())
	}
	return values
}

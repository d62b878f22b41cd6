package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
)

// ActionDoc is what the JSON Schema says of an action.
type ActionDoc struct {
	Name    string       // family.verb
	Summary string       // one sentence
	Params  reflect.Type // the struct of what an author writes
}

// JSONSchema generates the schema by which editors complete and check scenarios
// (JSON Schema draft 2020-12), from the same field tags that Decode reads. It
// accepts all that Decode accepts, files that others include too; what concerns several places of a document
// (names, claims, units of expressions) only isolab itself checks. permissions are
// the names that a scenario may declare.
func JSONSchema(actions []ActionDoc, permissions []string) ([]byte, error) {
	b := schemaBuilder{defs: object{}, names: map[defKey]string{}, actions: actions}
	root := b.record(reflect.TypeFor[Scenario](), false)
	acceptFragments(root)
	if len(permissions) > 0 {
		root["properties"].(object)["permissions"].(object)["items"] = object{"enum": permissions}
	}
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "isolab scenario"
	root["description"] = "A declarative test of how processes are isolated on a machine."
	b.scalarDefs()
	root["$defs"] = b.defs
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("write the JSON Schema: %w", err)
	}
	return out.Bytes(), nil
}

// acceptFragments lets a file that others include do without the keys that a scenario
// must have. Whatever key only a scenario has makes it one.
func acceptFragments(root object) {
	included := recordOf(reflect.TypeFor[fragment]())
	var always, scenario []string
	for _, name := range root["required"].([]string) {
		if f := included.byName[name]; f != nil && f.required {
			always = append(always, name)
		} else {
			scenario = append(scenario, name)
		}
	}
	dependent := object{}
	for _, name := range recordOf(reflect.TypeFor[Scenario]()).names() {
		if included.byName[name] == nil {
			dependent[name] = scenario
		}
	}
	root["required"], root["dependentRequired"] = always, dependent
}

// object is a JSON object; encoding/json sorts its keys, so that the output is
// always the same.
type object = map[string]any

// schemaBuilder collects the definitions on the way.
type schemaBuilder struct {
	defs    object
	names   map[defKey]string
	actions []ActionDoc
}

// defKey tells definitions apart: where expressions are allowed, a type accepts more.
type defKey struct {
	t    reflect.Type
	expr bool
}

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

func (b *schemaBuilder) scalarDefs() {
	b.defs["expression"] = object{"type": "string", "pattern": `\$\{`, "description": "A value with an expression: ${params.limit}."}
	b.defs["text"] = object{"type": []string{"string", "number", "boolean"}}
	for _, q := range quantities {
		number := object{"const": 0}
		if q.bare {
			number = object{"type": "number", "minimum": 0}
		}
		b.defs[q.name] = object{"anyOf": []object{{"type": "string", "pattern": q.pattern}, number}, "examples": []string{q.example}}
	}
}

// of is the schema of a type; expr says whether expressions may stand there.
func (b *schemaBuilder) of(t reflect.Type, f *field, expr bool) object {
	if f != nil && f.literal {
		expr = false
	}
	switch {
	case t == nodeType || t.Kind() == reflect.Interface:
		return object{}
	case t == exprType:
		return object{"type": []string{"string", "number", "boolean"}, "minLength": 1}
	case t.Kind() == reflect.Pointer:
		return b.pointer(t.Elem(), f, expr)
	case isRecord(t):
		return b.recordRef(t, expr)
	}
	plain := b.plain(t, f, expr)
	if !expr || f != nil && f.raw || isOrdered(t) {
		return plain
	}
	return anyOf(plain, ref("expression"))
}

func anyOf(alternatives ...object) object {
	var flat []object
	for _, a := range alternatives {
		if inner, only := a["anyOf"].([]object); only && len(a) == 1 {
			flat = append(flat, inner...)
			continue
		}
		flat = append(flat, a)
	}
	return object{"anyOf": flat}
}

func (b *schemaBuilder) pointer(elem reflect.Type, f *field, expr bool) object {
	inner := b.of(elem, f, expr)
	if hasNone(elem) {
		return inner
	}
	return anyOf(inner, object{"const": "none"})
}

// plain is the schema of a type's values without expressions.
func (b *schemaBuilder) plain(t reflect.Type, f *field, expr bool) object {
	if q := quantityFor(t); q != nil {
		return ref(q.name)
	}
	switch t.Kind() {
	case reflect.String:
		return choices(shaped(ref("text"), f), f)
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return bounded(object{"type": "number"}, f)
	case reflect.Map:
		entries := object{"type": "object", "additionalProperties": b.of(t.Elem(), inherited(f), expr)}
		if f != nil && f.keys != nil {
			entries["propertyNames"] = f.keys.schema()
		}
		return entries
	case reflect.Slice, reflect.Array:
		return b.list(t, f, expr)
	}
	return choices(bounded(object{"type": "integer"}, f), f)
}

// inherited are the tags of a list or map that hold for its items.
func inherited(f *field) *field {
	if f == nil {
		return nil
	}
	return &field{enum: f.enum, min: f.min, max: f.max, format: f.format, options: options{literal: f.literal, raw: f.raw}}
}

func (b *schemaBuilder) list(t reflect.Type, f *field, expr bool) object {
	if isOrdered(t) {
		return object{"type": "object", "additionalProperties": b.of(orderedElem(t), nil, expr)}
	}
	item := b.of(t.Elem(), inherited(f), expr)
	list := object{"type": "array", "items": item}
	if f != nil && f.one {
		return anyOf(list, item)
	}
	return list
}

// choices is the enum of a field, in place of what it would accept else.
func choices(other object, f *field) object {
	if f == nil || len(f.enum) == 0 {
		return other
	}
	words := make([]any, len(f.enum))
	for i, word := range f.enum {
		words[i] = word
		if whole, err := strconv.ParseInt(word, 10, 64); err == nil {
			words[i] = whole
		}
	}
	return object{"enum": words}
}

// shaped adds the pattern of a field's format.
func shaped(text object, f *field) object {
	if f != nil && f.format != nil {
		maps.Copy(text, f.format.schema())
	}
	return text
}

// schema is what JSON Schema can say of a format: its pattern. Words are not listed,
// as they count in either case.
func (f *format) schema() object {
	if f.pattern == nil {
		return object{}
	}
	return object{"pattern": f.pattern.String()}
}

func bounded(number object, f *field) object {
	if f != nil && f.min != nil {
		number["minimum"] = *f.min
	}
	if f != nil && f.max != nil {
		number["maximum"] = *f.max
	}
	return number
}

// recordRef puts a struct's schema among the definitions, once, and refers to it.
func (b *schemaBuilder) recordRef(t reflect.Type, expr bool) object {
	key := defKey{t, expr}
	name, known := b.names[key]
	if !known {
		name = b.newName(key)
		b.names[key] = name
		b.defs[name] = object{} // a type inside itself finds it here
		b.defs[name] = b.record(t, expr)
	}
	main := recordOf(t).main
	if main == nil {
		return ref(name)
	}
	return anyOf(ref(name), b.described(main, main.typ, expr))
}

// newName is the type's name in lower case; a second of that name gets its
// package's before it, or a number behind it.
func (b *schemaBuilder) newName(key defKey) string {
	short := strings.ToLower(key.t.Name())
	if key.t.PkgPath() != reflect.TypeFor[Scenario]().PkgPath() {
		short = strings.ToLower(key.t.String())
	}
	name := short
	for i := 2; b.defs[name] != nil; i++ {
		name = short + strconv.Itoa(i)
	}
	return name
}

// record is the schema of a struct's map form.
func (b *schemaBuilder) record(t reflect.Type, expr bool) object {
	properties, required := object{}, []string{}
	for _, f := range recordOf(t).fields {
		inside := expr || f.shape(t) != f.typ // declarations may hold expressions
		properties[f.name] = b.described(f, f.shape(t), inside)
		if f.required {
			required = append(required, f.name)
		}
	}
	schema := object{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
	if t == reflect.TypeFor[Step]() {
		b.addActions(schema, properties)
	}
	if len(required) > 0 {
		schema["required"] = required
		schema["type"] = "object"
	}
	if fields := recordOf(t).either; len(fields) > 0 {
		var one []object
		for _, f := range fields {
			one = append(one, object{"required": []string{f.name}})
		}
		schema["anyOf"] = one
		schema["type"] = "object"
	}
	return schema
}

// described adds a field's doc, example and default to its schema.
func (b *schemaBuilder) described(f *field, t reflect.Type, expr bool) object {
	schema := b.of(t, f, expr)
	if f.doc != "" {
		schema["description"] = f.doc
	}
	if f.example != "" {
		schema["examples"] = []any{tagValue(f.example)}
	}
	if f.presetNode != nil {
		schema["default"] = tagValue(f.preset)
	}
	return schema
}

// tagValue is an example or default as a JSON value.
func tagValue(text string) any {
	n, diags := Parse("", []byte(text))
	if len(diags) > 0 {
		return text
	}
	var value any
	d := decoder{eval: unevaluated}
	d.value(n, reflect.ValueOf(&value).Elem(), slot{field: &field{options: options{raw: true}}})
	return value
}

// addActions gives a step its action keys, of which it has exactly one.
func (b *schemaBuilder) addActions(schema, properties object) {
	if len(b.actions) == 0 {
		schema["patternProperties"] = object{`^[a-z_]+\.[a-z_]+$`: object{}}
		return
	}
	var one []object
	for _, action := range b.actions {
		params := b.recordRef(action.Params, true)
		params["description"] = action.Summary
		properties[action.Name] = params
		one = append(one, object{"required": []string{action.Name}})
	}
	schema["oneOf"] = one
}

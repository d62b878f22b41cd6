package schema

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// record is what the field tags of a struct type say.
type record struct {
	fields []*field
	byName map[string]*field
	main   *field   // nil when there is no shorthand
	either []*field // one of them must be there
}

// field is one key of a record.
type field struct {
	name, doc, example, preset string // preset is the default tag
	enum                       []string
	min, max                   *float64
	format, keys               *format // of the text or the items; of a map's keys
	index                      []int
	typ                        reflect.Type
	options
	presetNode *Node // the default, read as YAML; nil when there is none
}

// options are the words of the isolab tag.
type options struct {
	main, required, either, literal, one, text, raw bool
}

// records remembers what recordOf found: a pure function of the type, which
// would otherwise be computed again for each of a scenario's steps.
var records sync.Map // reflect.Type → *record

// recordOf reads the tags of a struct type. It panics on a tag that it does not
// understand: a programmer's mistake.
func recordOf(t reflect.Type) *record {
	if known, ok := records.Load(t); ok {
		return known.(*record)
	}
	r := &record{byName: map[string]*field{}}
	r.collect(t, nil)
	known, _ := records.LoadOrStore(t, r)
	return known.(*record)
}

func (r *record) collect(t reflect.Type, outer []int) {
	for i := range t.NumField() {
		sf := t.Field(i)
		index := append(append([]int(nil), outer...), i)
		name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
		switch {
		case sf.Anonymous && name == "" && sf.Type.Kind() == reflect.Struct:
			r.collect(sf.Type, index)
		case sf.IsExported() && name != "" && name != "-":
			r.add(t, fieldOf(t, sf, name, index))
		}
	}
}

func (r *record) add(t reflect.Type, f *field) {
	if r.byName[f.name] != nil {
		panic(fmt.Sprintf("%s: two fields are named %q", t, f.name))
	}
	r.fields = append(r.fields, f)
	r.byName[f.name] = f
	if f.main {
		r.main = f
	}
	if f.either {
		r.either = append(r.either, f)
	}
}

func fieldOf(t reflect.Type, sf reflect.StructField, name string, index []int) *field {
	f := &field{
		name: name, doc: sf.Tag.Get("doc"), example: sf.Tag.Get("example"), preset: sf.Tag.Get("default"),
		min: bound(t, sf, "min"), max: bound(t, sf, "max"), format: formatOf(t, sf, "format"), keys: formatOf(t, sf, "keys"),
		index: index, typ: sf.Type,
	}
	if enum := sf.Tag.Get("enum"); enum != "" {
		f.enum = strings.Split(enum, ",")
	}
	for _, word := range strings.FieldsFunc(sf.Tag.Get("isolab"), func(r rune) bool { return r == ',' }) {
		option := f.options.named(word)
		if option == nil {
			panic(fmt.Sprintf("%s.%s: unknown option %q in the isolab tag", t, sf.Name, word))
		}
		*option = true
	}
	if f.preset != "" {
		f.presetNode = tagNode(t, sf, f.preset)
	}
	return f
}

func (o *options) named(word string) *bool {
	switch word {
	case "main":
		return &o.main
	case "required":
		return &o.required
	case "either":
		return &o.either
	case "literal":
		return &o.literal
	case "one":
		return &o.one
	case "text":
		return &o.text
	case "raw":
		return &o.raw
	}
	return nil
}

func formatOf(t reflect.Type, sf reflect.StructField, tag string) *format {
	word := sf.Tag.Get(tag)
	if word != "" && formats[word] == nil {
		panic(fmt.Sprintf("%s.%s: %s: there is no format %q", t, sf.Name, tag, word))
	}
	return formats[word]
}

func bound(t reflect.Type, sf reflect.StructField, tag string) *float64 {
	text := sf.Tag.Get(tag)
	if text == "" {
		return nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(fmt.Sprintf("%s.%s: %s: %q is not a number", t, sf.Name, tag, text))
	}
	return &value
}

func tagNode(t reflect.Type, sf reflect.StructField, text string) *Node {
	n, diags := Parse("", []byte(text))
	if len(diags) > 0 {
		panic(fmt.Sprintf("%s.%s: %q in a tag: %v", t, sf.Name, text, diags))
	}
	return n
}

// names lists the keys in the order of the struct.
func (r *record) names() []string { return namesOf(r.fields) }

func namesOf(fields []*field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

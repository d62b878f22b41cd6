package expr

import (
	"reflect"
	"time"

	"isolab/schema/unit"
)

// kind is what a value is to an author.
type kind uint8

const (
	invalid  kind = iota // a mistake that has been reported
	anything             // known only when it is evaluated
	null
	boolean
	whole
	decimal
	text
	size
	cpus
	ratio
	rate
	duration
	moment
	list
	dict
	record
	series
	opaque // a Go value that expressions cannot look into
)

// typ is the static type of an expression.
type typ struct {
	kind     kind
	optional bool         // the value may be missing
	goType   reflect.Type // of the value; numbers and text without their Go names
	elem     *typ         // of a list that an expression made
}

var (
	typeBool     = reflect.TypeFor[bool]()
	typeInt      = reflect.TypeFor[int]()
	typeFloat    = reflect.TypeFor[float64]()
	typeString   = reflect.TypeFor[string]()
	typeSize     = reflect.TypeFor[unit.Size]()
	typeCPUs     = reflect.TypeFor[unit.CPUs]()
	typeRatio    = reflect.TypeFor[unit.Ratio]()
	typeRate     = reflect.TypeFor[unit.Rate]()
	typeDuration = reflect.TypeFor[time.Duration]()
	typeTime     = reflect.TypeFor[time.Time]()
	typeAny      = reflect.TypeFor[any]()
	typeAnyList  = reflect.TypeFor[[]any]()
	typeSampled  = reflect.TypeFor[unit.Sampled]()
)

// basic is the type of a kind that has only one Go type.
func basic(k kind) typ { return typ{kind: k, goType: goTypes[k]} }

var goTypes = [...]reflect.Type{
	anything: typeAny, null: typeAny, boolean: typeBool, whole: typeInt, decimal: typeFloat, text: typeString,
	size: typeSize, cpus: typeCPUs, ratio: typeRatio, rate: typeRate, duration: typeDuration, moment: typeTime,
	opaque: typeAny,
}

func listOf(elem typ) typ {
	t := typ{kind: list, elem: &elem, goType: typeAnyList}
	if elem.goType != nil && elem.kind != anything && !elem.optional {
		t.goType = reflect.SliceOf(elem.goType)
	}
	return t
}

// typeOf classifies a Go type. Pointers are looked through: what they point to
// may be missing.
func typeOf(t reflect.Type) typ {
	optional := false
	for t != nil && t.Kind() == reflect.Pointer {
		t, optional = t.Elem(), true
	}
	if t == nil {
		return basic(anything)
	}
	k := kindOf(t)
	out := typ{kind: k, optional: optional, goType: t}
	if k < list {
		out.goType = goTypes[k]
	}
	return out
}

func kindOf(t reflect.Type) kind {
	switch t {
	case typeSize:
		return size
	case typeCPUs:
		return cpus
	case typeRatio:
		return ratio
	case typeRate:
		return rate
	case typeDuration:
		return duration
	case typeTime:
		return moment
	}
	switch t.Kind() {
	case reflect.Bool:
		return boolean
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return whole
	case reflect.Float32, reflect.Float64:
		return decimal
	case reflect.String:
		return text
	case reflect.Interface:
		return anything
	case reflect.Slice, reflect.Array:
		return list
	case reflect.Map:
		if key := kindOf(t.Key()); key == text || key == whole {
			return dict
		}
	case reflect.Struct:
		if t.Implements(typeSampled) {
			return series
		}
		return record
	}
	return opaque
}

// item is the type of a list's, map's or series' items.
func (t typ) item() typ {
	switch t.kind {
	case list, dict:
		if t.elem != nil {
			return *t.elem
		}
		return typeOf(t.goType.Elem())
	case series:
		sampled, _ := reflect.Zero(t.goType).Interface().(unit.Sampled)
		return typeOf(reflect.TypeOf(sampled.Quantity(0)))
	}
	return basic(anything)
}

func (k kind) number() bool { return k == whole || k == decimal }

// quantity reports whether values of the kind have a unit. A ratio is also a
// plain number.
func (k kind) quantity() bool { return k >= size && k <= duration }

var kindNames = [...]struct{ one, many string }{
	invalid: {"a mistake", "mistakes"}, anything: {"a value of any kind", "values of any kind"}, null: {"nil", "nils"},
	boolean: {"true or false", "true or false values"}, whole: {"a plain number", "plain numbers"},
	decimal: {"a plain number", "plain numbers"}, text: {"text", "texts"}, size: {"a size", "sizes"},
	cpus: {"an amount of CPU", "amounts of CPU"}, ratio: {"a ratio", "ratios"}, rate: {"a rate", "rates"},
	duration: {"a duration", "durations"}, moment: {"a time", "times"}, list: {"a list", "lists"}, dict: {"a map", "maps"},
	record: {"a group of fields", "groups of fields"}, series: {"a series", "series"}, opaque: {"an internal value", "internal values"},
}

// String names the type in an author's words: "a list of sizes".
func (t typ) String() string {
	name := kindNames[t.kind].one
	if t.kind != list && t.kind != dict && t.kind != series {
		return name
	}
	if item := t.item(); item.kind != anything {
		return name + " of " + kindNames[item.kind].many
	}
	return name
}

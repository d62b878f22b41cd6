package schema

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"isolab/schema/unit"
)

// every has a field of each kind that authors may write.
type every struct {
	Size     unit.Size         `json:"size" doc:"d"`
	CPUs     unit.CPUs         `json:"cpus" doc:"d"`
	Ratio    unit.Ratio        `json:"ratio" doc:"d"`
	Rate     unit.Rate         `json:"rate" doc:"d"`
	Span     time.Duration     `json:"span" doc:"d" default:"10s"`
	Text     string            `json:"text" doc:"d"`
	Bool     bool              `json:"bool" doc:"d"`
	Int      int               `json:"int" doc:"d" min:"-5" max:"1000000"`
	Small    int8              `json:"small" doc:"d"`
	Uint     uint16            `json:"uint" doc:"d"`
	Float    float64           `json:"float" doc:"d"`
	OptSize  *unit.Size        `json:"opt_size" doc:"d"`
	OptInt   *int64            `json:"opt_int" doc:"d"`
	OptBool  *bool             `json:"opt_bool" doc:"d"`
	OptText  *string           `json:"opt_text" doc:"d"`
	List     []string          `json:"list" doc:"d" default:"[a, b]"`
	One      []string          `json:"one" doc:"d" isolab:"one"`
	Sizes    []unit.Size       `json:"sizes" doc:"d"`
	Map      map[string]string `json:"map" doc:"d"`
	Ordered  Ordered[int]      `json:"ordered" doc:"d"`
	Any      any               `json:"any" doc:"d"`
	Raw      *Node             `json:"raw" doc:"d"`
	Expr     Expr              `json:"expr" doc:"d"`
	OptExpr  *Expr             `json:"opt_expr" doc:"d"`
	Choice   string            `json:"choice" doc:"d" enum:"red,green"`
	Inner    inner             `json:"inner" doc:"d"`
	OptInner *inner            `json:"opt_inner" doc:"d"`
	Literal  string            `json:"literal" doc:"d" isolab:"literal"`
	Prose    string            `json:"prose" doc:"d" isolab:"text"`
	Mark     string            `json:"mark" doc:"d" isolab:"raw"`
	shared
}

type inner struct {
	Name  string        `json:"name" doc:"d" isolab:"main"`
	Every time.Duration `json:"every" doc:"d" default:"100ms"`
}

type shared struct {
	Target string `json:"target" doc:"d"`
}

func node(t *testing.T, text string) *Node {
	t.Helper()
	n, diags := Parse("t.yaml", []byte(text))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return n
}

func ptr[T any](v T) *T { return &v }

// values is an Evaluator that knows a few expressions by their text.
func values(e Expr, _ reflect.Type) (any, error) {
	known := map[string]any{
		"size": 150 * unit.MiB, "odd": unit.Size(157286401), "none": unit.Unlimited, "zero": unit.Size(0),
		"n": 7, "f": 0.5, "whole": 3.0, "text": "hello", "b": true, "d": 90 * time.Second, "ratio": unit.Ratio(0.1),
		"rate": unit.Rate(unit.MiB), "cpus": unit.CPUs(1.5), "list": []any{"x", 2}, "map": map[string]any{"k": 1},
		"ptr": ptr(4 * unit.KiB), "color": "blue", "sizetext": "3MiB",
	}
	if value, ok := known[e.Source]; ok {
		return value, nil
	}
	return nil, fmt.Errorf("unknown name %s", e.Source)
}

func TestDecodeValues(t *testing.T) {
	var got every
	diags := Decode(node(t, `
size: 1.5GiB
cpus: 0.5
ratio: 10%
rate: 1MiB/s
text: 12
bool: true
int: 0x10
small: -8
uint: 9
float: 1e3
opt_size: none
opt_int: none
opt_bool: false
opt_text: none
one: x
sizes: [1KiB, 0]
map: {a: 1, b: yes}
ordered: {z: 1, a: 2}
any: {a: [1, 2.5, true, x, null], b: {c: d}}
raw: {k: "${x}"}
expr: a == 1
opt_expr: "${ b > 2 }"
choice: green
inner: short
opt_inner: {name: long, every: 1s}
literal: "$${HOME} costs $5"
prose: "costs ${n}"
mark: "${n} and $${n}"
target: here
`), &got, nil)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	raw := got.Raw
	got.Raw = nil
	want := every{
		Size: 3 * unit.GiB / 2, CPUs: 0.5, Ratio: 0.1, Rate: unit.Rate(unit.MiB), Span: 10 * time.Second,
		Text: "12", Bool: true, Int: 16, Small: -8, Uint: 9, Float: 1000, OptSize: ptr(unit.Unlimited), OptBool: ptr(false),
		List: []string{"a", "b"}, One: []string{"x"}, Sizes: []unit.Size{unit.KiB, 0}, Map: map[string]string{"a": "1", "b": "yes"},
		Ordered: Ordered[int]{{"z", Pos{"t.yaml", 19, 11}, 1}, {"a", Pos{"t.yaml", 19, 17}, 2}},
		Any:     map[string]any{"a": []any{int64(1), 2.5, true, "x", nil}, "b": map[string]any{"c": "d"}},
		Expr:    Expr{"a == 1", Pos{"t.yaml", 22, 7}}, OptExpr: &Expr{"b > 2", Pos{"t.yaml", 23, 15}},
		Choice: "green", Inner: inner{"short", 100 * time.Millisecond}, OptInner: &inner{"long", time.Second},
		Literal: "${HOME} costs $5", Prose: "costs ${n}", Mark: "${n} and $${n}", shared: shared{"here"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(every{}, shared{})); diff != "" {
		t.Error(diff)
	}
	if raw == nil || !raw.HasExpr() {
		t.Errorf("raw node: %+v", raw)
	}
}

func TestDecodeExpressions(t *testing.T) {
	for _, test := range []struct {
		field, text string
		want        any
	}{
		{"size", `"${size}"`, 150 * unit.MiB},
		{"size", `"${n}MiB"`, 7 * unit.MiB},
		{"size", `"${ptr}"`, 4 * unit.KiB},
		{"size", `"${sizetext}"`, 3 * unit.MiB},
		{"opt_size", `"${none}"`, ptr(unit.Unlimited)},
		{"cpus", `"${f}"`, unit.CPUs(0.5)},
		{"cpus", `"${n}"`, unit.CPUs(7)},
		{"ratio", `"${ratio}"`, unit.Ratio(0.1)},
		{"rate", `"${size}"`, unit.Rate(150 * unit.MiB)},
		{"span", `"${d}"`, 90 * time.Second},
		{"int", `"${n}"`, 7},
		{"int", `"${whole}"`, 3},
		{"int", `${n}${n}`, 77},
		{"small", `"${n}"`, int8(7)},
		{"uint", `"${n}"`, uint16(7)},
		{"float", `"${n}"`, 7.0},
		{"opt_int", `"${n}"`, ptr(int64(7))},
		{"bool", `"${b}"`, true},
		{"text", `"${size}"`, "150MiB"},
		{"text", `"${odd}"`, "157286401B"},
		{"text", `"a ${size}, ${odd}, ${none}, ${zero}, ${n}, ${f}, ${b}, ${d}, ${ratio}, ${rate}, ${cpus} $${n}"`,
			"a 150MiB, 157286401B, none, 0, 7, 0.5, true, 1m30s, 10%, 1MiB/s, 1.5 ${n}"},
		{"list", `"${list}"`, []string{"x", "2"}},
		{"list", `[a, "${n}", "-${size}-"]`, []string{"a", "7", "-150MiB-"}},
		{"one", `"${text}"`, []string{"hello"}},
		{"one", `"${list}"`, []string{"x", "2"}},
		{"one", `"$${x} ${text}"`, []string{"${x} hello"}},
		{"map", `{k: "${size}"}`, map[string]string{"k": "150MiB"}},
		{"map", `"${map}"`, map[string]string{"k": "1"}},
		{"any", `"${size}"`, 150 * unit.MiB},
		{"any", `{a: ["${n}", "${n}x"]}`, map[string]any{"a": []any{7, "7x"}}},
		{"inner", `"${text}"`, inner{"hello", 100 * time.Millisecond}},
		{"prose", `"say ${text}"`, "say hello"},
		{"mark", `"say ${text}"`, "say ${text}"},
	} {
		var got every
		diags := Decode(node(t, "x: 1\n"+test.field+": "+test.text).without("x"), &got, values)
		if len(diags) > 0 {
			t.Errorf("%s: %s: %v", test.field, test.text, diags)
			continue
		}
		f := recordOf(reflect.TypeFor[every]()).byName[test.field]
		if diff := cmp.Diff(test.want, reflect.ValueOf(got).FieldByIndex(f.index).Interface()); diff != "" {
			t.Errorf("%s: %s: %s", test.field, test.text, diff)
		}
	}
}

func (n *Node) without(key string) *Node {
	rest := &Node{Kind: Map, Pos: n.Pos}
	for _, f := range n.Fields {
		if f.Key != key {
			rest.Fields = append(rest.Fields, f)
		}
	}
	return rest
}

func TestDecodeRefuses(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`size: "${d}"`, `t.yaml:1:10: size: expected a size, and the expression is a duration [evaluation]`},
		{`size: "${n}"`, `t.yaml:1:10: size: expected a size, and the expression is the number 7 without a unit [evaluation]`},
		{`size: "${n}"` + "\nspan: \"${size}\"", "t.yaml:1:10: size: expected a size, and the expression is the number 7 without a unit [evaluation]\n" +
			"t.yaml:2:10: span: expected a duration, and the expression is a size [evaluation]"},
		{`int: "${size}"`, `t.yaml:1:9: int: expected a whole number, and the expression is a size [evaluation]`},
		{`int: "${f}"`, `t.yaml:1:9: int: expected a whole number, and the expression is 0.5 [evaluation]`},
		{`float: "${ratio}"`, `t.yaml:1:11: float: expected a number, and the expression is a ratio [evaluation]`},
		{`bool: "${n}"`, `t.yaml:1:10: bool: expected true or false, and the expression is a whole number [evaluation]`},
		{`bool: "x${b}"`, `t.yaml:1:7: bool: expected true or false, found the text "xtrue" [wrong-kind]`},
		{`text: "${list}"`, `t.yaml:1:10: text: a list cannot become part of a text [evaluation]`},
		{`text: "a ${list}"`, `t.yaml:1:12: a list cannot become part of a text [evaluation]`},
		{`list: "${n}"`, `t.yaml:1:10: list: expected a list, and the expression is a whole number [evaluation]`},
		{`list: "a ${n}"`, `t.yaml:1:7: list: expected a list, found a string [wrong-kind]`},
		{`ordered: "${map}"`, `t.yaml:1:10: ordered: expected a map, found a string [wrong-kind]`},
		{`choice: "${color}"`, `t.yaml:1:9: choice: "blue" is not accepted [not-a-choice]`},
		{`int: "${whole}00000000"`, `t.yaml:1:6: int: expected a whole number, found the text "300000000" [wrong-kind]`},
		{`int: ${whole}00000000`, `t.yaml:1:6: int: 300000000 is more than 1000000 [out-of-range]`},
		{`literal: "${text}"`, `t.yaml:1:11: literal may not be an expression, because permissions are derived from it [not-literal]`},
		{`literal: "a${text}"`, `t.yaml:1:12: literal may not be an expression, because permissions are derived from it [not-literal]`},
		{`text: "${nosuch}"`, `t.yaml:1:10: unknown name nosuch [evaluation]`},
		{`small: 128`, `t.yaml:1:8: small: 128 is too large [out-of-range]`},
		{`uint: -1`, `t.yaml:1:7: uint: -1 is outside 0 to 65535 [out-of-range]`},
		{`uint: 65536`, `t.yaml:1:7: uint: 65536 is outside 0 to 65535 [out-of-range]`},
		{`int: -6`, `t.yaml:1:6: int: -6 is less than -5 [out-of-range]`},
		{`int: 5MiB`, `t.yaml:1:6: int: "5MiB" is a size, and a whole number without a unit is wanted [wrong-unit]`},
		{`float: .nan`, `t.yaml:1:8: float: .nan is not a number that can be reckoned with [out-of-range]`},
		{`size: true`, `t.yaml:1:7: size: expected a size, found true or false [wrong-kind]`},
		{`size: {a: 1}`, `t.yaml:1:7: size: expected a size, found a map [wrong-kind]`},
		{`span: -1s`, `t.yaml:1:7: span: -1s is negative [out-of-range]`},
		{`inner: [a]`, `t.yaml:1:8: inner: expected a map, found a list [wrong-kind]`},
		{`inner: `, ``},
		{`text: `, `t.yaml:1:6: text: there is no value [no-value]`},
		{`opt_size: `, `t.yaml:1:10: opt_size: there is no value [no-value]`},
		{`targte: x`, `t.yaml:1:1: unknown key "targte"; did you mean "target"? [unknown-key]`},
	} {
		var got every
		if diags := Decode(node(t, test.text), &got, values); diags.Error() != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.text, diags.Error(), test.want)
		}
	}
}

// A checker that has no values yet gets zero values, and no complaint about them.
func TestDecodeWithoutValues(t *testing.T) {
	var got every
	var seen []string
	check := func(e Expr, want reflect.Type) (any, error) {
		seen = append(seen, fmt.Sprintf("%s as %v", e.Source, want))
		return nil, nil
	}
	diags := Decode(node(t, `
size: "${a}"
opt_size: "${b}"
opt_text: "x${c}"
choice: "${d}"
int: "${e}"
list: [a, "${f}"]
inner: "${g}"
any: ["${h}"]
map: {a: "${i}"}
`), &got, check)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if got.OptSize != nil || got.OptText != nil || got.Size != 0 || got.Choice != "" || !cmp.Equal(got.List, []string{"a", ""}) {
		t.Errorf("not zero: %+v", got)
	}
	want := "a as unit.Size|b as unit.Size|c as string|d as string|e as int|f as string|g as string|h as interface {}|i as string"
	if strings.Join(seen, "|") != want {
		t.Errorf("asked for %s\nwant      %s", strings.Join(seen, "|"), want)
	}
}

// The Evaluator's own diagnostics are reported as they stand.
func TestDecodeKeepsDiagnostics(t *testing.T) {
	own := Diagnostic{Pos: Pos{"other.yaml", 3, 4}, Code: "unknown-name", Message: "no such name"}
	for name, err := range map[string]error{
		"one":     own,
		"wrapped": fmt.Errorf("compile: %w", own),
		"many":    Diagnostics{own},
		"joined":  errors.Join(own),
	} {
		var got every
		diags := Decode(node(t, `text: "${x}"`), &got, func(Expr, reflect.Type) (any, error) { return nil, err })
		if len(diags) != 1 || diags[0] != own {
			t.Errorf("%s: %v", name, diags)
		}
	}
}

func TestDecodeNeedsPointer(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Decode(&Node{}, every{}, nil)
}

func TestTagMistakesPanic(t *testing.T) {
	text := reflect.TypeFor[string]()
	twice := reflect.StructOf([]reflect.StructField{{Name: "A", Type: text, Tag: `json:"a"`}, {Name: "B", Type: text, Tag: `json:"a"`}})
	for _, wrong := range []any{
		reflect.Zero(twice).Interface(),
		struct {
			A string `json:"a" isolab:"mian"`
		}{},
		struct {
			A int `json:"a" min:"x"`
		}{},
		struct {
			A string `json:"a" default:"[a"`
		}{},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%T: no panic", wrong)
				}
			}()
			recordOf(reflect.TypeOf(wrong))
		}()
	}
}

// constant is an Evaluator that gives every expression the same value.
func constant(value any) Evaluator {
	return func(Expr, reflect.Type) (any, error) { return value, nil }
}

// A node that is not there decodes as an empty map: defaults, and what is missing.
func TestDecodeNothing(t *testing.T) {
	var got inner
	if diags := Decode(nil, &got, nil); len(diags) > 0 || got.Every != 100*time.Millisecond {
		t.Errorf("got %+v, %v", got, diags)
	}
	var params runParams
	if diags := Decode(nil, &params, nil); len(diags) != 1 || diags[0].Code != CodeMissingKey {
		t.Errorf("got %v", diags)
	}
}

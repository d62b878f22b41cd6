package schema

import (
	"reflect"
	"testing"
	"time"

	"isolab/schema/unit"
)

func TestParseParam(t *testing.T) {
	for _, test := range []struct {
		param Param
		text  string
		want  any // a string that begins with "error: " is the error
	}{
		{Param{Type: "size"}, "150MiB", 150 * unit.MiB},
		{Param{Type: "size"}, "none", unit.Unlimited},
		{Param{Type: "size"}, "150", `error: "150" has no unit; write 150B for bytes, or 150MiB`},
		{Param{Type: "size"}, "5s", `error: "5s" is a duration, and a size is wanted, such as 150MiB`},
		{Param{Type: "cpus"}, "0.5", unit.CPUs(0.5)},
		{Param{Type: "duration"}, "1m", time.Minute},
		{Param{Type: "ratio"}, "10%", unit.Ratio(0.1)},
		{Param{Type: "rate"}, "1MiB/s", unit.Rate(unit.MiB)},
		{Param{Type: "int"}, "-7", int64(-7)},
		{Param{Type: "int"}, "7.5", `error: expected a whole number, found "7.5"`},
		{Param{Type: "number"}, "7.5", 7.5},
		{Param{Type: "bool"}, "true", true},
		{Param{Type: "bool"}, "yes", `error: expected true or false, found "yes"`},
		{Param{Type: "string"}, "7", "7"},
		{Param{Type: "string"}, "", ""},
		{Param{Type: "string"}, "${x} $${y}", "${x} $${y}"},
		{Param{Type: "string", Enum: []string{"a", "b"}}, "b", "b"},
		{Param{Type: "string", Enum: []string{"a", "b"}}, "c", `error: "c" is not accepted`},
		{Param{Type: "size", Enum: []string{"1MiB", "1GiB"}}, "1024KiB", unit.MiB},
		{Param{Type: "size", Enum: []string{"1MiB", "1GiB"}}, "2MiB", `error: "2MiB" is not accepted`},
		{Param{Type: "size", Max: &Node{Kind: String, Text: "1GiB"}}, "2GiB", `error: 2GiB is more than the largest value, 1GiB`},
		{Param{Type: "int", Min: &Node{Kind: Int, Text: "1"}}, "0", `error: 0 is less than the least value, 1`},
		{Param{Type: "sise"}, "1", `error: a param has no type "sise"`},
	} {
		got, err := ParseParam(test.param, test.text)
		if err != nil {
			got = "error: " + err.Error()
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s %q: got %v, want %v", test.param.Type, test.text, got, test.want)
		}
		if err == nil && paramTypes[test.param.Type] != reflect.TypeOf(got) {
			t.Errorf("%s: type %v", test.param.Type, paramTypes[test.param.Type])
		}
	}
}

func TestParamValue(t *testing.T) {
	p := Param{Type: "size"}
	if got, diags := ParamValue(p, node(t, "1MiB")); got != unit.MiB || len(diags) > 0 {
		t.Errorf("got %v, %v", got, diags)
	}
	for text, want := range map[string]string{
		`"${x}"`: "t.yaml:1:2: this value may not be an expression [no-expression]",
		"[1]":    "t.yaml:1:1: expected a size, found a list [wrong-kind]",
		"~":      "t.yaml:1:1: there is no value [no-value]",
	} {
		if _, diags := ParamValue(p, node(t, text)); diags.Error() != want {
			t.Errorf("%s: got %s, want %s", text, diags.Error(), want)
		}
	}
}

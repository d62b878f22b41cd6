package schema

import (
	"bytes"
	"reflect"
	"testing"
)

// place is what an action acts on: one of two things.
type place struct {
	Container string `json:"container" doc:"d" isolab:"main,either" example:"web"`
	Cgroup    string `json:"cgroup" doc:"d" isolab:"either,literal" example:"small"`
	File      string `json:"file" doc:"d" example:"memory.max"`
}

func TestOneOfSeveralKeysIsThere(t *testing.T) {
	const missing = ` [missing-key]`
	for text, want := range map[string]string{
		"web":                    "",
		`"${x}"`:                 "",
		"{cgroup: small}":        "",
		`{container: "${x}"}`:    "",
		"":                       "t.yaml:1:1: the key container or cgroup is missing" + missing,
		"{file: memory.max}":     "t.yaml:1:1: the key container or cgroup is missing" + missing,
		"{contianer: web}":       `t.yaml:1:2: unknown key "contianer"; did you mean "container"? [unknown-key]`,
		"{container: , file: x}": "t.yaml:1:13: container: there is no value [no-value]",
	} {
		n := &Node{Pos: Pos{File: "t.yaml", Line: 1, Col: 1}}
		if text != "" {
			n = node(t, text)
		}
		var got place
		diags := Decode(n, &got, unevaluated)
		if diags.Error() != want {
			t.Errorf("%s\n got %s\nwant %s", text, diags.Error(), want)
		}
		if want == "t.yaml:1:1: the key container or cgroup is missing"+missing && diags[0].Hint != "name one of them, such as container: web or cgroup: small" {
			t.Errorf("%s: hint %q", text, diags[0].Hint)
		}
	}
	data, err := JSONSchema([]ActionDoc{{"a.look", "Look", reflect.TypeFor[place]()}}, nil)
	if err != nil || !bytes.Contains(bytes.Join(bytes.Fields(data), nil), []byte(`"anyOf":[{"required":["container"]},{"required":["cgroup"]}]`)) {
		t.Errorf("the JSON Schema takes an action without both (%v)", err)
	}
}

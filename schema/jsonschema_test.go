package schema

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"isolab/schema/unit"
)

// The params of two actions, as a family would declare them.
type runParams struct {
	Container string    `json:"container" doc:"The container." isolab:"main,required"`
	Command   []string  `json:"command" doc:"The command." example:"[eatmemory, 100MiB]"`
	Limits    *Limits   `json:"limits" doc:"Other limits."`
	Amount    unit.Size `json:"amount" doc:"How much." default:"5MiB"`
	Inner     []tree    `json:"inner" doc:"A type inside itself."`
}

type readParams struct {
	Target string `json:"target" doc:"The container or cgroup." isolab:"main,required"`
	Image  Image  `json:"image" doc:"An image."`
}

func sampleActions() []ActionDoc {
	return []ActionDoc{
		{"container.start", "Start a container", reflect.TypeFor[runParams]()},
		{"container.run", "Run a container to its end", reflect.TypeFor[runParams]()},
		{"cgroup.read", "Read what the kernel accounts", reflect.TypeFor[readParams]()},
	}
}

func TestJSONSchemaOfActions(t *testing.T) {
	data, err := JSONSchema(sampleActions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := JSONSchema(sampleActions(), nil)
	if !bytes.Equal(data, again) {
		t.Error("two runs differ")
	}
	var doc struct {
		Schema     string `json:"$schema"`
		Required   []string
		Additional *bool `json:"additionalProperties"`
		Defs       map[string]struct {
			Properties map[string]map[string]any
			OneOf      []any
			Required   []string
			Additional *bool `json:"additionalProperties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	step := doc.Defs["step"]
	if len(step.OneOf) != 3 || step.Properties["container.run"]["description"] != "Run a container to its end" || *step.Additional {
		t.Errorf("step: %+v", step)
	}
	if doc.Schema != "https://json-schema.org/draft/2020-12/schema" || strings.Join(doc.Required, " ") != "isolab" || *doc.Additional {
		t.Errorf("top: %s %v", doc.Schema, doc.Required)
	}
	amount := doc.Defs["schema.runparams"].Properties["amount"]
	if amount == nil { // this package's own types have no prefix
		amount = doc.Defs["runparams"].Properties["amount"]
	}
	if amount["default"] != "5MiB" || amount["description"] != "How much." || amount["anyOf"] == nil {
		t.Errorf("amount: %v", amount)
	}
}

// Two types of one name do not share a definition.
func TestJSONSchemaNames(t *testing.T) {
	type readParams struct {
		Other string `json:"other" doc:"d"`
	}
	data, err := JSONSchema([]ActionDoc{{"a.one", "One", reflect.TypeFor[readParams]()}, sampleActions()[2]}, []string{"host.exec"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"readparams": {`, `"readparams2": {`, `"host.exec"`} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("no %s", want)
		}
	}
}

// Without actions any key with a dot is one.
func TestJSONSchemaWithoutActions(t *testing.T) {
	data, err := JSONSchema(nil, nil)
	if err != nil || !bytes.Contains(data, []byte("patternProperties")) || bytes.Contains(data, []byte("oneOf")) {
		t.Errorf("%v", err)
	}
}

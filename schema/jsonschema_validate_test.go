package schema

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

func validator(t *testing.T) func(text string) error {
	t.Helper()
	data, err := JSONSchema(sampleActions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("scenario.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("scenario.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error {
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		return schema.Validate(value)
	}
}

// What Read accepts, the JSON Schema accepts.
func TestJSONSchemaAccepts(t *testing.T) {
	validate := validator(t)
	files, _ := filepath.Glob("testdata/good/*.yaml")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(string(data)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// A file that others include needs no name and title; a scenario does.
func TestJSONSchemaOfIncludedFiles(t *testing.T) {
	validate := validator(t)
	const file = "isolab: 1\ncontainers: {box: {command: [sleep]}}\n"
	if err := validate(file); err != nil {
		t.Error(err)
	}
	for _, more := range []string{"title: A lesson", "tags: [cpu]", "stepz: []"} {
		if validate(file+more) == nil {
			t.Errorf("%s is accepted, without what makes a scenario", more)
		}
	}
	if validate("containers: {}") == nil {
		t.Error("the version may be missing")
	}
}

// Each change of a good scenario makes one mistake, which the JSON Schema finds.
func TestJSONSchemaRefuses(t *testing.T) {
	validate := validator(t)
	data, err := os.ReadFile("testdata/good/memory-limit.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{
		"isolab: 1":                    "isolab: 2",
		"title: A memory":              "titel: A memory",
		"os: linux":                    "os: linx",
		"controllers: [memory]":        "controllers: [memry]",
		"type: size":                   "type: sise",
		"swap: 0}":                     "swap: 5}",
		"swap: 0":                      "swp: 0",
		"limits: {memory":              "limits: {memory: 5s, reservation",
		"image: workload":              `image: {ref: "x", bild: y}`,
		"command: [eatmemory, 100MiB]": "command: eatmemory",
		"container.start: hungry":      "timeout: 5s",
		"cgroup.read: hungry":          "cgroup.reed: hungry",
		"    as: run":                  "    as: run\n    cgroup.read: x",
		"within: 5s":                   "within: 5",
		"{container: hungry,":          "{contianer: hungry,",
		"breaks: [beyond]":             "breaks: beyond",
		"    id: within":               "",
	} {
		text := strings.Replace(string(data), from, to, 1)
		if from == "    id: within" {
			text = strings.Replace(string(data), "  - id: within\n", "  - 5\n  - id: within\n", 1)
		}
		if text == string(data) {
			t.Errorf("%s: not in the file", from)
		}
		if validate(text) == nil {
			t.Errorf("%s → %s: accepted", from, to)
		}
	}
}

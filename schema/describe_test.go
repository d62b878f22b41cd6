package schema

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"isolab/schema/unit"
)

// Every type that authors see has its doc, and examples that it accepts itself.
func TestTagsOfTheDocument(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[Scenario](), reflect.TypeFor[Container](), reflect.TypeFor[fragment]()} {
		if err := CheckType(typ); err != nil {
			t.Error(err)
		}
	}
}

func TestCheckTypeFindsMistakes(t *testing.T) {
	type wrong struct {
		A string    `json:"a"`
		B unit.Size `json:"b" doc:"d" example:"5"`
		C string    `json:"c" doc:"d" enum:"x,y" default:"z"`
		D inner     `json:"d" doc:"d" example:"[a]"`
	}
	err := CheckType(reflect.TypeFor[wrong]())
	if err == nil {
		t.Fatal("no mistake found")
	}
	for _, want := range []string{"field a: no doc", `field b: example "5"`, `field c: default "z"`, `field d: example "[a]"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: not in %v", want, err)
		}
	}
}

type tree struct {
	Name     string           `json:"name" doc:"d" isolab:"main,required" example:"x"`
	Children []tree           `json:"children" doc:"d"`
	Limits   map[string]inner `json:"limits" doc:"d"`
	When     time.Duration    `json:"when" doc:"d" default:"1s" isolab:"literal"`
	Level    *int             `json:"level" doc:"d" enum:"1,2"`
	At       time.Time        `json:"at" doc:"d"`
	Value    any              `json:"value" doc:"d"`
	Flags    []bool           `json:"flags" doc:"d"`
	CPUs     []unit.CPUs      `json:"cpus" doc:"d"`
	Hidden   string           `json:"-"`
}

func TestDescribe(t *testing.T) {
	var got strings.Builder
	var print func(docs []FieldDoc, indent string)
	print = func(docs []FieldDoc, indent string) {
		for _, d := range docs {
			fmt.Fprintf(&got, "%s%s: %s %v %s %s", indent, d.Name, d.Type, d.Enum, d.Default, d.Example)
			fmt.Fprintf(&got, " %v %v %v\n", d.Required, d.Main, d.Literal)
			print(d.Fields, indent+"  ")
		}
	}
	print(Describe(reflect.TypeFor[*tree]()), "")
	want := `name: string []  x true true false
children: list of strings or maps []   false false false
limits: map of strings or maps []   false false false
  name: string []   false true false
  every: duration [] 100ms  false false false
when: duration [] 1s  false false true
level: whole number [1 2]   false false false
at: time []   false false false
value: any value []   false false false
flags: list of true or false []   false false false
cpus: list of cpus []   false false false
`
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
	if docs := Describe(reflect.TypeFor[string]()); docs != nil {
		t.Errorf("a string has no fields: %v", docs)
	}
}

// What a result holds is called as expressions call it: keys() takes a map only.
func TestDescribeResult(t *testing.T) {
	type part struct {
		N int `json:"n" doc:"d"`
	}
	type result struct {
		One   part            `json:"one" doc:"d"`
		Many  []part          `json:"many" doc:"d"`
		Named map[string]part `json:"named" doc:"d"`
		Texts map[string]int  `json:"texts" doc:"d"`
	}
	var got []string
	for _, d := range DescribeResult(reflect.TypeFor[result]()) {
		got = append(got, d.Type)
	}
	want := []string{"group of fields", "list of groups of fields", "map of groups of fields", "map of whole numbers"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

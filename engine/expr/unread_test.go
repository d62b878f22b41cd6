package expr

import (
	"context"
	"reflect"
	"strings"
	"testing"
)

// partial is a result of which something was not read, in each way that one can be
// reached: below a struct, in a list and in a map, whose items know it themselves.
type partial struct {
	Memory  memoryInfo         `json:"memory"`
	Path    string             `json:"path"`
	Of      map[string]partial `json:"of"`
	All     []partial          `json:"all"`
	Missing map[string]string  `json:"missing"`
}

// What was not read has no value, whichever way an expression comes to it; what lies
// beside it has one.
func TestUnread(t *testing.T) {
	item := partial{Path: "/x", Missing: map[string]string{"memory.swap": "no swap"}}
	p := item
	p.Of, p.All = map[string]partial{"my-app": item, "app": item}, []partial{item}
	scope := NewScope().With("p", reflect.TypeFor[partial]()).With("list", reflect.TypeFor[[]partial]()).
		With("any", typeAny).With("key", reflect.TypeFor[string]()).With("i", reflect.TypeFor[int]())
	values := map[string]any{"p": p, "list": []partial{p}, "any": any(p), "key": "my-app", "i": 0}
	lookup := func(name string) (any, bool) { v, ok := values[name]; return v, ok }
	for text, want := range map[string]string{
		"p.memory.swap == 0B":                         "p.memory.swap",
		"p['memory'].swap == 0B":                      "p.memory.swap",
		"any.memory.swap == 0B":                       "any.memory.swap",
		"list[0].memory.swap == 0B":                   "list[0].memory.swap",
		"list[-1].memory.swap == 0B":                  "list[-1].memory.swap",
		"list[i].memory.swap == 0B":                   "memory.swap",
		"p.of.app.memory.swap == 0B":                  "p.of.app.memory.swap",
		"p.of['my-app'].memory.swap == 0B":            `p.of["my-app"].memory.swap`,
		"p.of[key].memory.swap == 0B":                 "memory.swap",
		"p.of?.app?.memory.swap == 0B":                "p.of.app.memory.swap",
		"p.all[0].memory.swap == 0B":                  "p.all[0].memory.swap",
		"all(list, .memory.swap == 0B)":               "memory.swap",
		"all(list, #.memory.swap == 0B)":              "memory.swap",
		"all(values(p.of), .memory.swap == 0B)":       "memory.swap",
		"sum(list, .memory.swap) == 0B":               "memory.swap",
		"find(list, true).memory.swap == 0B":          "memory.swap",
		"all(map(list, .memory), .swap == 0B)":        "memory.swap",
		"(i == 0 ? p.memory : p.memory).swap == 0B":   "p.memory.swap",
		"[p.memory][0].swap == 0B":                    "p.memory.swap",
		"[p][0].memory.swap == 0B":                    "memory.swap",
		"p.path == '/x' && p.memory.swap == 0B":       "p.memory.swap",
		"p.memory.usage == 0B && len(p.all) == 1":     "",
		"all(list, .memory.usage == 0B)":              "",
		"p.of['my-app'].path == '/x'":                 "",
		"p.path == '/x' || p.memory.swap == 0B":       "",
		"'memory.swap' in p.missing && len(p.of) > 0": "",
	} {
		program, diag := Compile(written(text), scope, typeBool)
		if diag != nil {
			t.Errorf("%s: %s", text, diag.Error())
			continue
		}
		value, err := program.Eval(context.Background(), lookup)
		switch {
		case want == "" && (err != nil || value != true):
			t.Errorf("%s = %v, %v; want true", text, value, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want+" could not be read: no swap")):
			t.Errorf("%s = %v, %v; want … %s could not be read …", text, value, err, want)
		}
	}
}

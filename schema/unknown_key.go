package schema

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// fewKeys is how many keys a hint lists.
const fewKeys = 14

// unknownKey reports a key that means nothing in a map of the given type, with the
// nearest that does, or the map that it belongs to.
func unknownKey(entry *Field, here reflect.Type, inside string) Diagnostic {
	known := recordOf(here).names()
	diag := Diagnostic{Pos: entry.Pos, Width: utf8.RuneCountInString(entry.Key), Code: CodeUnknownKey,
		Message: fmt.Sprintf("unknown key %q%s", entry.Key, in(inside))}
	near := Nearest(entry.Key, known)
	if near != "" {
		diag.Message += fmt.Sprintf("; did you mean %q?", near)
	}
	home := belongs(entry.Key, here)
	switch {
	case strings.ContainsAny(entry.Key, " \"'("):
		diag.Hint = "a colon with a space behind it makes this a key; put the whole text in single quotes"
	case strings.Contains(entry.Key, ":"):
		diag.Hint = "a key ends with a colon and a space behind it"
	case near == "" && home != "":
		diag.Hint = home
	case len(known) > 0 && len(known) <= fewKeys:
		diag.Hint = "known keys: " + strings.Join(known, ", ")
	case near == "":
		diag.Hint = "`isolab schema --keys` lists the keys that there are"
	}
	return diag
}

// belongs says where in a scenario a key belongs that is not known here: in one of the
// maps below, or in the only other kind of map that has it.
func belongs(key string, here reflect.Type) string {
	for _, f := range recordOf(here).fields {
		if t := f.shape(here); isRecord(t) && recordOf(t).byName[key] != nil {
			return fmt.Sprintf("it belongs under %s", f.name)
		}
	}
	step := reflect.TypeFor[Step]()
	if i := strings.IndexAny(key, "-_"); i > 0 && here == step {
		return fmt.Sprintf("an action has a dot in its name: %s.%s", key[:i], key[i+1:])
	}
	found := ""
	for _, home := range []struct {
		of string
		t  reflect.Type
	}{{"the scenario", reflect.TypeFor[Scenario]()}, {"a step, beside its action", step}, {"a container", reflect.TypeFor[Container]()},
		{"a container's limits", reflect.TypeFor[Limits]()}, {"an item of expect", reflect.TypeFor[Claim]()}} {
		switch {
		case home.t == here || recordOf(home.t).byName[key] == nil:
		case found != "":
			return ""
		default:
			found = fmt.Sprintf("it is a key of %s", home.of)
		}
	}
	if here == step && found != "" {
		return "keys of the action stand in a map of their own, behind its name"
	}
	return found
}

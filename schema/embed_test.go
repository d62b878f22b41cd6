package schema

import (
	"fmt"
	"strings"
	"testing"
)

func TestExpressions(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`plain`, ``},
		{`$ {x} $x }`, ``},
		{`${x}`, `x@3`},
		{`a ${x} b ${y}`, `x@5 y@12`},
		{`${ x }`, `x@4`},
		{`$${x}`, ``},
		{`$$${x}`, ``},
		{`$${a}${b}`, `b@8`},
		{`${ {"a": {"b": 1}}.a.b }`, `{"a": {"b": 1}}.a.b@4`},
		{`${ "}" }`, `"}"@4`},
		{`${ '\'}' + "\"}" }`, `'\'}' + "\"}"@4`},
		{"${ `\\}` }", "`\\}`@4"},
		{`${ "${x}" } ${y}`, `"${x}"@4 y@15`},
		{`é ${x}`, `x@5`},
		{`${filter(a, {.b > 1})}`, `filter(a, {.b > 1})@3`},
		{`${x`, ``},
		{`${"}`, ``},
		{`${a} ${b`, `a@3`},
		{`${a}}`, `a@3`},
	} {
		var got []string
		for _, e := range Expressions(&Node{Kind: String, Text: test.text, Pos: Pos{Line: 1, Col: 1}}) {
			got = append(got, fmt.Sprintf("%s@%d", e.Source, e.Pos.Col))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: got %q, want %q", test.text, strings.Join(got, " "), test.want)
		}
	}
}

// The place of an expression is that of its characters in the file, however the
// scalar is written.
func TestExpressionPlaces(t *testing.T) {
	const text = `
plain: x ${AA}
double: "é\t\\ ${BB} ${CC}"
single: 'it''s ${DD}'
literal: |
  first
    second ${EE}
  third ${FF}
folded: >-

  one
  two ${GG} ${HH}
multi: "a
  b ${II}"
list: [a, "${JJ}", {k: "${KK}"}]
nested: 'a ${"${"} ${MM}'
hidden: "\u0024{LL}"
`
	root, diags := Parse("e.yaml", []byte(text))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	lines := strings.Split(text, "\n")
	list := Expressions(root)
	if len(list) != 14 {
		t.Fatalf("%d expressions: %v", len(list), list)
	}
	for _, e := range list[:13] {
		line := []rune(lines[e.Pos.Line-1])
		if got := string(line[e.Pos.Col-1:][:len(e.Source)]); got != e.Source {
			t.Errorf("%s: %s stands there", e.Source, got)
		}
	}
	if last := list[13]; last.Pos.Line != 17 {
		t.Errorf("the hidden one: %v", last)
	}
}

// A whole scalar that is an expression begins where its characters do.
func TestExprPlaces(t *testing.T) {
	const text = `isolab: 1
name: a
title: A
steps:
  - a.b: x
    when: "AA == 1"
    expect:
      - BB == 2
      - 'CC == 3'
      - |
        DD == 4
      - that: >-
          EE == 5
      - "${ FF == 6 }"
`
	s, diags := Read("e.yaml", []byte(text))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	list := []Expr{*s.Steps[0].When}
	for _, claim := range s.Steps[0].Expect {
		list = append(list, claim.That)
	}
	lines := strings.Split(text, "\n")
	for _, e := range list {
		if got := lines[e.Pos.Line-1][e.Pos.Col-1:]; !strings.HasPrefix(got, strings.TrimSpace(e.Source)) {
			t.Errorf("%v: %q stands there", e, got)
		}
	}
}

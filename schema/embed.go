package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// part is a stretch of a scalar: plain text, or one embedded expression.
type part struct {
	text string
	expr *Expr
	at   Pos // of the expression's "${"
}

// Expressions lists the expressions that are embedded as ${…} in a node and all
// below it, in order. What is not closed is left out; Read reports it.
func Expressions(n *Node) []Expr {
	var list []Expr
	n.walk(func(scalar *Node) bool {
		parts, _ := embedded(scalar)
		for _, p := range parts {
			if p.expr != nil {
				list = append(list, *p.expr)
			}
		}
		return true
	})
	return list
}

// embedded cuts a scalar at its expressions. "$${" is a literal "${". It returns
// nil parts when there is no "${" at all.
func embedded(n *Node) (parts []part, problem *Diagnostic) {
	if !strings.Contains(n.Text, "${") {
		return nil, nil
	}
	text := n.Text
	var plain strings.Builder
	done := 0 // bytes of n.Text behind us
	for number := 0; ; number++ {
		i := strings.Index(text, "${")
		if i < 0 {
			break
		}
		if i > 0 && text[i-1] == '$' {
			plain.WriteString(text[:i-1] + "${")
			text, done = text[i+2:], done+i+2
			continue
		}
		at := n.exprPos(number, done+i)
		length, ok := exprEnd(text[i+2:])
		if !ok {
			return parts, &Diagnostic{Pos: at, Width: 2, Code: CodeBadExpr,
				Message: "${ without its closing }", Hint: "close it with }; $${ stands for the characters themselves"}
		}
		plain.WriteString(text[:i])
		parts = appendText(parts, &plain)
		source := text[i+2 : i+2+length]
		parts = append(parts, exprPart(source, at))
		number += strings.Count(source, "${") // those inside its strings
		text, done = text[i+2+length+1:], done+i+2+length+1
	}
	plain.WriteString(text)
	return appendText(parts, &plain), nil
}

func appendText(parts []part, plain *strings.Builder) []part {
	if plain.Len() > 0 {
		parts = append(parts, part{text: plain.String()})
	}
	plain.Reset()
	return parts
}

func exprPart(source string, at Pos) part {
	e := trimmed(source, at.right(len("${")))
	return part{at: at, expr: &e}
}

// trimmed is an expression without the space around it.
func trimmed(source string, at Pos) Expr {
	left := strings.TrimLeft(source, " \t\n")
	return Expr{Source: strings.TrimRight(left, " \t\n"), Pos: at.right(len(source) - len(left))}
}

// exprEnd finds the } that closes an expression: braces of maps and predicates may
// nest, and strings ("…", '…' with escapes, `…` without) may hold any.
func exprEnd(text string) (length int, ok bool) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '{':
			depth++
		case '}':
			if depth == 0 {
				return i, true
			}
			depth--
		case '"', '\'', '`':
			end := stringEnd(text[i+1:], c)
			if end < 0 {
				return 0, false
			}
			i += end + 1
		}
	}
	return 0, false
}

// stringEnd finds the closing quote; -1 when there is none.
func stringEnd(text string, quote byte) int {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == quote:
			return i
		case text[i] == '\\' && quote != '`':
			i++
		}
	}
	return -1
}

// exprPos is the place of the number-th "${", which is offset bytes into the text.
func (n *Node) exprPos(number, offset int) Pos {
	if n.layout != nil && number < len(n.layout.exprs) {
		return n.layout.exprs[number]
	}
	if n.layout != nil {
		return n.body() // hidden by an escape
	}
	return n.body().right(utf8.RuneCountInString(n.Text[:offset]))
}

// wholeExpr returns the expression when the scalar is exactly one ${…}.
func wholeExpr(parts []part) *Expr {
	if len(parts) == 1 {
		return parts[0].expr
	}
	return nil
}

// checkExpr keeps an expression within the limits that are checked before it is
// parsed: 400,000 brackets would end the process in expr-lang's parser.
func checkExpr(e Expr) *Diagnostic {
	problem := func(message, hint string) *Diagnostic {
		width := utf8.RuneCountInString(e.Source)
		return &Diagnostic{Pos: e.Pos, Width: max(width, 1), Code: CodeBadExpr, Message: message, Hint: hint}
	}
	depth, _ := exprDepth(e.Source)
	switch {
	case strings.TrimSpace(e.Source) == "":
		return problem("the expression is empty", "")
	case len(e.Source) > MaxExpr:
		return problem(fmt.Sprintf("the expression has %d bytes; at most %d are read", len(e.Source), MaxExpr), "split it into several claims")
	case depth > MaxExprDepth:
		return problem(fmt.Sprintf("brackets stand more than %d deep inside one another", MaxExprDepth), "split it into several claims")
	}
	return nil
}

// exprDepth counts how deep brackets nest, and how many stay open at the end.
func exprDepth(source string) (deepest, open int) {
	for i := 0; i < len(source); i++ {
		switch c := source[i]; c {
		case '(', '[', '{':
			open++
			deepest = max(deepest, open)
		case ')', ']', '}':
			open--
		case '"', '\'', '`':
			end := stringEnd(source[i+1:], c)
			if end < 0 {
				return deepest, open
			}
			i += end + 1
		}
	}
	return deepest, open
}

package expr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/file"

	"isolab/schema"
)

// The codes of this package's diagnostics, besides those of package schema.
const (
	CodeUnknownField    = "unknown-field"    // a result has no such field
	CodeUnknownFunction = "unknown-function" // there is no function of that name
	CodeWrongType       = "wrong-type"       // a value of another kind is needed
	CodeUnitMismatch    = "unit-mismatch"    // quantities that cannot be compared or combined
	CodeNotAllowed      = "not-allowed"      // a part of expr-lang that scenarios do without
)

// Codes lists the codes with what they say.
func Codes() []schema.CodeDoc {
	return []schema.CodeDoc{
		{Code: CodeUnknownField, About: "A result has no field of that name."},
		{Code: CodeUnknownFunction, About: "There is no function of that name."},
		{Code: CodeWrongType, About: "A value of another kind is needed: text where a number belongs, or a claim that is not true or false."},
		{Code: CodeUnitMismatch, About: "Quantities that cannot be compared or combined, such as a size with a duration."},
		{Code: CodeNotAllowed, About: "A part of the expression language that scenarios do without."},
	}
}

// fault is a mistake in an expression, with its place in runes.
type fault struct {
	from, to      int
	code          string
	message, hint string
}

// diagnostic places the fault in the document.
func (s *source) diagnostic(f *fault) *schema.Diagnostic {
	return &schema.Diagnostic{Pos: s.pos(f.from), Width: s.width(f.from, f.to), Code: f.code, Message: f.message, Hint: f.hint}
}

// pos is the place of a rune in the document. A line of a block scalar begins in
// the same column as its first one.
func (s *source) pos(at int) schema.Pos {
	pos := s.Expr.Pos
	column := 0
	for _, r := range s.runes[:min(at, len(s.runes))] {
		column++
		if r == '\n' {
			pos.Line++
			column = 0
		}
	}
	pos.Col += column
	return pos
}

// width counts the runes to underline on the first line.
func (s *source) width(from, to int) int {
	from, to = min(from, len(s.runes)), min(to, len(s.runes))
	for i := from; i < to; i++ {
		if s.runes[i] == '\n' {
			to = i
		}
	}
	return max(to-from, 1)
}

// syntaxFault says in an author's words what the library's parser stumbled over.
func (s *source) syntaxFault(err error) *fault {
	var found *file.Error
	if !errors.As(err, &found) {
		return &fault{to: 1, code: schema.CodeBadExpr, message: "the expression cannot be read: " + err.Error()}
	}
	f := &fault{from: found.From, to: found.To, code: schema.CodeBadExpr, message: found.Message}
	_, token, _ := strings.Cut(found.Message, "unexpected token ")
	switch {
	case strings.Contains(found.Message, "maximum allowed nodes"):
		return &fault{to: 1, code: schema.CodeTooLarge, message: fmt.Sprintf("the expression has more than %d parts", MaxNodes), hint: "split it into several claims"}
	case strings.Contains(found.Message, "expected at least"):
		f.message = "an argument is missing"
	case strings.HasPrefix(token, "EOF"), strings.Contains(found.Message, "unexpected end"):
		f.message = "the expression ends too early"
	case strings.Contains(found.Message, "cannot be mixed"):
		f.message, f.hint = "?? goes with other operators only in brackets", "write (a ?? b) == c"
	case token != "":
		s.unexpected(f)
	case strings.Contains(found.Message, "bad number syntax"):
		f.message = "this is not a number"
	case strings.Contains(found.Message, "escape"):
		f.message, f.hint = "the backslash in the text means nothing", "write \\\\ for a backslash, or put the text in backquotes"
	case strings.Contains(found.Message, "unclosed comment"):
		f.message = "the comment is never closed"
	case strings.Contains(found.Message, "unrecognized character"):
		f.message = fmt.Sprintf("%q means nothing here", s.cut(f))
	}
	return f
}

// unexpected names the text at which the parser gave up.
func (s *source) unexpected(f *fault) {
	found := s.cut(f)
	f.message = fmt.Sprintf("%s is not expected here", found)
	switch {
	case found == "=":
		f.hint = "write == to compare"
	case found == ">" && f.from > 0 && s.runes[f.from-1] == '<':
		f.hint = "write != for not equal"
	case found == "and" || found == "or":
		f.hint = "it stands between two conditions"
	case strings.EqualFold(found, "and") || strings.EqualFold(found, "or"):
		f.hint = "write " + strings.ToLower(found)
	case found == "#" || found == ".":
		f.hint = "# and .field speak of an item, inside any, all, filter and the like"
	case strings.HasPrefix(strings.TrimSpace(s.Source), "if "):
		f.hint = "write condition ? value : other"
	case found == "&" || found == "|":
		f.hint = "write && for and, || for or"
	case found == "let" || found == ";":
		f.code, f.hint = CodeNotAllowed, "a claim is one expression; write several claims"
	case found == "within":
		f.hint = "it is a function: within(value, expected, tolerance)"
	case f.from > 0 && f.from < len(s.runes) && letter(s.runes[f.from]):
		if near, ok := nearest(found, operatorWords); ok {
			f.message += "; did you mean " + near + "?"
		}
		f.hint = "two values need an operator between them; text stands in quotes"
	}
}

// operatorWords stand between two values.
var operatorWords = []string{"and", "or", "in", "contains", "matches", "startsWith", "endsWith"}

// cut is the text that a fault is about.
func (s *source) cut(f *fault) string {
	from, to := min(f.from, len(s.runes)), min(f.to, len(s.runes))
	return string(s.runes[from:max(from, to)])
}

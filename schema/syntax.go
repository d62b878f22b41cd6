package schema

import (
	"errors"
	"io"
	"reflect"
	"regexp"
	"strconv"

	"gopkg.in/yaml.v3"
)

// yamlError turns what yaml.v3 says into a diagnostic at the right place.
func yamlError(file string, lines []string, decoder *yaml.Decoder, err error) Diagnostic {
	if errors.Is(err, io.EOF) {
		return Diagnostic{Pos: Pos{File: file, Line: 1, Col: 1}, Width: 1, Code: CodeSyntax,
			Message: "the document is empty", Hint: "`isolab new` writes one to begin with"}
	}
	problem := yamlProblem{text: problemText(err), mark: parserMark(decoder, err), lines: lines}
	problem.clamp()
	diag := Diagnostic{Code: CodeSyntax, Width: 1}
	diag.Message, diag.Hint = problem.explain()
	diag.Pos = Pos{File: file, Line: problem.line, Col: problem.col}
	return diag
}

var linePrefix = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func problemText(err error) string {
	return linePrefix.ReplaceAllString(err.Error(), "")
}

// mark is a place in the text, counting from 1, and where the construct began in
// which the problem stands.
type mark struct{ line, col, contextLine, contextCol int }

// parserMark reads where yaml.v3's scanner stood. Its error text names the line at
// which the enclosing map or list *began*, and no column; the fields that hold the
// place itself are not exported. Reflection may read them; yaml.v3 is frozen, so
// they stay where they are, and a test pins them. Failing that, the text's line.
func parserMark(decoder *yaml.Decoder, err error) mark {
	at := mark{line: 1, col: 1}
	if found := linePrefix.FindStringSubmatch(err.Error()); found != nil && found[1] != "" {
		at.line, _ = strconv.Atoi(found[1])
	}
	outer := below(below(reflect.ValueOf(decoder), "parser"))
	parser := below(outer, "parser")
	if text := below(parser, "problem"); text.IsValid() && text.Len() > 0 {
		at.line, at.col = markField(parser, "problem_mark", at.line, at.col)
	} else {
		at.line, at.col = markField(below(outer, "event"), "start_mark", at.line, at.col)
	}
	at.contextLine, at.contextCol = at.line, at.col
	if text := below(parser, "context"); text.IsValid() && text.Len() > 0 {
		at.contextLine, at.contextCol = markField(parser, "context_mark", at.line, at.col)
	}
	return at
}

// below follows pointers and then, when names are given, a struct's fields; the
// zero Value when there is no such field.
func below(v reflect.Value, names ...string) reflect.Value {
	for v.IsValid() && v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	for _, name := range names {
		if !v.IsValid() || v.Kind() != reflect.Struct {
			return reflect.Value{}
		}
		v = v.FieldByName(name)
	}
	return v
}

// markField reads a yaml_mark_t as line and column counting from 1.
func markField(v reflect.Value, name string, line, col int) (int, int) {
	l, c := below(v, name, "line"), below(v, name, "column")
	if !l.IsValid() || !c.IsValid() || !l.CanInt() || !c.CanInt() {
		return line, col
	}
	return int(l.Int()) + 1, int(c.Int()) + 1
}

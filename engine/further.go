package engine

import (
	"slices"

	"isolab/schema"
)

// Further adds, to the mistakes that a scenario was read with, those that only a
// compiler sees, such as an unknown action or a comparison of different units, so that
// an author sees them all at once. It adds nothing where a mistake concerns what the
// steps build on (params, cases, containers), and leaves out what may follow from one:
// a name that is not known or not used, a permission, another word on the same line.
func Further(scenario *schema.Scenario, catalog *Catalog, options Options, read schema.Diagnostics) schema.Diagnostics {
	lines := map[int]bool{}
	for _, d := range read {
		if d.Pos.File != scenario.File || !slices.Contains(standAlone, section(scenario, d.Pos.Line)) {
			return read
		}
		lines[d.Pos.Line] = true
	}
	_, found := Compile(scenario, catalog, options)
	found = slices.DeleteFunc(found, func(d schema.Diagnostic) bool {
		return lines[d.Pos.Line] || slices.Contains(mayFollow, d.Code)
	})
	return slices.Concat(read, found).Sorted()
}

// standAlone are the sections of a document whose mistakes leave the rest readable.
var standAlone = []string{"title", "about", "source", "references", "tags", "requires", "steps", "finally", "controls"}

var mayFollow = []string{schema.CodeUnknownName, codeUnusedResult, codeUndeclared, codeBadStep, codeEmptyClaim}

// section is the top-level key that a line belongs to.
func section(scenario *schema.Scenario, line int) (key string) {
	if scenario.Root == nil {
		return ""
	}
	for _, field := range scenario.Root.Fields {
		if field.Pos.File == scenario.File && field.Pos.Line <= line {
			key = field.Key
		}
	}
	return key
}

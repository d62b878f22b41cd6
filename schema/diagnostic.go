package schema

import (
	"cmp"
	"slices"
	"strings"
)

// Diagnostic is one mistake in a document, for its author to read.
type Diagnostic struct {
	Pos     Pos    `json:"pos"`
	Width   int    `json:"width,omitempty"` // characters to underline; at least the one at Pos
	Code    string `json:"code"`            // stable, such as unknown-key; see Codes
	Message string `json:"message"`         // one sentence, no full stop
	Hint    string `json:"hint,omitempty"`  // what to do about it
}

// Error is the diagnostic on one line: place, message, code. An Evaluator may
// return a Diagnostic as its error.
func (d Diagnostic) Error() string {
	text := d.Message + " [" + d.Code + "]"
	if place := d.Pos.String(); place != "" {
		text = place + ": " + text
	}
	return text
}

// Diagnostics are all mistakes of a document, in the order of their places. It is
// an error when it is not empty; see Err.
type Diagnostics []Diagnostic

// Error lists the diagnostics, one a line.
func (ds Diagnostics) Error() string {
	lines := make([]string, len(ds))
	for i, d := range ds {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}

// Err is the list as an error, or nil when it is empty.
func (ds Diagnostics) Err() error {
	if len(ds) == 0 {
		return nil
	}
	return ds
}

// Sorted returns the diagnostics in the order of their places, each once.
func (ds Diagnostics) Sorted() Diagnostics {
	list := slices.Clone(ds)
	slices.SortStableFunc(list, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return slices.CompactFunc(list, func(a, b Diagnostic) bool {
		return a.Pos == b.Pos && a.Code == b.Code && a.Message == b.Message
	})
}

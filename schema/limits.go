package schema

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// The limits of what is read. A scenario is written by a person; what is beyond
// them is a mistake or an attack. Each is checked before any work whose cost
// grows faster than the input.
const (
	MaxFile      = 256 << 10 // bytes of one file
	MaxDepth     = 32        // maps and lists inside one another
	MaxNodes     = 20_000    // values of a document, included files and all
	MaxKeys      = 500       // keys of one map
	MaxScalar    = 64 << 10  // bytes of one value
	MaxExpr      = 1024      // bytes of one expression
	MaxExprDepth = 20        // brackets inside one another in an expression
	MaxInclude   = 5         // files that include one another
	MaxIncludes  = 20        // files that one scenario includes
	MaxName      = 64        // bytes of a name
	MaxSteps     = 2000      // steps, those of finally included
	MaxCases     = 100       // rows of cases
	MaxControls  = 50        // controls
	MaxChanges   = 20        // changes of one control
)

// Bounds of the quick look before the YAML parser runs. They are far above what
// the exact checks allow, because the quick look does not know text from syntax.
const (
	roughDepth      = 1000
	roughSeparators = 2 * MaxNodes
)

// precheck looks at the bytes once, before the YAML parser sees them: size,
// encoding, and nesting or numbers that would make the parser itself expensive.
// (yaml.v3 needs 90 ms for 256 KiB of commas; a text of that many is no scenario.)
func precheck(file string, data []byte) *Diagnostic {
	scan := scanner{pos: Pos{File: file, Line: 1, Col: 1}, lineStart: true}
	if len(data) > MaxFile {
		return scan.fail(CodeTooLarge, fmt.Sprintf("the file has more than %d bytes (256 KiB), and no more are read", MaxFile),
			"keep data in files beside the scenario, and split long scenarios with include")
	}
	if isBinary(data) {
		return scan.fail(CodeEncoding, "the file is not text", "a scenario is a text file; `isolab new` writes one to begin with")
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if diag := scan.step(r, size); diag != nil {
			return diag
		}
		data = data[size:]
	}
	return nil
}

// isBinary reports whether a file begins as a program does, or has a NUL near its
// start. UTF-16 has them too; that it is not UTF-8 is found at its first character.
func isBinary(data []byte) bool {
	start := data[:min(len(data), 512)]
	return bytes.HasPrefix(start, []byte("\x7fELF")) ||
		utf8.Valid(start[:min(len(start), 2)]) && bytes.IndexByte(start, 0) >= 0
}

// scanner is the state of precheck.
type scanner struct {
	pos        Pos
	depth      int // unclosed brackets, strings and text included
	dashes     int // "- " and "? " at the start of this line
	separators int
	lineStart  bool
	last       rune
}

func (s *scanner) fail(code, message, hint string) *Diagnostic {
	return &Diagnostic{Pos: s.pos, Width: 1, Code: code, Message: message, Hint: hint}
}

func (s *scanner) step(r rune, size int) *Diagnostic {
	if r == utf8.RuneError && size == 1 {
		return s.fail(CodeEncoding, "the file is not UTF-8 text", "save it as UTF-8")
	}
	if isForbidden(r) {
		return s.fail(CodeEncoding, fmt.Sprintf("control character %U", r), `remove it; in double quotes it can be written as an escape such as \t or \u2028`)
	}
	if diag := s.count(r); diag != nil {
		return diag
	}
	s.advance(r)
	return nil
}

// isForbidden tells the characters that YAML does not allow unescaped, and those
// that it takes for line breaks although no editor counts them as lines.
func isForbidden(r rune) bool {
	if r == '\t' || r == '\n' || r == '\r' {
		return false
	}
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\ufeff'
}

// count follows brackets, dashes and separators.
func (s *scanner) count(r rune) *Diagnostic {
	switch r {
	case '[', '{':
		s.depth++
		s.separators++
	case ']', '}':
		s.depth = max(s.depth-1, 0)
	case ',':
		s.separators++
	case ' ', '\n':
		s.word()
	}
	if s.depth > roughDepth || s.dashes > MaxDepth {
		return s.fail(CodeTooLarge, tooDeep, "")
	}
	if s.separators > roughSeparators {
		return s.fail(CodeTooLarge, tooMany, "split it with include")
	}
	return nil
}

// word sees the character before a space or line break: the end of a key, or a
// dash or question mark that opens an entry.
func (s *scanner) word() {
	switch s.last {
	case ':':
		s.separators++
	case '-', '?':
		s.separators++
		if s.lineStart {
			s.dashes++
		}
	}
}

func (s *scanner) advance(r rune) {
	switch {
	case r == '\n' && s.last == '\r': // the second half of one line break
	case r == '\n' || r == '\r':
		s.pos.Line++
		s.pos.Col = 1
		s.lineStart, s.dashes = true, 0
	default:
		s.pos.Col++
		s.lineStart = s.lineStart && (r == ' ' || r == '-' || r == '?')
	}
	s.last = r
}

var (
	tooDeep = fmt.Sprintf("maps and lists stand more than %d deep inside one another", MaxDepth)
	tooMany = fmt.Sprintf("the document has more than %d values", MaxNodes)
)

// isUnprintable tells the characters that a name, key or title may not hold:
// control characters, and those that reorder or hide text on the screen (UAX #9's
// explicit directional formatting characters, and zero-width space).
func isUnprintable(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' ||
		r == '\u200b' || r == '\u200e' || r == '\u200f' || r == '\u061c' || r == '\ufeff' || r == '\u2028' || r == '\u2029'
}

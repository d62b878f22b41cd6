package expr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"isolab/schema"
)

// source is an expression's text, read once before the library sees it.
type source struct {
	schema.Expr
	runes    []rune
	clean    string     // with every quantity replaced by a placeholder
	literals []literal  // the quantities, in order
	brackets []brackets // every pair, in the order of their closing
}

// literal is a quantity in the text: 150MiB, 5s, 10%, 0.5cpu or 1MiB/s.
type literal struct {
	from, to int // in runes
	value    any
}

// brackets are the places of an opening bracket and its closing one.
type brackets struct{ open, close int }

// scanner walks over the text as the library's lexer will: strings and comments
// are passed over, words and numbers are taken whole.
type scanner struct {
	*source
	at   int
	open []int // brackets not closed yet
	fail *fault
}

// scan finds the quantities and checks what must be right before a parser that
// calls itself may see the text.
func scan(e schema.Expr) (*source, *fault) {
	src := &source{Expr: e}
	if len(e.Source) > MaxBytes {
		return src, &fault{to: 1, code: schema.CodeTooLarge,
			message: fmt.Sprintf("the expression has %d bytes; at most %d are allowed", len(e.Source), MaxBytes),
			hint:    "split it into several claims"}
	}
	src.runes = []rune(e.Source)
	s := scanner{source: src}
	for s.at < len(s.runes) && s.fail == nil {
		s.step()
	}
	if s.fail == nil && len(s.open) > 0 {
		last := s.open[len(s.open)-1]
		s.fail = &fault{from: last, to: last + 1, code: schema.CodeBadExpr, message: fmt.Sprintf("%q is never closed", s.runes[last]),
			hint: fmt.Sprintf("write %c where it ends", closing(s.runes[last]))}
	}
	if s.fail != nil {
		return src, s.fail
	}
	src.clean = src.replaced()
	return src, nil
}

func (s *scanner) step() {
	r := s.runes[s.at]
	switch {
	case r == '$' && s.peek(1) == '{':
		s.nested()
	case r == '"' || r == '\'' || r == '`':
		s.quoted(r)
	case r == '/' && s.peek(1) == '/':
		s.at = s.find("\n", s.at)
	case r == '/' && s.peek(1) == '*':
		s.at = s.find("*/", s.at+2) + 2
	case strings.ContainsRune("([{", r):
		s.opened()
	case strings.ContainsRune(")]}", r):
		s.closed(r)
	case digit(r), r == '.' && digit(s.peek(1)) && s.peek(-1) != '.':
		s.number()
	case letter(r):
		for letter(s.peek(0)) || digit(s.peek(0)) {
			s.at++
		}
	default:
		s.at++
	}
}

// peek returns the rune some places on, or 0 outside the text.
func (s *scanner) peek(ahead int) rune {
	if i := s.at + ahead; i >= 0 && i < len(s.runes) {
		return s.runes[i]
	}
	return 0
}

// find returns where mark begins at or after from, or the end of the text.
func (s *scanner) find(mark string, from int) int {
	if from >= len(s.runes) {
		return len(s.runes)
	}
	rest := string(s.runes[from:])
	if i := strings.Index(rest, mark); i >= 0 {
		return from + utf8.RuneCountInString(rest[:i])
	}
	return len(s.runes)
}

func (s *scanner) quoted(quote rune) {
	start := s.at
	for s.at++; s.at < len(s.runes); s.at++ {
		switch r := s.runes[s.at]; {
		case r == quote:
			s.at++
			return
		case r == '\\' && quote != '`':
			s.at++
		case r == '\n' && quote != '`':
			s.at = len(s.runes)
		}
	}
	s.fail = &fault{from: start, to: start + 1, code: schema.CodeBadExpr, message: "the quote is never closed"}
}

// nested refuses a ${…}: it makes an expression of a part of a text, and this is one.
func (s *scanner) nested() {
	inner := string(s.runes[s.at+2 : s.find("}", s.at)])
	s.fail = &fault{from: s.at, to: s.at + len("${"), code: schema.CodeBadExpr,
		message: "${ is not expected here", hint: "this is an expression already: write " + strings.TrimSpace(inner)}
}

func (s *scanner) opened() {
	s.open = append(s.open, s.at)
	s.at++
	if len(s.open) > MaxBrackets {
		s.fail = &fault{from: s.at - 1, to: s.at, code: schema.CodeTooLarge,
			message: fmt.Sprintf("more than %d brackets inside one another", MaxBrackets)}
	}
}

func (s *scanner) closed(r rune) {
	here := s.at
	s.at++
	if len(s.open) == 0 {
		s.fail = &fault{from: here, to: s.at, code: schema.CodeBadExpr, message: fmt.Sprintf("%q closes nothing", r)}
		return
	}
	opened := s.open[len(s.open)-1]
	s.open = s.open[:len(s.open)-1]
	if closing(s.runes[opened]) != r {
		s.fail = &fault{from: here, to: s.at, code: schema.CodeBadExpr,
			message: fmt.Sprintf("%q does not close %q", r, s.runes[opened])}
	}
	s.brackets = append(s.brackets, brackets{opened, here})
}

// closing is the bracket that closes an opening one.
func closing(open rune) rune { return map[rune]rune{'(': ')', '[': ']', '{': '}'}[open] }

// number takes a number with what is attached to it, and keeps it when that is a
// unit. Plain numbers are left to the library.
func (s *scanner) number() {
	start := s.at
	s.digits()
	if s.plainSuffix(start) {
		s.plain(start)
		return
	}
	number := s.at
	for letter(s.peek(0)) || digit(s.peek(0)) || s.peek(0) == '.' && digit(s.peek(1)) {
		s.at++
	}
	switch {
	case s.at > number:
		s.perSecond(start)
		s.keep(start, number)
	case s.peek(0) == '%' && !s.operandFollows(1):
		s.at++
		s.keep(start, number)
	default:
		s.plain(start)
		s.spacedUnit(start)
	}
}

// plain checks a number without a unit, so that the message for one that is too
// large stands in the right place.
func (s *scanner) plain(start int) {
	number := strings.ReplaceAll(string(s.runes[start:s.at]), "_", "")
	if _, err := strconv.ParseInt(number, 0, 64); errors.Is(err, strconv.ErrRange) {
		s.fail = &fault{from: start, to: s.at, code: schema.CodeOutOfRange, message: "the number is too large"}
	}
	if _, err := strconv.ParseFloat(number, 64); errors.Is(err, strconv.ErrRange) {
		s.fail = &fault{from: start, to: s.at, code: schema.CodeOutOfRange, message: "the number is too large"}
	}
}

func (s *scanner) digits() {
	for digit(s.peek(0)) || s.peek(0) == '_' {
		s.at++
	}
	if s.peek(0) != '.' || !digit(s.peek(1)) {
		return
	}
	for s.at++; digit(s.peek(0)) || s.peek(0) == '_'; {
		s.at++
	}
}

// plainSuffix takes the rest of numbers that only the library reads: 0x1f, 0b101,
// 0o17 and 1e9.
func (s *scanner) plainSuffix(start int) bool {
	r, next := unicode.ToLower(s.peek(0)), s.peek(1)
	based := s.at == start+1 && s.runes[start] == '0' && strings.ContainsRune("xbo", r) && (digit(next) || r == 'x' && letter(next))
	exponent := r == 'e' && (digit(next) || (next == '+' || next == '-') && digit(s.peek(2)))
	if !based && !exponent {
		return false
	}
	for s.at += 2; letter(s.peek(0)) || digit(s.peek(0)); {
		s.at++
	}
	return true
}

// perSecond takes the "/s" of a rate, unless the s is the beginning of a name.
func (s *scanner) perSecond(start int) {
	if s.peek(0) != '/' || s.peek(1) != 's' || letter(s.peek(2)) || digit(s.peek(2)) || strings.ContainsRune(".([", s.peek(2)) && s.peek(2) != 0 {
		return
	}
	if isSizeUnit(suffixOf(string(s.runes[start:s.at]))) {
		s.at += 2
	}
}

// operandFollows reports whether something that % could divide by comes next.
func (s *scanner) operandFollows(ahead int) bool {
	for unicode.IsSpace(s.peek(ahead)) {
		ahead++
	}
	r := s.peek(ahead)
	if !letter(r) {
		return digit(r) || r != 0 && strings.ContainsRune(`("'[{#.`+"`", r)
	}
	word := s.at + ahead
	end := word
	for end < len(s.runes) && (letter(s.runes[end]) || digit(s.runes[end])) {
		end++
	}
	return !wordOperator(string(s.runes[word:end]))
}

// spacedUnit complains of "150 MiB" and "50 %": a number is never followed by a word
// otherwise, nor by a % that divides by nothing.
func (s *scanner) spacedUnit(start int) {
	at := s.at
	for unicode.IsSpace(s.peek(at - s.at)) {
		at++
	}
	end := at
	for end < len(s.runes) && letter(s.runes[end]) {
		end++
	}
	if s.peek(at-s.at) == '%' && !s.operandFollows(at-s.at+1) {
		end++
	}
	unit := string(s.runes[at:end])
	if other, ok := otherUnits[unit]; ok {
		unit = other
	}
	if at > s.at && (isUnit(unit) || unit == "%") {
		s.fail = &fault{from: start, to: end, code: schema.CodeWrongUnit,
			message: "a number and its unit are written without a space",
			hint:    "write " + string(s.runes[start:s.at]) + unit}
	}
}

func (s *scanner) keep(start, number int) {
	written := string(s.runes[start:s.at])
	value, fail := parseLiteral(written, string(s.runes[start:number]))
	if fail != nil {
		fail.from, fail.to = start, s.at
		s.fail = fail
		return
	}
	s.literals = append(s.literals, literal{start, s.at, value})
}

// replaced is the text with each literal as a name of the same width. Which
// literal it is follows from the place, so that the names need not differ.
func (s *source) replaced() string {
	if len(s.literals) == 0 {
		return string(s.runes)
	}
	clean := make([]rune, len(s.runes))
	copy(clean, s.runes)
	for _, l := range s.literals {
		for i := l.from; i < l.to; i++ {
			clean[i] = '_'
		}
	}
	return string(clean)
}

func digit(r rune) bool  { return r >= '0' && r <= '9' }
func letter(r rune) bool { return r == '_' || r == '$' || unicode.IsLetter(r) }

func wordOperator(word string) bool {
	switch word {
	case "and", "or", "not", "in", "contains", "matches", "startsWith", "endsWith":
		return true
	}
	return false
}

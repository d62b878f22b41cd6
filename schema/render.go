package schema

import (
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
)

// Render prints the diagnostics as a good compiler does: the place and the
// message, the line with the spot underlined, and the hint. line gives a line of
// a file, such as Scenario.SourceLine, or is nil; width is that of the terminal
// in columns (0 is 80). Nothing that the document holds reaches the terminal as a
// control sequence.
func (ds Diagnostics) Render(w io.Writer, line func(file string, line int) (string, bool), width int, color bool) error {
	if width <= 0 {
		width = 80
	}
	p := painter{width: max(width, 40), color: color}
	var out strings.Builder
	for i, d := range ds {
		if i > 0 {
			out.WriteByte('\n')
		}
		p.diagnostic(&out, d, line)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// painter knows how to print for one terminal.
type painter struct {
	width int
	color bool
}

// Select Graphic Rendition (ECMA-48, 8.3.117).
const (
	bold  = "1"
	red   = "1;31"
	faint = "2"
	cyan  = "36"
)

func (p painter) paint(sgr, text string) string {
	if !p.color || text == "" {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

func (p painter) diagnostic(out *strings.Builder, d Diagnostic, line func(string, int) (string, bool)) {
	if place := Printable(d.Pos.String()); place != "" {
		out.WriteString(p.paint(bold, place+":") + " ")
	}
	fmt.Fprintf(out, "%s %s\n", p.paint(red, Printable(d.Message)), p.paint(faint, "["+Printable(d.Code)+"]"))
	if line != nil && d.Pos.Line > 0 {
		if text, ok := line(d.Pos.File, d.Pos.Line); ok {
			p.snippet(out, d, text)
		}
	}
	if d.Hint != "" {
		fmt.Fprintf(out, "   %s %s\n", p.paint(cyan, "hint:"), Printable(d.Hint))
	}
}

// snippet prints the line and underlines the spot.
func (p painter) snippet(out *strings.Builder, d Diagnostic, text string) {
	number := fmt.Sprintf("%5d", d.Pos.Line)
	gutter := strings.Repeat(" ", len(number))
	text, col := near(text, max(d.Pos.Col-1, 0))
	shown, from, to := cut(cells(text), col, max(d.Width, 1), p.width-len(number)-3)
	fmt.Fprintf(out, "%s %s\n", p.paint(faint, number+" |"), shown)
	fmt.Fprintf(out, "%s %s%s\n", p.paint(faint, gutter+" |"), strings.Repeat(" ", from), p.paint(red, strings.Repeat("^", max(to-from, 1))))
}

// near shortens a line that no terminal shows to what stands around the spot, and
// says where the spot is in that.
func near(line string, col int) (string, int) {
	const enough = 1000 // characters on either side
	if len(line) <= 2*enough {
		return line, col
	}
	runes := []rune(line)
	col = min(col, len(runes))
	first, last := max(col-enough, 0), min(col+enough, len(runes))
	return string(runes[first:last]), col - first
}

// cell is one character of a line as it is printed.
type cell struct {
	text  string
	width int // in columns
}

// tabWidth is how many columns apart tab stops are printed.
const tabWidth = 4

// terminal widths do not depend on the environment, so that output does not.
var terminal = &runewidth.Condition{EastAsianWidth: false, StrictEmojiNeutral: true}

func cells(line string) []cell {
	list := make([]cell, 0, len(line))
	column := 0
	for _, r := range line {
		c := cell{text: string(r), width: terminal.RuneWidth(r)}
		switch {
		case r == '\t':
			c.width = tabWidth - column%tabWidth
			c.text = strings.Repeat(" ", c.width)
		case isUnprintable(r):
			c = cell{text: "\ufffd", width: 1}
		}
		column += c.width
		list = append(list, c)
	}
	return list
}

// cut prints the cells around [col, col+width) in at most room columns, and says
// from which column to which that stretch is printed.
func cut(list []cell, col, width, room int) (text string, from, to int) {
	col = min(col, len(list))
	end := min(col+width, len(list))
	first, last := window(list, col, end, room)
	var out strings.Builder
	column := 0
	if first > 0 {
		out.WriteString("…")
		column++
	}
	for i := first; i < last; i++ {
		if i == col {
			from = column
		}
		out.WriteString(list[i].text)
		column += list[i].width
		if i < end {
			to = column
		}
	}
	if col >= last {
		from, to = column, column+1
	}
	if last < len(list) {
		out.WriteString("…")
	}
	return out.String(), from, to
}

// window chooses which cells to print: the whole line where it fits, else what
// stands around the spot, a third of the room before it.
func window(list []cell, col, end, room int) (first, last int) {
	if columns(list) <= room {
		return 0, len(list)
	}
	room -= 2 // for the signs that something was cut
	first = col
	for used := 0; first > 0 && (used+list[first-1].width <= room/3 || columns(list[first-1:]) <= room); first-- {
		used += list[first-1].width
	}
	last = first
	for used := 0; last < len(list) && used+list[last].width <= room; last++ {
		used += list[last].width
	}
	return first, last
}

func columns(list []cell) int {
	sum := 0
	for _, c := range list {
		sum += c.width
	}
	return sum
}

// Printable is a text without the characters that control a terminal or reorder
// what stands on it; each is replaced by U+FFFD, and line breaks by spaces.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case isUnprintable(r):
			return '\ufffd'
		}
		return r
	}, text)
}

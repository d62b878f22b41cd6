package console

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// Clean removes terminal control sequences and control characters from text that
// comes from a scenario or a workload. Line breaks and tabs stay.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, ansi.Strip(text))
}

// unbroken stands for a hyphen while lines are broken (U+2011): flags and names are
// there to be copied.
const unbroken = "\u2011"

// wrap breaks text into lines of at most width cells. A paragraph's own line
// breaks are joined; lists, code and blank lines stay as they are.
func wrap(text string, width int) []string {
	var lines []string
	for _, block := range paragraphs(Clean(text)) {
		whole := strings.ReplaceAll(block, "-", unbroken)
		for line := range strings.Lines(ansi.Wrap(whole, width, "")) {
			lines = append(lines, strings.ReplaceAll(strings.TrimRight(line, " \n"), unbroken, "-"))
		}
	}
	return lines
}

// paragraphs joins the lines of each flowing paragraph.
func paragraphs(text string) []string {
	var blocks []string
	open := false // the last block takes further lines
	code := false // between two fences
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		fence := strings.HasPrefix(line, "```")
		if fence || code {
			code = code != fence
			open = false
			if !fence {
				blocks = append(blocks, "    "+line)
			}
			continue
		}
		fixed := line == "" || strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") ||
			strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ") || strings.HasPrefix(line, "|") || strings.HasPrefix(line, "#")
		if open && !fixed {
			blocks[len(blocks)-1] += " " + line
			continue
		}
		blocks = append(blocks, line)
		open = line != "" && !strings.HasPrefix(line, "|") && !strings.HasPrefix(line, "#")
	}
	return blocks
}

// listed keeps several messages apart, each on a line of its own, where prose would
// have them joined.
func listed(messages string) string { return strings.ReplaceAll(messages, "\n", "\n  ") }

// cut shortens a line to width cells, with an ellipsis.
func cut(line string, width int) string { return ansi.Truncate(Clean(line), width, "…") }

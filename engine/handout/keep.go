package handout

import (
	"strings"
)

// measuredLine reports whether a line of a page was measured.
func measuredLine(line string) bool {
	return strings.HasPrefix(line, "> ") || strings.HasPrefix(line, "  > ")
}

// Plain is a page without what was measured: what Write writes without a recording.
func Plain(page string) string {
	var plain strings.Builder
	for line := range strings.Lines(page) {
		if !measuredLine(line) {
			plain.WriteString(line)
		}
	}
	return plain.String()
}

// Keep puts the measurements of an earlier page into a new one that has none,
// behind the same lines of the same section. Those of lines that are gone are lost.
func Keep(page, earlier string) string {
	type spot struct{ section, line string }
	measured := map[spot]string{}
	var at spot
	for line := range strings.Lines(earlier) {
		if measuredLine(line) {
			measured[at] += line
			continue
		}
		at = spot{section(at.section, line), line}
	}
	var kept strings.Builder
	at = spot{}
	for line := range strings.Lines(page) {
		at = spot{section(at.section, line), line}
		kept.WriteString(line)
		kept.WriteString(measured[at])
		delete(measured, at)
	}
	return kept.String()
}

// section is the heading that a line is below. Steps are told by their titles, so
// that a new one before them changes nothing.
func section(now, line string) string {
	heading, ok := strings.CutPrefix(line, "## ")
	if !ok {
		return now
	}
	if _, title, numbered := strings.Cut(heading, ". "); numbered {
		return title
	}
	return heading
}

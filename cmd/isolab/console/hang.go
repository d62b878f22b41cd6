package console

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

// Hang prints a text behind a lead, and breaks it to the width of a terminal: further
// lines begin below the text's start. What is no terminal gets one line, for other
// programs to read.
func Hang(out File, lead, text string) {
	lines := []string{text}
	if term.IsTerminal(int(out.Fd())) {
		lines = wrap(text, For(out, Quiet).Width-ansi.StringWidth(lead))
	}
	for i, line := range lines {
		if i == 1 {
			lead = strings.Repeat(" ", ansi.StringWidth(lead))
		}
		fmt.Fprintf(out, "%s%s\n", lead, line)
	}
}

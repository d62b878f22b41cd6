// Package shell writes commands the way a person would type them: each action
// shows, in these words, how to do the same by hand.
package shell

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Line joins words into one POSIX shell command, quoting what the shell would
// read otherwise.
func Line(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = Quote(word)
	}
	return strings.Join(quoted, " ")
}

// Quote returns the word as the shell must see it. Words of letters, digits and
// harmless punctuation stay as they are, and so does a placeholder of a plan,
// such as <pid of hungry>, which no shell would take anyway.
func Quote(word string) string {
	if word == "" {
		return "''"
	}
	if strings.Trim(word, safe) == "" || placeholder(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// safe are the characters that mean themselves in a POSIX shell.
const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"

// placeholder reports whether the word holds something like <pid> and is safe
// besides it.
func placeholder(word string) bool {
	before, rest, ok := strings.Cut(word, "<")
	if !ok {
		return false
	}
	name, after, ok := strings.Cut(rest, ">")
	return ok && strings.Trim(before+after, safe) == "" && strings.Trim(name, safe+" '") == ""
}

// Pattern quotes a path in which stars stand for whatever is there.
func Pattern(path string) string {
	parts := strings.Split(path, "*")
	for i, part := range parts {
		if part != "" {
			parts[i] = Quote(part)
		}
	}
	return strings.Join(parts, "*")
}

// Write is the command that puts text into a file.
func Write(text, path string) string { return "echo " + Quote(text) + " > " + Quote(path) }

// Around is what a command gets from whoever types it, each part left out when empty.
type Around struct {
	Env        map[string]string // further variables
	Dir, Stdin string
}

// Line is the command with that around it: cd /tmp && printf %s in | env A=1 cat.
func (a Around) Line(words ...string) string {
	if len(a.Env) > 0 {
		set := []string{"env"}
		for _, name := range slices.Sorted(maps.Keys(a.Env)) {
			set = append(set, name+"="+a.Env[name])
		}
		words = append(set, words...)
	}
	line := Line(words...)
	if a.Stdin != "" {
		line = printf(a.Stdin) + " | " + line
	}
	if a.Dir != "" {
		line = Line("cd", a.Dir) + " && " + line
	}
	return line
}

// printf is the command that writes text as it is, on one line: control characters are
// spelled as printf(1) takes them in an argument of %b.
func printf(text string) string {
	if !strings.ContainsFunc(text, unicode.IsControl) {
		return "printf %s " + Quote(text)
	}
	var spelled strings.Builder
	for _, r := range text {
		switch {
		case r == '\\':
			spelled.WriteString(`\\`)
		case r == '\n':
			spelled.WriteString(`\n`)
		case r == '\t':
			spelled.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&spelled, `\0%03o`, r)
		default:
			spelled.WriteRune(r)
		}
	}
	return "printf %b " + Quote(spelled.String())
}

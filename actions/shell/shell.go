// Package shell writes commands the way a person would type them: each action
// shows, in these words, how to do the same by hand.
package shell

import "strings"

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

// Write is the command that puts text into a file.
func Write(text, path string) string { return "echo " + Quote(text) + " > " + Quote(path) }

package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/moby/sys/capability"

	"isolab/schema/unit"
)

// format is the shape of a text, by the word of a field's format tag; the keys tag
// does the same for the keys of a map. It finds before the run what only a runtime
// would refuse otherwise.
type format struct {
	what    string         // a value of it, for people
	hint    string         // what to write
	pattern *regexp.Regexp // of the whole text
	words   func() []string
	valid   func(string) bool
}

var formats = map[string]*format{
	"cpu-list": {what: "a list of CPUs", hint: "write 0, 0-1 or 0,2 (in quotes)",
		pattern: regexp.MustCompile(`^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$`), valid: ascending},
	"path":   {what: "an absolute path", hint: "begin it with /", pattern: regexp.MustCompile(`^/`)},
	"target": {what: "a path inside the container", hint: "begin it with /; what docker writes as a:b is {source: a, target: b} here", pattern: regexp.MustCompile(`^/[^:]*$`)},
	"user":   {what: "a user", hint: "write a name, or uid or uid:gid", pattern: regexp.MustCompile(`^[^\s:]+(:[^\s:]+)?$`)},
	"size": {what: "a size", hint: "write a number with its unit, such as 8MiB",
		valid: func(text string) bool { _, err := unit.ParseSize(text); return err == nil }},
	"capability": {what: "a capability", hint: "see capabilities(7)", words: sync.OnceValue(capabilities)},
	"ulimit":     {what: "a resource limit", hint: "see setrlimit(2)", words: resources},
}

// accepts reports whether a text has the shape. Words count in either case, and
// capabilities with CAP_ or without.
func (f *format) accepts(text string) bool {
	switch {
	case f.pattern != nil && !f.pattern.MatchString(text), f.valid != nil && !f.valid(text):
		return false
	}
	return f.words == nil || slices.Contains(f.words(), strings.TrimPrefix(strings.ToUpper(text), "CAP_")) || slices.Contains(f.words(), text)
}

func (f *format) complaint(text string) string {
	message := fmt.Sprintf("%q is not %s", text, f.what)
	if f.words != nil {
		if near := Nearest(strings.TrimPrefix(strings.ToUpper(text), "CAP_"), f.words()); near != "" {
			return message + fmt.Sprintf("; did you mean %q?", near)
		}
		if near := Nearest(text, f.words()); near != "" {
			return message + fmt.Sprintf("; did you mean %q?", near)
		}
	}
	return message
}

// ascending refuses a range such as 3-1, which the kernel would not take.
func ascending(list string) bool {
	for part := range strings.SplitSeq(list, ",") {
		low, high, ranged := strings.Cut(part, "-")
		if ranged && (len(high) < len(low) || len(high) == len(low) && high < low) {
			return false
		}
	}
	return true
}

// capabilities are the names of capabilities(7) without CAP_, and ALL.
func capabilities() []string {
	names := []string{"ALL"}
	for _, c := range capability.ListKnown() {
		names = append(names, strings.ToUpper(c.String()))
	}
	return names
}

// resources are the names that Docker's --ulimit takes.
func resources() []string {
	return []string{"core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
		"rttime", "sigpending", "stack"}
}

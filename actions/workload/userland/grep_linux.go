package userland

import (
	"bufio"
	"io"
	"regexp"
	"strings"

	"isolab/actions/workload/applet"
)

// search is what grep looks for and how it reports.
type search struct {
	pattern                                   *regexp.Regexp
	invert, count, number, only, quiet, names bool
	withName, found                           bool
}

func runGrep(c *applet.Call) int {
	flags := c.Flags()
	var s search
	extended := flags.BoolP("extended-regexp", "E", false, "the pattern is an extended regular expression")
	fixed := flags.BoolP("fixed-strings", "F", false, "the pattern is plain text")
	fold := flags.BoolP("ignore-case", "i", false, "in either case")
	word := flags.BoolP("word-regexp", "w", false, "whole words")
	line := flags.BoolP("line-regexp", "x", false, "whole lines")
	silent := flags.BoolP("no-messages", "s", false, "say nothing of files that cannot be read")
	never := flags.BoolP("no-filename", "h", false, "without file names")
	flags.BoolVarP(&s.withName, "with-filename", "H", false, "with file names")
	flags.BoolVarP(&s.invert, "invert-match", "v", false, "the lines that do not match")
	flags.BoolVarP(&s.count, "count", "c", false, "how many lines")
	flags.BoolVarP(&s.number, "line-number", "n", false, "with line numbers")
	flags.BoolVarP(&s.only, "only-matching", "o", false, "only what matches")
	flags.BoolVarP(&s.quiet, "quiet", "q", false, "nothing: the exit code tells")
	flags.BoolVarP(&s.names, "files-with-matches", "l", false, "only the names of files")
	expression := flags.StringP("regexp", "e", "", "the pattern")
	if code, ok := c.Parse(flags); !ok {
		return code
	}
	if !flags.Changed("regexp") {
		if len(c.Args) == 0 {
			return c.Usagef("the pattern is missing")
		}
		*expression, c.Args = c.Args[0], c.Args[1:]
	}
	var err error
	if s.pattern, err = compile(*expression, *extended, *fixed, *fold, *word, *line); err != nil {
		return c.Usagef("%v", err)
	}
	s.withName = (s.withName || len(c.Args) > 1) && !*never
	if *silent {
		c.Stderr = io.Discard
	}
	return s.run(c)
}

// run returns 0 when a line was found, 1 when none was, 2 after an error.
func (s *search) run(c *applet.Call) int {
	code := eachInput(c, c.Args, func(name string, r io.Reader) error { return s.input(c, name, r) })
	switch {
	case s.found && s.quiet:
		return applet.OK
	case code != applet.OK:
		return applet.Misuse
	case s.found:
		return applet.OK
	}
	return applet.Failed
}

func (s *search) input(c *applet.Call, name string, r io.Reader) error {
	prefix := ""
	if s.withName {
		prefix = name + ":"
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	matches := 0
	for n := 1; lines.Scan(); n++ {
		if s.pattern.MatchString(lines.Text()) == s.invert {
			continue
		}
		matches++
		s.found = true
		if s.quiet {
			return nil
		}
		if !s.count && !s.names {
			s.print(c, prefix, n, lines.Text())
		}
	}
	switch {
	case s.names && matches > 0:
		c.Printf("%s\n", name)
	case s.count && !s.names:
		c.Printf("%s%d\n", prefix, matches)
	}
	return lines.Err()
}

func (s *search) print(c *applet.Call, prefix string, n int, line string) {
	texts := []string{line}
	if s.only && !s.invert {
		texts = s.pattern.FindAllString(line, -1)
	}
	for _, text := range texts {
		if s.number {
			c.Printf("%s%d:%s\n", prefix, n, text)
		} else {
			c.Printf("%s%s\n", prefix, text)
		}
	}
}

// compile makes a Go expression of grep's. RE2 is close to POSIX extended
// expressions; basic ones are translated.
func compile(text string, extended, fixed, fold, word, line bool) (*regexp.Regexp, error) {
	switch {
	case fixed:
		text = regexp.QuoteMeta(text)
	case !extended:
		text = fromBasic(text)
	}
	if word {
		text = `\b(?:` + text + `)\b`
	}
	if line {
		text = `^(?:` + text + `)$`
	}
	if fold {
		text = "(?i)" + text
	}
	return regexp.Compile(text)
}

// fromBasic swaps the meaning of ( ) { } | + ? with and without a backslash,
// outside of brackets, and takes a leading * for itself.
func fromBasic(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		special := strings.IndexByte("(){}|+?", text[i]) >= 0
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			if strings.IndexByte("(){}|+?", text[i]) < 0 {
				out.WriteByte('\\')
			}
			out.WriteByte(text[i])
		case text[i] == '[':
			end := bracketEnd(text, i)
			out.WriteString(text[i:end])
			i = end - 1
		case special, text[i] == '*' && (i == 0 || i == 1 && text[0] == '^'):
			out.WriteByte('\\')
			out.WriteByte(text[i])
		default:
			out.WriteByte(text[i])
		}
	}
	return out.String()
}

// bracketEnd is the index behind the bracket expression that starts at i.
func bracketEnd(text string, i int) int {
	start := i + 1
	if start < len(text) && text[start] == '^' {
		start++
	}
	if start < len(text) && text[start] == ']' {
		start++
	}
	for end := start; end < len(text); end++ {
		if text[end] == ']' && text[end-1] != ':' {
			return end + 1
		}
	}
	return len(text)
}

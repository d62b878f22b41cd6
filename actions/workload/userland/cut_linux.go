package userland

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"isolab/actions/workload/applet"
)

// span is a range of fields, from 1, both ends included; 0 is an open end.
type span struct{ from, to int }

func runCut(c *applet.Call) int {
	flags := c.Flags()
	delimiter := flags.StringP("delimiter", "d", "\t", "what is between fields")
	fields := flags.StringP("fields", "f", "", "fields, such as 1,3-5")
	characters := flags.StringP("characters", "c", "", "characters")
	suppress := flags.BoolP("only-delimited", "s", false, "not the lines without a delimiter")
	if code, ok := c.Parse(flags); !ok {
		return code
	}
	spans, err := parseSpans(*fields + *characters)
	if err != nil || (*fields == "") == (*characters == "") {
		return c.Usagef("expected either -f LIST or -c LIST, such as 1,3-5")
	}
	separator := *delimiter
	if *characters != "" {
		separator = ""
	}
	return eachInput(c, c.Args, func(_ string, r io.Reader) error {
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			if separator != "" && !strings.Contains(lines.Text(), separator) {
				if !*suppress {
					c.Printf("%s\n", lines.Text())
				}
				continue
			}
			c.Printf("%s\n", cut(lines.Text(), separator, spans))
		}
		return lines.Err()
	})
}

func parseSpans(list string) (spans []span, err error) {
	for item := range strings.SplitSeq(list, ",") {
		from, to, ranged := strings.Cut(item, "-")
		s := span{from: 1}
		if from != "" {
			s.from, err = strconv.Atoi(from)
		}
		if err == nil && to != "" {
			s.to, err = strconv.Atoi(to)
		}
		if err != nil || s.from < 1 || item == "-" || item == "" {
			return nil, fmt.Errorf("%q is not a list of fields", list)
		}
		if !ranged {
			s.to = s.from
		}
		spans = append(spans, s)
	}
	return spans, nil
}

func cut(line, separator string, spans []span) string {
	var kept []string
	for i, field := range strings.Split(line, separator) {
		for _, s := range spans {
			if i+1 >= s.from && (s.to == 0 || i+1 <= s.to) {
				kept = append(kept, field)
				break
			}
		}
	}
	return strings.Join(kept, separator)
}

func runTr(c *applet.Call) int {
	flags := c.Flags()
	remove := flags.BoolP("delete", "d", false, "delete the characters")
	squeeze := flags.BoolP("squeeze-repeats", "s", false, "repeated characters become one")
	if code, ok := c.ParseOperands(flags, 1, 2); !ok {
		return code
	}
	if !*remove && !*squeeze && len(c.Args) == 1 {
		return c.Usagef("SET2 is missing")
	}
	from, to := characterSet(c.Args[0]), []rune(nil)
	if len(c.Args) == 2 {
		to = characterSet(c.Args[1])
	}
	data, err := io.ReadAll(c.Stdin)
	if err != nil {
		return c.Fail(err)
	}
	c.Printf("%s", translate(string(data), from, to, *remove, *squeeze))
	return applet.OK
}

// characterSet spells out ranges ("a-z") and \n, \t, \0.
func characterSet(text string) (set []rune) {
	text = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\0`, "\x00", `\\`, `\`,
		"[:upper:]", "A-Z", "[:lower:]", "a-z", "[:digit:]", "0-9", "[:space:]", " \t\n\v\f\r").Replace(text)
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		if i+2 < len(runes) && runes[i+1] == '-' && runes[i] <= runes[i+2] {
			for r := runes[i]; r <= runes[i+2]; r++ {
				set = append(set, r)
			}
			i += 2
			continue
		}
		set = append(set, runes[i])
	}
	return set
}

func translate(text string, from, to []rune, remove, squeeze bool) string {
	place := map[rune]int{}
	for i, r := range from {
		if _, seen := place[r]; !seen {
			place[r] = i
		}
	}
	var out strings.Builder
	last := rune(-1)
	for _, r := range text {
		i, found := place[r]
		if found && remove {
			continue
		}
		if found && len(to) > 0 {
			r = to[min(i, len(to)-1)]
		}
		if found && squeeze && r == last {
			continue
		}
		last = r
		out.WriteRune(r)
	}
	return out.String()
}

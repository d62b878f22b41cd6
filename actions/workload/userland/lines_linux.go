package userland

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"isolab/actions/workload/applet"
)

// part is how much of each input head and tail print.
type part struct {
	lines, bytes int64 // bytes when not negative
	fromStart    bool  // tail -n +5: from the fifth line
	follow       bool
}

// parsePart reads -n, -c and the old -5.
func parsePart(c *applet.Call) (p part, code int, ok bool) {
	if len(c.Args) > 0 && len(c.Args[0]) > 1 && c.Args[0][0] == '-' && strings.Trim(c.Args[0][1:], "0123456789") == "" {
		c.Args = append([]string{"-n", c.Args[0][1:]}, c.Args[1:]...)
	}
	flags := c.Flags()
	lines := flags.StringP("lines", "n", "10", "so many lines; +N for tail: from line N on")
	count := flags.StringP("bytes", "c", "", "so many bytes")
	if c.Name == "tail" {
		flags.BoolVarP(&p.follow, "follow", "f", false, "go on as the file grows")
	}
	if code, ok = c.Parse(flags); !ok {
		return p, code, false
	}
	p.fromStart = c.Name == "tail" && strings.HasPrefix(*lines, "+")
	p.bytes = -1
	var err error
	if p.lines, err = strconv.ParseInt(strings.TrimLeft(*lines, "+-"), 10, 64); err != nil {
		return p, c.Usagef("%q is not a number of lines", *lines), false
	}
	if *count != "" {
		size, err := applet.ParseSize(*count)
		if err != nil {
			return p, c.Usagef("%q is not a number of bytes", *count), false
		}
		p.bytes = int64(size)
	}
	return p, applet.OK, true
}

func runHead(c *applet.Call) int {
	p, code, ok := parsePart(c)
	if !ok {
		return code
	}
	names := len(c.Args)
	return eachInput(c, c.Args, func(name string, r io.Reader) error {
		heading(c, name, names)
		if p.bytes >= 0 {
			_, err := io.CopyN(c.Stdout, r, p.bytes)
			return ignoreEOF(err)
		}
		in := bufio.NewReader(r)
		for range p.lines {
			line, err := in.ReadString('\n')
			if _, werr := io.WriteString(c.Stdout, line); werr != nil {
				return werr
			}
			if err != nil {
				return ignoreEOF(err)
			}
		}
		return nil
	})
}

func heading(c *applet.Call, name string, names int) {
	if names > 1 {
		c.Printf("==> %s <==\n", name)
	}
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

func runTail(c *applet.Call) int {
	p, code, ok := parsePart(c)
	if !ok {
		return code
	}
	names := len(c.Args)
	return eachInput(c, c.Args, func(name string, r io.Reader) error {
		heading(c, name, names)
		if err := p.end(c.Stdout, r); err != nil {
			return err
		}
		for p.follow && name != "-" {
			time.Sleep(200 * time.Millisecond)
			if _, err := io.Copy(c.Stdout, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// end prints the end of the input; it keeps no more than that in memory.
func (p part) end(w io.Writer, r io.Reader) error {
	var kept [][]byte
	in := bufio.NewReader(r)
	size, number := 0, int64(0)
	for {
		line, err := in.ReadBytes('\n')
		number++
		if len(line) > 0 && (!p.fromStart || number >= p.lines) {
			kept, size = append(kept, line), size+len(line)
		}
		for p.bytes < 0 && !p.fromStart && int64(len(kept)) > p.lines || p.bytes >= 0 && len(kept) > 0 && int64(size-len(kept[0])) >= p.bytes {
			size -= len(kept[0])
			kept = kept[1:]
		}
		if err != nil {
			all := bytes.Join(kept, nil)
			if p.bytes >= 0 && int64(len(all)) > p.bytes {
				all = all[int64(len(all))-p.bytes:]
			}
			_, werr := w.Write(all)
			if werr != nil {
				return werr
			}
			return ignoreEOF(err)
		}
	}
}

func runWc(c *applet.Call) int {
	flags := c.Flags()
	var show [3]bool
	flags.BoolVarP(&show[0], "lines", "l", false, "lines")
	flags.BoolVarP(&show[1], "words", "w", false, "words")
	flags.BoolVarP(&show[2], "bytes", "c", false, "bytes")
	if code, ok := c.Parse(flags); !ok {
		return code
	}
	if show == [3]bool{} {
		show = [3]bool{true, true, true}
	}
	var total [3]int64
	names := len(c.Args)
	code := eachInput(c, c.Args, func(name string, r io.Reader) error {
		counts, err := count(r)
		for i, n := range counts {
			total[i] += n
		}
		printCounts(c, counts, show, strings.TrimPrefix(name, "-"))
		return err
	})
	if names > 1 {
		printCounts(c, total, show, "total")
	}
	return code
}

func printCounts(c *applet.Call, counts [3]int64, show [3]bool, name string) {
	var fields []string
	for i, n := range counts {
		if show[i] {
			fields = append(fields, strconv.FormatInt(n, 10))
		}
	}
	if name != "" {
		fields = append(fields, name)
	}
	c.Printf("%s\n", strings.Join(fields, " "))
}

// count counts lines, words and bytes.
func count(r io.Reader) (counts [3]int64, err error) {
	in := bufio.NewReader(r)
	inWord := false
	for {
		b, err := in.ReadByte()
		if err != nil {
			return counts, ignoreEOF(err)
		}
		counts[2]++
		if b == '\n' {
			counts[0]++
		}
		space := strings.IndexByte(" \t\n\v\f\r", b) >= 0
		if !space && !inWord {
			counts[1]++
		}
		inWord = !space
	}
}

// readLines reads all inputs into lines without their ends.
func readLines(c *applet.Call) (lines []string, code int) {
	code = eachInput(c, c.Args, func(_ string, r io.Reader) error {
		data, err := io.ReadAll(r)
		if text := strings.TrimSuffix(string(data), "\n"); len(data) > 0 {
			lines = append(lines, strings.Split(text, "\n")...)
		}
		return err
	})
	return lines, code
}

func runSort(c *applet.Call) int {
	flags := c.Flags()
	numeric := flags.BoolP("numeric-sort", "n", false, "by number")
	reverse := flags.BoolP("reverse", "r", false, "the other way round")
	unique := flags.BoolP("unique", "u", false, "each line once")
	field := flags.StringP("key", "k", "", "by this field, from 1")
	separator := flags.StringP("field-separator", "t", "", "what is between fields (default: blanks)")
	if code, ok := c.Parse(flags); !ok {
		return code
	}
	key, err := newKey(*field, *separator)
	if err != nil {
		return c.Usagef("%v", err)
	}
	lines, code := readLines(c)
	slices.SortStableFunc(lines, func(a, b string) int {
		order := strings.Compare(key(a), key(b))
		if *numeric || strings.HasSuffix(*field, "n") {
			order = compareNumbers(key(a), key(b))
		}
		if order == 0 {
			order = strings.Compare(a, b)
		}
		if *reverse {
			return -order
		}
		return order
	})
	if *unique {
		lines = slices.Compact(lines)
	}
	out := bufio.NewWriter(c.Stdout)
	defer out.Flush()
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
	return code
}

// newKey makes the function that picks what a line is sorted by: from the field
// to the end of the line.
func newKey(field, separator string) (func(string) string, error) {
	if field == "" {
		return func(line string) string { return line }, nil
	}
	number, err := strconv.Atoi(strings.TrimRight(strings.Split(field, ",")[0], "nr"))
	if err != nil || number < 1 {
		return nil, fmt.Errorf("%q is not a field", field)
	}
	return func(line string) string {
		fields := strings.Fields(line)
		if separator != "" {
			fields = strings.Split(line, separator)
		}
		if number > len(fields) {
			return ""
		}
		return strings.Join(fields[number-1:], " ")
	}, nil
}

// compareNumbers compares the numbers that two texts begin with; none is zero.
func compareNumbers(a, b string) int {
	left, right := leading(a), leading(b)
	switch {
	case left < right:
		return -1
	case left > right:
		return 1
	}
	return 0
}

func leading(text string) float64 {
	text = strings.TrimLeft(text, " \t")
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == '.' || end == 0 && text[end] == '-') {
		end++
	}
	value, _ := strconv.ParseFloat(text[:end], 64)
	return value
}

func runUniq(c *applet.Call) int {
	flags := c.Flags()
	counted := flags.BoolP("count", "c", false, "how often before each line")
	repeated := flags.BoolP("repeated", "d", false, "only repeated lines")
	single := flags.BoolP("unique", "u", false, "only lines that are not repeated")
	if code, ok := c.ParseOperands(flags, 0, 1); !ok {
		return code
	}
	lines, code := readLines(c)
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && lines[n] == lines[0] {
			n++
		}
		switch {
		case *repeated && n == 1, *single && n > 1:
		case *counted:
			c.Printf("%7d %s\n", n, lines[0])
		default:
			c.Printf("%s\n", lines[0])
		}
		lines = lines[n:]
	}
	return code
}

package applet

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"isolab/schema/unit"
)

// Flags makes an empty flag set for the applet. Short flags may be joined
// ("-la") and may stand behind operands; "--" ends them.
func (c *Call) Flags() *pflag.FlagSet {
	flags := pflag.NewFlagSet(c.Name, pflag.ContinueOnError)
	flags.SetOutput(c.Stderr)
	flags.Usage = func() {}
	flags.SortFlags = false
	return flags
}

// Parse reads the arguments into flags and leaves the operands in c.Args. When
// it returns false the applet ends with the code: the user asked for --help, or
// the command line is wrong.
func (c *Call) Parse(flags *pflag.FlagSet) (code int, ok bool) {
	err := flags.Parse(c.Args)
	if errors.Is(err, pflag.ErrHelp) {
		c.help(flags)
		return OK, false
	}
	if err != nil {
		return c.Usagef("%v", err), false
	}
	c.Args = flags.Args()
	return OK, true
}

// ParseOperands is Parse for an applet that takes between least and most
// operands; a negative most means any number.
func (c *Call) ParseOperands(flags *pflag.FlagSet, least, most int) (code int, ok bool) {
	if code, ok := c.Parse(flags); !ok {
		return code, false
	}
	if len(c.Args) < least {
		return c.Usagef("too few arguments"), false
	}
	if most >= 0 && len(c.Args) > most {
		return c.Usagef("unexpected argument %q", c.Args[most]), false
	}
	return OK, true
}

func (c *Call) help(flags *pflag.FlagSet) {
	c.Printf("%s\n\nusage: %s\n", c.Summary, strings.TrimSpace(c.Name+" "+c.Usage))
	if c.Example != "" {
		c.Printf("example: %s\n", c.Example)
	}
	if text := flags.FlagUsages(); text != "" {
		c.Printf("\n%s", text)
	}
}

// SizeFlag is a flag in bytes: "8MiB", "8M", or a bare number of bytes.
type SizeFlag unit.Size

// ParseSize reads a size as unit.ParseSize does, and takes a bare number for
// bytes, as the classic tools of the same names do. "No limit" is refused.
func ParseSize(text string) (unit.Size, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return unit.Size(n), nil
	}
	size, err := unit.ParseSize(text)
	if err != nil {
		return 0, err
	}
	if size.IsUnlimited() || size < 0 {
		return 0, fmt.Errorf("%q is not a size that can be used; write one such as 100MiB", text)
	}
	return size, nil
}

// Set implements pflag.Value.
func (s *SizeFlag) Set(text string) error {
	size, err := ParseSize(text)
	*s = SizeFlag(size)
	return err
}

// String implements pflag.Value.
func (s *SizeFlag) String() string { return unit.Size(*s).String() }

// Type implements pflag.Value.
func (s *SizeFlag) Type() string { return "size" }

// RateFlag is a flag in bytes per second: "50MiB/s".
type RateFlag unit.Rate

// Set implements pflag.Value.
func (r *RateFlag) Set(text string) error {
	rate, err := unit.ParseRate(text)
	*r = RateFlag(rate)
	return err
}

// String implements pflag.Value.
func (r *RateFlag) String() string {
	if *r == 0 {
		return "none"
	}
	return unit.Rate(*r).String()
}

// Type implements pflag.Value.
func (r *RateFlag) Type() string { return "rate" }

// SpanFlag is a span of time as the classic tools take it: "10", "1.5", "10s",
// "2m", "1h", "1d"; a bare number is seconds. Go's "250ms" works too.
type SpanFlag time.Duration

// spans are the one-letter suffixes of sleep(1) and stress(1).
var spans = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour,
	'd': 24 * time.Hour, 'y': 365 * 24 * time.Hour}

// ParseSpan reads what SpanFlag takes.
func ParseSpan(text string) (time.Duration, error) {
	number, scale := text, time.Second
	if text != "" {
		if s, ok := spans[text[len(text)-1]]; ok {
			number, scale = text[:len(text)-1], s
		}
	}
	if n, err := strconv.ParseFloat(number, 64); err == nil && n >= 0 && n*float64(scale) < float64(1<<63-1) {
		return time.Duration(n * float64(scale)), nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	return 0, fmt.Errorf("%q is not a span of time; write 10s, 2m or 250ms", text)
}

// Set implements pflag.Value.
func (s *SpanFlag) Set(text string) error {
	d, err := ParseSpan(text)
	*s = SpanFlag(d)
	return err
}

// String implements pflag.Value.
func (s *SpanFlag) String() string { return time.Duration(*s).String() }

// Type implements pflag.Value.
func (s *SpanFlag) Type() string { return "span" }

package userland

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"isolab/actions/workload/applet"
)

func runDate(c *applet.Call) int {
	flags := c.Flags()
	utc := flags.BoolP("utc", "u", false, "in UTC")
	if code, ok := c.ParseOperands(flags, 0, 1); !ok {
		return code
	}
	format := "%a %b %e %H:%M:%S %Z %Y"
	if len(c.Args) == 1 {
		var plus bool
		if format, plus = strings.CutPrefix(c.Args[0], "+"); !plus {
			return c.Usagef("setting the clock is not possible here; a format begins with +")
		}
	}
	now := time.Now()
	if *utc {
		now = now.UTC()
	}
	c.Printf("%s\n", timeText(format, now))
	return applet.OK
}

// layouts are the conversions of strftime(3) that time.Format knows.
var layouts = map[byte]string{
	'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'e': "_2", 'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM",
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'h': "Jan", 'Z': "MST", 'z': "-0700", 'j': "002",
	'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04", 'D': "01/02/06", 'c': "Mon Jan _2 15:04:05 2006",
}

func timeText(format string, t time.Time) string {
	var out strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out.WriteByte(format[i])
			continue
		}
		i++
		switch letter := format[i]; letter {
		case 's':
			out.WriteString(strconv.FormatInt(t.Unix(), 10))
		case 'N':
			fmt.Fprintf(&out, "%09d", t.Nanosecond())
		case '%':
			out.WriteByte('%')
		case 'n':
			out.WriteByte('\n')
		default:
			if layout, known := layouts[letter]; known {
				out.WriteString(t.Format(layout))
			} else {
				out.WriteString("%" + string(letter))
			}
		}
	}
	return out.String()
}

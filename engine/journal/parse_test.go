package journal

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func line1(t testing.TB, r record) string {
	t.Helper()
	text, err := encode(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func sample(t testing.TB) []string {
	return []string{
		line1(t, record{Op: opBegin, Version: version, Session: "s", Owner: &owner{PID: 1, Start: 2, Machine: "m"}}),
		line1(t, record{Op: opShare, Kind: "image", Name: "w"}),
		line1(t, record{Op: opIntend, Run: "r", Kind: "container", Name: "a", Attrs: map[string]string{"k": "v"}}),
		line1(t, record{Op: opIntend, Run: "r", Kind: "container", Name: "b"}),
		line1(t, record{Op: opDone, Run: "r", Kind: "container", Name: "a"}),
	}
}

func openNames(c contents) string {
	var all []string
	for _, e := range c.open {
		all = append(all, e.Name)
	}
	return strings.Join(all, " ")
}

func TestParse(t *testing.T) {
	l := sample(t)
	broken := strings.Replace(l[3], "container", "containex", 1)
	later := line1(t, record{Op: opBegin, Version: version + 1, Owner: &owner{}})
	for name, test := range map[string]struct {
		text string
		open string
		err  error
	}{
		"whole":                        {strings.Join(l, ""), "w b", nil},
		"first line only":              {l[0], "", nil},
		"last line torn":               {l[0] + l[1] + l[2][:20], "w", nil},
		"last line without its end":    {l[0] + l[1] + strings.TrimSuffix(l[2], "\n"), "w", nil},
		"last line never reached it":   {l[0] + l[1] + strings.Repeat("\x00", 4096), "w", nil},
		"last line half reached it":    {l[0] + l[1] + l[2][:30] + "\n" + strings.Repeat("\x00", 100), "w", nil},
		"damage in the middle":         {l[0] + broken + l[1] + l[2], "w a", ErrCorrupt},
		"bytes lost in the middle":     {l[0] + l[1][:10] + l[2] + l[3], "b", ErrCorrupt},
		"first line damaged":           {"x" + l[0] + l[1], "", ErrCorrupt},
		"first line torn":              {l[0][:30], "", ErrCorrupt},
		"first line missing":           {l[1] + l[2], "", ErrCorrupt},
		"two first lines":              {l[0] + l[0] + l[1], "w", ErrCorrupt},
		"empty":                        {"", "", ErrCorrupt},
		"not a journal":                {"hello\nworld\n", "", ErrCorrupt},
		"later version":                {later + l[1], "", ErrNewer},
		"unknown operation":            {l[0] + line1(t, record{Op: "explode", Kind: "x"}) + l[1], "w", ErrCorrupt},
		"unknown operation at the end": {l[0] + l[1] + line1(t, record{Op: "explode", Kind: "x"}), "w", ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := parse([]byte(test.text))
			if openNames(c) != test.open || !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
				t.Errorf("open %q, want %q; error %v, want %v", openNames(c), test.open, err, test.err)
			}
		})
	}
}

// TestEveryPrefixIsAnEarlierJournal cuts a journal at every byte, as a crash does.
func TestEveryPrefixIsAnEarlierJournal(t *testing.T) {
	l := sample(t)
	whole := strings.Join(l, "")
	for n := len(l[0]); n <= len(whole); n++ {
		c, err := parse([]byte(whole[:n]))
		lines := strings.Count(whole[:n], "\n")
		want, _ := parse([]byte(strings.Join(l[:lines], "")))
		if err != nil || openNames(c) != openNames(want) || c.size != want.size {
			t.Fatalf("cut at %d: open %q, size %d, error %v", n, openNames(c), c.size, err)
		}
	}
}

// sign gives every line the checksum that it lacks, to fuzz what lies behind it.
func sign(data []byte) []byte {
	var signed []byte
	for text := range bytes.Lines(data) {
		text = bytes.TrimSuffix(text, []byte("\n"))
		signed = fmt.Appendf(signed, "%08x %s\n", crc32.Checksum(text, castagnoli), text)
	}
	return signed
}

// FuzzParse: whatever the file holds, only what a line with a right checksum lists
// comes out, and what comes out can be written and read again.
func FuzzParse(f *testing.F) {
	l := sample(f)
	f.Add([]byte(strings.Join(l, "")))
	f.Add([]byte(l[0] + l[2] + l[3][:15]))
	f.Add([]byte(l[0] + "\n\n" + l[1]))
	f.Add([]byte("00000000 {}\n"))
	f.Add([]byte{})
	f.Add([]byte("!" + `{"op":"begin","version":1}` + "\n" + `{"op":"intend","run":"r","kind":"k","name":"n"}` + "\n" +
		`{"op":"share","kind":"k","name":"m","attrs":{"a":"b"}}` + "\n" + `{"op":"done","run":"r","kind":"k","name":"n"}` + "\n" + `{"op":"keep","run":"r"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.HasPrefix(data, []byte("!")) {
			data = sign(data[1:])
		}
		c, err := parse(data)
		if err == nil && c.begin == nil {
			t.Fatal("no first line and no error")
		}
		if c.size < 0 || c.size > int64(len(data)) {
			t.Fatalf("size %d of %d", c.size, len(data))
		}
		listed := vouched(data)
		for _, e := range c.open {
			if !slices.ContainsFunc(listed, func(l Entry) bool { return reflect.DeepEqual(l, e) }) {
				t.Fatalf("%+v is not listed", e)
			}
		}
		// Whatever is crossed out after the last whole line counts.
		if err == nil && len(c.open) > 0 {
			e := c.open[0]
			line, err := encode(record{Op: opDone, Run: e.Run, Kind: e.Kind, Name: e.Name})
			if err != nil {
				return // too long, or not UTF-8: never written by us
			}
			again, err := parse(append(slices.Clone(data[:c.size]), line...))
			if err != nil || len(again.open) != len(c.open)-1 {
				t.Fatalf("crossing out %+v: %d entries of %d, %v", e, len(again.open), len(c.open), err)
			}
		}
	})
}

// vouched lists what stands in lines with a right checksum, found another way.
func vouched(data []byte) []Entry {
	var all []Entry
	for _, line := range bytes.Split(data, []byte("\n")) {
		if r, err := decode(line); err == nil {
			all = append(all, Entry{Run: r.Run, Kind: r.Kind, Name: r.Name, Attrs: r.Attrs})
		}
	}
	return all
}

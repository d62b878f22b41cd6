package output_test

import (
	"fmt"
	"testing"

	"isolab/actions/output"
)

func TestBuffer(t *testing.T) {
	b := output.New(8)
	for range 3 {
		if n, err := fmt.Fprint(b, "12345"); n != 5 || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if b.String() != "12345123" || b.Total() != 15 || !b.Truncated() {
		t.Errorf("got %q, %d bytes, truncated %v", b, b.Total(), b.Truncated())
	}
}

func TestBuffer_exactlyFull(t *testing.T) {
	b := output.New(4)
	fmt.Fprint(b, "1234")
	if b.String() != "1234" || b.Truncated() {
		t.Errorf("got %q, truncated %v", b, b.Truncated())
	}
}

// TestCut demands that the audience hears of what was not kept, once.
func TestCut(t *testing.T) {
	var notes []string
	note := func(text string) { notes = append(notes, text) }
	short, long := output.New(4), output.New(4)
	fmt.Fprint(short, "1234")
	if output.Cut(note, short, short) || len(notes) > 0 {
		t.Errorf("nothing was cut, and it notes %q", notes)
	}
	fmt.Fprint(long, "1234567")
	if !output.Cut(note, short, long, long) || len(notes) != 1 {
		t.Errorf("it notes %q", notes)
	}
}

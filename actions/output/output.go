// Package output keeps what a command writes, within bounds: a workload that
// floods its output costs the machine's time, not isolab's memory.
package output

import (
	"bytes"
	"fmt"
	"sync"

	"isolab/schema/unit"
)

// Buffer is a writer that keeps the first bytes and counts the rest. It never
// fails and is safe for concurrent use.
type Buffer struct {
	mu    sync.Mutex
	max   int
	kept  bytes.Buffer
	total int64
}

// Default is how much is kept where nothing else is said: 1 MiB.
const Default = 1 << 20

// New makes a buffer that keeps max bytes; zero or less means Default.
func New(max int) *Buffer {
	if max <= 0 {
		max = Default
	}
	return &Buffer{max: max}
}

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total += int64(len(p))
	if room := b.max - b.kept.Len(); room > 0 {
		b.kept.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// Skip counts bytes that were written and that nobody kept (runtime.Skipper).
func (b *Buffer) Skip(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total += n
}

// String is what was kept.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kept.String()
}

// Total is how many bytes were written, kept or not.
func (b *Buffer) Total() unit.Size {
	b.mu.Lock()
	defer b.mu.Unlock()
	return unit.Size(b.total)
}

// Truncated reports whether bytes were dropped.
func (b *Buffer) Truncated() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total > int64(b.kept.Len())
}

// Cut reports whether any of a program's streams was longer than what is kept, and
// tells the audience so, since a claim on its text then speaks of the beginning only.
func Cut(note func(string), streams ...*Buffer) bool {
	for _, b := range streams {
		if b.Truncated() {
			note(fmt.Sprintf("%s were written; the first %s are kept", b.Total(), unit.Size(b.max)))
			return true
		}
	}
	return false
}

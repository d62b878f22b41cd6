package journal

import (
	"fmt"
	"os"
)

// disk is what a log needs of its file. Tests put one that fails in its place.
type disk interface {
	WriteAt(p []byte, offset int64) (int, error)
	Sync() error
	Truncate(size int64) error
}

var _ disk = (*os.File)(nil)

// log is the file of a journal, written line by line.
type log struct {
	file disk
	head int64 // bytes of the first line
	size int64 // bytes that hold whole lines; behind them may be the rest of a failed one
	bad  error // why nothing can be appended any more
}

// durable appends a line and returns once it is on the disk. After an error the
// line may be there or not, and nothing must be made of it.
func (l *log) durable(line []byte) error {
	if err := l.append(line); err != nil {
		return err
	}
	if err := l.file.Sync(); err != nil {
		// Linux reports a lost write once and forgets it (fsync(2)), so that a
		// second success would mean nothing.
		l.bad = fmt.Errorf("sync journal: %w", err)
		return l.bad
	}
	return nil
}

// append adds a line, without waiting for the disk. The next line is written over
// half a line that a full disk has left; whoever reads meanwhile takes it for torn.
func (l *log) append(line []byte) error {
	if l.bad != nil {
		return l.bad
	}
	if _, err := l.file.WriteAt(line, l.size); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	l.size += int64(len(line))
	return nil
}

// clear drops all records but the first. It needs no space on the disk.
func (l *log) clear() error {
	if l.bad != nil {
		return l.bad
	}
	if err := l.file.Truncate(l.head); err != nil {
		return fmt.Errorf("empty journal: %w", err)
	}
	l.size = l.head
	return nil
}

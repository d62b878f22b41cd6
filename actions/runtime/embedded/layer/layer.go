package layer

import "errors"

// Limits bound what one layer may take; an archive that says otherwise is
// refused before it fills the disk.
type Limits struct {
	Bytes   int64 // of regular files together; 0: DefaultBytes
	Entries int   // 0: DefaultEntries
}

// What a layer may take unless said otherwise: more than any image of a course
// needs, less than a bomb wants.
const (
	DefaultBytes   int64 = 16 << 30
	DefaultEntries       = 1 << 20
)

// ErrRefused is wrapped when an archive is malformed, larger than its limits, or
// names what it may not.
var ErrRefused = errors.New("layer refused")

func (l Limits) withDefaults() Limits {
	if l.Bytes == 0 {
		l.Bytes = DefaultBytes
	}
	if l.Entries == 0 {
		l.Entries = DefaultEntries
	}
	return l
}

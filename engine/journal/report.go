package journal

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrUnknownKind is wrapped when no Remover is registered for what a journal lists.
var ErrUnknownKind = errors.New("no remover for this kind")

// Report is what a Cleanup, Close or Sweep did.
type Report struct {
	Removed   []Entry       `json:"removed,omitempty"`
	Left      []Leftover    `json:"left,omitempty"`      // could not be removed
	Kept      []Entry       `json:"kept,omitempty"`      // stays on purpose
	Sessions  []string      `json:"sessions,omitempty"`  // dead sessions whose journal is gone now
	Live      []string      `json:"live,omitempty"`      // sessions at work, untouched
	Busy      []string      `json:"busy,omitempty"`      // being swept by somebody else
	Elsewhere []string      `json:"elsewhere,omitempty"` // of another machine that shares the directory, untouched
	Corrupt   []string      `json:"corrupt,omitempty"`   // damaged journals, kept aside under these names
	Took      time.Duration `json:"took"`
	errs      []error
}

// Leftover is an entry that is still in the journal, and why.
type Leftover struct {
	Entry
	Why string `json:"why"`
	err error
}

func leftover(e Entry, err error) Leftover { return Leftover{Entry: e, Why: err.Error(), err: err} }

// Clean reports whether all that had to go is gone.
func (r Report) Clean() bool { return r.Err() == nil }

// Err joins what went wrong; nil when nothing did.
func (r Report) Err() error {
	all := r.errs
	for _, left := range r.Left {
		all = append(all[:len(all):len(all)], fmt.Errorf("remove %s: %w", left.Entry, left.err))
	}
	return errors.Join(all...)
}

// String is one line for a terminal.
func (r Report) String() string {
	parts := []string{fmt.Sprintf("%d removed", len(r.Removed))}
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{len(r.Left), "left behind", "left behind"},
		{len(r.Kept), "kept on purpose", "kept on purpose"},
		{len(r.Live), "session at work", "sessions at work"},
		{len(r.Busy), "session swept by others", "sessions swept by others"},
		{len(r.Elsewhere), "session of another machine", "sessions of other machines"},
		{len(r.Corrupt), "damaged journal set aside", "damaged journals set aside"},
	} {
		switch {
		case part.n == 1:
			parts = append(parts, "1 "+part.one)
		case part.n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.many))
		}
	}
	return strings.Join(parts, ", ")
}

func (r *Report) fail(err error) {
	if err != nil {
		r.errs = append(r.errs, err)
	}
}

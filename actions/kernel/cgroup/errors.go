package cgroup

import "errors"

// ErrUnsupported is what every [UnsupportedError] wraps: this machine cannot do
// what was asked, and no retry will change that.
var ErrUnsupported = errors.New("not supported by this kernel")

// ErrRoot is returned when something that would hit the whole machine (kill,
// freeze, limit, remove) is asked of the root of a hierarchy.
var ErrRoot = errors.New("the root group stands for the whole machine")

// UnsupportedError says what this machine cannot do, why, and what would work.
type UnsupportedError struct {
	What   string // the limit or feature, such as "memory high"
	Reason string // one line, such as "cgroup v1 has no memory.high"
	Help   string // what would work instead; may be empty
}

// Error joins the three parts into one line.
func (e *UnsupportedError) Error() string {
	text := e.What + ": " + e.Reason
	if e.Help != "" {
		text += "; " + e.Help
	}
	return text
}

// Unwrap makes errors.Is(err, ErrUnsupported) true.
func (e *UnsupportedError) Unwrap() error { return ErrUnsupported }

func unsupported(what, reason, help string) error {
	return &UnsupportedError{What: what, Reason: reason, Help: help}
}

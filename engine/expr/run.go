package expr

import (
	"context"
	"errors"
	"fmt"
	"time"

	"isolab/schema"
)

// The bounds of an expression and its evaluation.
const (
	MaxBytes    = schema.MaxExpr      // of the text
	MaxNodes    = 200                 // parts of the syntax tree
	MaxBrackets = schema.MaxExprDepth // brackets inside one another
	MaxLoops    = 2                   // any, all, filter … inside one another
	MaxItems    = 10_000              // items of a list that is looped over
	MaxText     = 64 << 10            // bytes of a text made with +
	MaxMemory   = 16 << 20            // bytes of all texts that one evaluation makes
	MaxTime     = time.Second
)

// Errors of an evaluation, for errors.Is.
var (
	// ErrAbsent says that something is not there: a name without a value yet, an
	// optional field that is not set, a missing key, an empty list. A repeated
	// claim may take it for "not yet".
	ErrAbsent = errors.New("not there")
	// ErrBudget says that the evaluation was stopped: too long, too large.
	ErrBudget = errors.New("too much work")
)

// Lookup returns the value of a declared name. Where there is none it may return an
// error in its place, which says why there will never be one.
type Lookup func(name string) (any, bool)

// clockEvery is how much work is done between two looks at the clock. One unit is
// about a nanosecond to a hundred, so the clock is seen every few milliseconds at
// worst.
const clockEvery = 1 << 12

// run is one evaluation. It is the environment of the library's virtual machine
// and the first argument of most functions.
type run struct {
	ctx      context.Context // of this one call of Eval
	lookup   Lookup
	names    []string
	values   [4]slot
	more     []slot // the names after the fourth
	work     int
	memory   int
	deadline time.Time
	notes    []note // what Explain wants to know, by operand
}

// slot is a name's value, looked up once.
type slot struct {
	value any
	known bool
}

func newRun(ctx context.Context, lookup Lookup, names []string) *run {
	r := &run{ctx: ctx, lookup: lookup, names: names}
	if extra := len(names) - len(r.values); extra > 0 {
		r.more = make([]slot, extra)
	}
	return r
}

// value returns the value of the i-th name.
func (r *run) value(i int) (any, error) {
	var s *slot
	if i < len(r.values) {
		s = &r.values[i]
	} else {
		s = &r.more[i-len(r.values)]
	}
	if s.known {
		return s.value, nil
	}
	value, ok := r.lookup(r.names[i])
	if why, known := value.(error); !ok && known {
		return nil, absent("%s has no value: %v", r.names[i], why)
	}
	if !ok {
		return nil, absent("%s has no value yet", r.names[i])
	}
	s.value, s.known = value, true
	return value, nil
}

// spend counts work and stops an evaluation that takes too long.
func (r *run) spend(work int) error {
	r.work += work + 1
	if r.work < clockEvery {
		return nil
	}
	r.work = 0
	now := time.Now()
	if r.deadline.IsZero() {
		r.deadline = now.Add(MaxTime)
	}
	if err := r.ctx.Err(); err != nil {
		return fmt.Errorf("stopped: %w", err)
	}
	if now.After(r.deadline) {
		return stopped("the expression took longer than %s", MaxTime)
	}
	return nil
}

// grow counts the bytes of a text that is about to be made.
func (r *run) grow(bytes int) error {
	r.memory += bytes
	if r.memory > MaxMemory {
		return stopped("the expression makes more than %d MiB of text", MaxMemory>>20)
	}
	return r.spend(bytes / 16)
}

// items bounds the length of a list before it is looped over.
func (r *run) items(n int) error {
	if n > MaxItems {
		return stopped("a list has %d items; at most %d are looked at", n, MaxItems)
	}
	return r.spend(n / 16)
}

// absent is ErrAbsent in a sentence.
func absent(format string, args ...any) error {
	return &saying{ErrAbsent, fmt.Sprintf(format, args...)}
}

// stopped is ErrBudget in a sentence.
func stopped(format string, args ...any) error {
	return &saying{ErrBudget, fmt.Sprintf(format, args...)}
}

// saying is a known error in a sentence of its own.
type saying struct {
	err     error
	message string
}

func (e *saying) Error() string { return e.message }
func (e *saying) Unwrap() error { return e.err }

package expr

import (
	"errors"
	"strings"

	"github.com/expr-lang/expr/file"

	"isolab/schema"
)

// Error says what went wrong while an expression was evaluated, and where.
type Error struct {
	Pos  schema.Pos // of the part that could not be evaluated
	From int        // the rune at which that part begins or has its operator
	Err  error
}

// Error is the cause alone: the place is known to whoever shows the expression.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// evalError takes the library's wrapping off an error of one of our functions. An
// error that is not ours was a panic in the library or its virtual machine.
func (p *Program) evalError(err error) *Error {
	var found *file.Error
	if !errors.As(err, &found) {
		return &Error{Pos: p.src.Expr.Pos, Err: err}
	}
	cause := found.Prev
	switch {
	case strings.Contains(found.Message, "memory budget exceeded"):
		cause = stopped("the expression makes lists of more than %d items", maxMade)
	case cause == nil:
		cause = errors.New("the expression could not be evaluated: " + found.Message)
	}
	return &Error{Pos: p.src.pos(found.From), From: found.From, Err: cause}
}

package proc

import (
	"errors"
	"fmt"
	"io/fs"
)

// ErrUnsupported is wrapped by what this system or kernel does not offer.
var ErrUnsupported = errors.New("not on this system")

// ErrGone is wrapped when a process has ended, or when its id now belongs to
// another one. It is also an fs.ErrNotExist.
var ErrGone = fmt.Errorf("process is gone: %w", fs.ErrNotExist)

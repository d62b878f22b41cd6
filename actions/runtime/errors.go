package runtime

import "errors"

// What a runtime's methods fail with; test with errors.Is.
var (
	// ErrNotFound: there is no such container or image.
	ErrNotFound = errors.New("not found")
	// ErrNotRunning: the container does not run, which the call needs.
	ErrNotRunning = errors.New("not running")
	// ErrConflict: the name is taken, or a container uses the image.
	ErrConflict = errors.New("name is in use")
	// ErrUnsupported: this kernel, daemon or runtime cannot do it; the text says
	// why and what would help. A scenario is skipped for it, not failed.
	ErrUnsupported = errors.New("not supported here")
	// ErrUnavailable: the runtime itself cannot be reached or used.
	ErrUnavailable = errors.New("unavailable")
)

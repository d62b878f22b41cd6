package docker

import (
	"fmt"
	"strings"

	"isolab/actions/runtime"
)

// MismatchError says that an image is made for another machine than the daemon's:
// another operating system, processor or Windows build. It wraps
// runtime.ErrUnsupported.
type MismatchError struct {
	Cause string // what does not fit, as one clause
	Help  string // what to do about it
	Words string // what the daemon said
}

// Error is one line with all three.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s; %s (the daemon says: %s)", e.Cause, e.Help, e.Words)
}

// Unwrap makes errors.Is(err, runtime.ErrUnsupported) true.
func (e *MismatchError) Unwrap() error { return runtime.ErrUnsupported }

// mismatches are the daemons' sentences for an image that does not fit, in lower
// case, and what each of them means.
var mismatches = []struct{ words, cause, help string }{
	{"container operating system does not match the host operating system",
		"the image is made for another Windows build than this machine's",
		"use an image tag of this machine's build, or isolation hyperv, which runs older builds too"},
	{"-based image is incompatible with a",
		"the image is made for another Windows build than this machine's",
		"use an image tag of this machine's build, or isolation hyperv, which runs older builds too"},
	{"no matching manifest for windows",
		"the image has no variant for this machine's Windows build or processor",
		"use an image tag of a build that is not newer than this machine's"},
	{"no matching manifest for",
		"the image has no variant for this machine's operating system and processor",
		"use an image that is published for them"},
	{"cannot be used on this platform",
		"the image is made for another operating system than the daemon's",
		"use an image for it, or switch the daemon between Linux and Windows containers"},
	{"exec format error",
		"the image's program is made for another processor",
		"use an image that is published for this machine's processor"},
}

// asMismatch recognises such an error, nil for any other.
func asMismatch(err error) *MismatchError {
	if err == nil {
		return nil
	}
	text := strings.ToLower(err.Error())
	for _, m := range mismatches {
		if strings.Contains(text, m.words) {
			return &MismatchError{Cause: m.cause, Help: m.help, Words: words(err)}
		}
	}
	return nil
}

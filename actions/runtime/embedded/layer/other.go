//go:build !linux

package layer

import (
	"context"
	"errors"
	"io"
)

// Unpack answers that layers can be unpacked on Linux only.
func Unpack(context.Context, io.Reader, string, Limits) (int64, error) {
	return 0, errors.New("unpack layer: not on this system: needs Linux")
}

// Merge answers that layers can be copied on Linux only.
func Merge(string, string) error { return errors.New("copy layer: not on this system: needs Linux") }

// Shift answers that layers can be copied on Linux only.
func Shift(string, string, int) error {
	return errors.New("copy layer: not on this system: needs Linux")
}

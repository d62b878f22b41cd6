//go:build !linux

package image

import (
	"context"
	"errors"
)

func (s *Store) lock(context.Context, bool) (unlock func(), err error) {
	return nil, errors.New("image store: not on this system: needs Linux")
}

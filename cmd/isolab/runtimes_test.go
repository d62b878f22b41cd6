package main

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

// TestWithoutDocker tells a socket that is not for this user from a daemon that is
// not there.
func TestWithoutDocker(t *testing.T) {
	for _, c := range []struct {
		err        error
		host, want string
	}{
		{errors.New("nothing answers there"), "", "no Docker daemon answers"},
		{errors.New("nothing answers there"), "tcp://a", "no Docker daemon answers at DOCKER_HOST=tcp://a"},
		{fmt.Errorf("dial: %w", fs.ErrPermission), "", "this user may not talk to the Docker daemon"},
	} {
		if got := without(c.err, c.host); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

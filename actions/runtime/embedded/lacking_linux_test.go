package embedded

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"isolab/actions/runtime"
)

// A kernel that is too old is an answer of Info, not an error of the first container.
func TestLacking(t *testing.T) {
	if err := lacking(needed); err != nil {
		t.Skip(err)
	}
	err := lacking([]call{{"old", func() error { return unix.EINVAL }}, {"new", func() error { return unix.ENOSYS }}})
	if err == nil || !strings.Contains(err.Error(), "no new(2)") {
		t.Fatalf("got %v", err)
	}
	r := &Runtime{missing: err}
	if _, err := r.Info(t.Context()); !errors.Is(err, runtime.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

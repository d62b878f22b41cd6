//go:build !linux

package embedded

import (
	"context"
	"fmt"
	"io"
	"syscall"
	"time"

	"isolab/actions/runtime"
)

// Runtime needs the Linux kernel; here every method says so.
type Runtime struct{}

var (
	_ runtime.Runtime  = (*Runtime)(nil)
	_ runtime.Observer = (*Runtime)(nil)
)

// errHere is every method's answer.
var errHere = fmt.Errorf("embedded runtime: %w: not on this system: needs Linux", runtime.ErrUnavailable)

// New makes a runtime whose methods all answer that this is not Linux.
func New(Options) (*Runtime, error) { return &Runtime{}, nil }

// Name is "embedded".
func (*Runtime) Name() string { return "embedded" }

// Info answers ErrUnavailable, as do all of the following.
func (*Runtime) Info(context.Context) (runtime.Info, error) { return runtime.Info{}, errHere }

// Create is not possible here.
func (*Runtime) Create(context.Context, runtime.Spec) (runtime.Created, error) {
	return runtime.Created{}, errHere
}

// Start is not possible here.
func (*Runtime) Start(context.Context, string) error { return errHere }

// Wait is not possible here.
func (*Runtime) Wait(context.Context, string) (runtime.Exit, error) { return runtime.Exit{}, errHere }

// Signal is not possible here.
func (*Runtime) Signal(context.Context, string, syscall.Signal) error { return errHere }

// Stop is not possible here.
func (*Runtime) Stop(context.Context, string, time.Duration) error { return errHere }

// Pause is not possible here.
func (*Runtime) Pause(context.Context, string) error { return errHere }

// Unpause is not possible here.
func (*Runtime) Unpause(context.Context, string) error { return errHere }

// Update is not possible here.
func (*Runtime) Update(context.Context, string, runtime.Limits) error { return errHere }

// Remove has nothing to remove here.
func (*Runtime) Remove(context.Context, string) error { return nil }

// Exec is not possible here.
func (*Runtime) Exec(context.Context, string, runtime.ExecSpec) (runtime.ExecResult, error) {
	return runtime.ExecResult{}, errHere
}

// Inspect is not possible here.
func (*Runtime) Inspect(context.Context, string) (runtime.Inspection, error) {
	return runtime.Inspection{}, errHere
}

// Logs is not possible here.
func (*Runtime) Logs(context.Context, string, io.Writer, io.Writer) error { return errHere }

// Top is not possible here.
func (*Runtime) Top(context.Context, string) ([]runtime.TopProcess, error) { return nil, errHere }

// Stats is not possible here.
func (*Runtime) Stats(context.Context, string) (runtime.Stats, error) {
	return runtime.Stats{}, errHere
}

// List finds nothing here.
func (*Runtime) List(context.Context, string, string) ([]string, error) { return nil, nil }

// Observe has nothing to tell here.
func (*Runtime) Observe(func(name, did string)) {}

// Close has nothing to close here.
func (*Runtime) Close() error { return nil }

// Images is a store that has none.
func (*Runtime) Images() runtime.Images { return images{} }

type images struct{}

func (images) Made() string { return "" }
func (images) Resolve(context.Context, string) (runtime.Image, error) {
	return runtime.Image{}, errHere
}
func (images) Pull(context.Context, string, func(string)) (runtime.Image, error) {
	return runtime.Image{}, errHere
}
func (images) Contents(context.Context, string) ([]runtime.Image, error) { return nil, errHere }
func (images) Load(context.Context, string) (runtime.Image, error)       { return runtime.Image{}, errHere }
func (images) Build(context.Context, string, string, func(string)) (runtime.Image, error) {
	return runtime.Image{}, errHere
}
func (images) Remove(context.Context, string, string) error { return nil }

package container

import (
	"context"
	"strings"

	"isolab/actions"
	"isolab/actions/target"
)

// fault is a runtime's error in the words of the scenario: the runtime knows the
// container by the run's name for it, the author by the declared one.
type fault struct {
	text string
	err  error
}

func (f fault) Error() string { return f.text }
func (f fault) Unwrap() error { return f.err }

// failing names the operation and the declared container once, whether or not the
// runtime has named them already. Of a container that does not run any more it says
// how it ended.
func failing(ctx context.Context, env *actions.Env, operation, name, runtimeName string, err error) error {
	err = target.Ended(ctx, env, runtimeName, err)
	reason := strings.TrimPrefix(err.Error(), operation+" container "+runtimeName+": ")
	return fault{text: operation + " container " + name + ": " + reason, err: err}
}

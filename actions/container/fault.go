package container

import "strings"

// fault is a runtime's error in the words of the scenario: the runtime knows the
// container by the run's name for it, the author by the declared one.
type fault struct {
	text string
	err  error
}

func (f fault) Error() string { return f.text }
func (f fault) Unwrap() error { return f.err }

// failing names the operation and the declared container once, whether or not the
// runtime has named them already.
func failing(operation, name, runtimeName string, err error) error {
	reason := strings.TrimPrefix(err.Error(), operation+" container "+runtimeName+": ")
	return fault{text: operation + " container " + name + ": " + reason, err: err}
}

package docker

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/client"

	"isolab/actions/runtime"
)

// errStranger is for what answers on the daemon's socket and is none.
var errStranger = errors.New("what answers is not a Docker daemon")

// ownError marks an error that did not come from the daemon, and that classify
// leaves as it is.
type ownError struct{ error }

func (e ownError) Unwrap() error { return e.error }

// own keeps an error of ours (a caller's writer, a file) from being taken for
// the daemon's.
func own(err error) error {
	if err == nil {
		return nil
	}
	return ownError{err}
}

// classify gives the daemon's error one of the runtime's meanings. The API tells
// most by HTTP status; what it does not is told by words that have been stable
// since 20.10. What is no well-formed answer at all means that the daemon cannot
// be relied on: a broken connection, JSON that is none, a 500 without a cause.
func (r *Runtime) classify(err error) error {
	var known ownError
	if errors.As(err, &known) || sentinel(err) {
		return err
	}
	if mismatch := asMismatch(err); mismatch != nil {
		return mismatch
	}
	text := words(err)
	switch {
	case cerrdefs.IsNotFound(err) && !says(err, "executable file not found", "no such file or directory"):
		return meaning(runtime.ErrNotFound, err)
	case says(err, "already in use by"):
		return meaning(runtime.ErrConflict, err)
	case says(err, "is not running", "is not paused", "has not been started", "container state improper"):
		return meaning(runtime.ErrNotRunning, err)
	case refused(err), fromContainer(err):
		return errors.New(text)
	}
	return r.unavailable(err)
}

func sentinel(err error) bool {
	for _, s := range []error{runtime.ErrNotFound, runtime.ErrNotRunning, runtime.ErrConflict,
		runtime.ErrUnsupported, runtime.ErrUnavailable} {
		if errors.Is(err, s) {
			return true
		}
	}
	return false
}

// refused reports an answer with a 4xx status: the daemon is well and says no.
func refused(err error) bool {
	return cerrdefs.IsInvalidArgument(err) || cerrdefs.IsConflict(err) || cerrdefs.IsPermissionDenied(err) ||
		cerrdefs.IsUnauthorized(err) || cerrdefs.IsNotFound(err) || cerrdefs.IsNotImplemented(err)
}

// fromContainer reports a 500 that speaks of the container and not of the
// daemon: the OCI runtime could not make it as asked.
func fromContainer(err error) bool {
	return says(err, "oci runtime", "failed to create shim", "failed to create task", "runc did not terminate",
		"failed to start container", "error while creating mount source path", "failed to mount",
		"unable to find user", "unable to find group", "no matching entries in passwd file")
}

// says looks for words in the error, without regard to case.
func says(err error, any ...string) bool {
	text := strings.ToLower(err.Error())
	for _, w := range any {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// words is the daemon's message without the client's preface.
func words(err error) string {
	text := strings.TrimPrefix(err.Error(), "Error response from daemon: ")
	return strings.TrimSuffix(strings.TrimSpace(text), ": unknown")
}

func meaning(sentinel, err error) error { return fmt.Errorf("%w: %s", sentinel, words(err)) }

// unavailable says that the daemon cannot be used, and what would help.
func (r *Runtime) unavailable(err error) error {
	help := "start Docker"
	switch {
	case errors.Is(err, fs.ErrPermission):
		help = "join the group docker, or use sudo"
	case !errors.Is(err, errSilent) && !client.IsErrConnectionFailed(err):
		help = "look at the daemon's log, and restart Docker"
	}
	if client.IsErrConnectionFailed(err) && says(err, "cannot connect to the docker daemon") {
		err = errors.New("nothing answers there")
	}
	return fmt.Errorf("docker at %s: %w: %w; %s", r.host, runtime.ErrUnavailable, wordsError{err}, help)
}

// wordsError prints the daemon's own words and keeps the chain.
type wordsError struct{ error }

func (e wordsError) Error() string { return words(e.error) }
func (e wordsError) Unwrap() error { return e.error }

// unsupported says what cannot be done here and why.
func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %s", runtime.ErrUnsupported, fmt.Sprintf(format, args...))
}

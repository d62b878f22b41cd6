package docker

import (
	"context"
	"syscall"
	"time"

	"github.com/docker/docker/api/types/container"

	"isolab/actions/runtime"
)

// finalWithin is how long the end of a container may be ahead of the last
// reading of its counters; the reading takes well under a millisecond.
const finalWithin = 2 * time.Second

// exit puts together what the daemon and the kernel say of how a container ended.
func (r *Runtime) exit(ctx context.Context, c container.InspectResponse) runtime.Exit {
	exit := runtime.Exit{Code: c.State.ExitCode, Err: c.State.Error,
		Started: instant(c.State.StartedAt), Finished: instant(c.State.FinishedAt), Final: unread()}
	if exit.Finished.Before(exit.Started) {
		exit.Finished = exit.Started // the daemon notes them in either order when a command ends at once
	}
	status := waitStatus{}
	if w := r.watchers.of(c.ID); w != nil {
		exit.Final, status = w.result(ctx, finalWithin)
	}
	if c.Platform != windows {
		exit.Signal = status.signal(exit.Code)
	}
	if c.State.OOMKilled && exit.Final.OOMKills < 0 {
		exit.Final.OOMKills = 1
		exit.Final.Origins["oom_kills"] = "docker inspect, State.OOMKilled: at least one"
	}
	killed := exit.Signal == int(syscall.SIGKILL)
	exit.OOMKilled = killed && (exit.Final.OOMKills > 0 || c.State.OOMKilled)
	return exit
}

// unread is an accounting of which nothing could be read.
func unread() runtime.Accounting {
	return runtime.Accounting{OOMKills: -1, MemoryPeak: -1, Failures: -1, CPU: -1, Origins: map[string]string{}}
}

// waitStatus is how a process ended as wait(2) says, where the kernel told us.
type waitStatus struct {
	known  bool
	status syscall.WaitStatus
}

// signal is the number of the signal that ended the process, 0 for none. A shell
// whose child was killed by signal 9 exits with 137 too, so the kernel's word is
// preferred; it is used when it agrees with the daemon's code. Without it, a code
// above 128 counts as a signal.
func (w waitStatus) signal(code int) int {
	const most = 64 // SIGRTMAX
	switch {
	case w.known && w.status.Signaled() && code == 128+int(w.status.Signal()):
		return int(w.status.Signal())
	case w.known && w.status.Exited() && code == w.status.ExitStatus():
		return 0
	case code > 128 && code <= 128+most:
		return code - 128
	}
	return 0
}

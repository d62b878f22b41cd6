package docker

import (
	"context"
	"encoding/json"
	"syscall"
	"testing"

	"github.com/docker/docker/api/types/container"
)

// killedBy and exitedWith are wait statuses as wait(2) encodes them.
func killedBy(s syscall.Signal) waitStatus { return waitStatus{true, syscall.WaitStatus(s)} }
func exitedWith(code int) waitStatus       { return waitStatus{true, syscall.WaitStatus(code << 8)} }

// Code 137 is a signal when the kernel says so, none when it says otherwise, and
// taken for one when the kernel has not been heard.
func TestSignalOfExit(t *testing.T) {
	for name, c := range map[string]struct {
		code   int
		status waitStatus
		want   int
	}{
		"killed":                     {137, killedBy(syscall.SIGKILL), 9},
		"exit 137":                   {137, exitedWith(137), 0},
		"not heard":                  {137, waitStatus{}, 9},
		"heard by halves":            {137, exitedWith(0), 9}, // field 52 is 0 to the unprivileged
		"code 0":                     {0, exitedWith(0), 0},
		"code 255":                   {255, waitStatus{}, 0},
		"code 128":                   {128, waitStatus{}, 0},
		"core dumped by a trap":      {133, waitStatus{true, 5 | 0x80}, 5},
		"status of another process?": {143, killedBy(syscall.SIGKILL), 15},
	} {
		if got := c.status.signal(c.code); got != c.want {
			t.Errorf("%s: signal %d, want %d", name, got, c.want)
		}
	}
}

// Who was killed for memory: the main process when it died by signal 9 and the
// kernel or the daemon knows of an out-of-memory kill.
func TestOOMKilled(t *testing.T) {
	for name, c := range map[string]struct {
		code   int
		daemon bool  // State.OOMKilled
		kernel int64 // the counter, -1 when it was not read
		status waitStatus
		want   bool
		kills  int64
	}{
		"kernel and daemon":             {137, true, 1, killedBy(9), true, 1},
		"kernel alone":                  {137, false, 1, killedBy(9), true, 1},
		"daemon alone":                  {137, true, -1, waitStatus{}, true, 1},
		"nobody":                        {137, false, 0, killedBy(9), false, 0},
		"nobody, not read":              {137, false, -1, killedBy(9), false, -1},
		"a child":                       {1, true, 3, exitedWith(1), false, 3},
		"a child, told by its exit 137": {137, true, 1, exitedWith(137), false, 1},
	} {
		r := runtimeAt(t, "unix:///nowhere")
		done := make(chan struct{})
		close(done)
		final := unread()
		final.OOMKills = c.kernel
		r.watchers.byID["x"] = &watcher{stop: make(chan struct{}), done: done, final: final, status: c.status}
		exit := r.exit(context.Background(), ended(t, c.code, c.daemon))
		if exit.OOMKilled != c.want || exit.Final.OOMKills != c.kills {
			t.Errorf("%s: killed %v, kills %d", name, exit.OOMKilled, exit.Final.OOMKills)
		}
	}
}

func ended(t *testing.T, code int, oom bool) container.InspectResponse {
	t.Helper()
	text, err := json.Marshal(object{"Id": "x", "Platform": "linux", "State": object{"Status": "exited", "ExitCode": code, "OOMKilled": oom,
		"StartedAt": "2024-05-01T10:00:00.5Z", "FinishedAt": "2024-05-01T10:00:00.25Z"}})
	var c container.InspectResponse
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExitTimesAreInOrder(t *testing.T) {
	r := runtimeAt(t, "unix:///nowhere")
	exit := r.exit(context.Background(), ended(t, 0, false))
	if exit.Finished.Before(exit.Started) || exit.Started.IsZero() {
		t.Errorf("started %v, finished %v", exit.Started, exit.Finished)
	}
}

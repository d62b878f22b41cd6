package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"isolab/actions/runtime"
)

// record is what is kept of a container on disk, so that any later process can
// inspect and remove it. It is written before the things it speaks of are made.
type record struct {
	ID        string        `json:"id"`
	Spec      runtime.Spec  `json:"spec"`
	State     runtime.State `json:"state"` // created, running or exited; paused is the kernel's to say
	Command   []string      `json:"command"`
	Image     runtime.Image `json:"image"`
	Cgroup    string        `json:"cgroup"` // name below the hierarchies' roots
	Process   process       `json:"process"`
	CreatedAt time.Time     `json:"created_at"`
	Exit      runtime.Exit  `json:"exit"`
	Restarts  int           `json:"restarts"`
	Dropped   [2]int64      `json:"dropped"` // bytes of stdout and stderr beyond LogMax
}

// process names one process for ever: ids are used again, but not with the same
// start time in the same boot.
type process struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // clock ticks after boot, field 22 of proc_pid_stat(5)
	Boot  string `json:"boot"`
}

// dirs says where things are.
type dirs struct{ state, data string }

func (d dirs) containers() string           { return filepath.Join(d.state, "containers") }
func (d dirs) container(name string) string { return filepath.Join(d.containers(), name) }
func (d dirs) record(name string) string    { return filepath.Join(d.container(name), "state.json") }

// group is a link that holds the name of the container's cgroup, for the case that
// the record cannot be read: a link is there as a whole or not at all.
func (d dirs) group(name string) string { return filepath.Join(d.container(name), "cgroup") }
func (d dirs) output(name, stream string) string {
	return filepath.Join(d.container(name), stream)
}
func (d dirs) layers(name string) string { return filepath.Join(d.data, "containers", name) }
func (d dirs) volumes(run string) string { return filepath.Join(d.data, "volumes", run) }

// errNoRecord: the container's directory is there but says nothing; its maker
// died between the two, and had made nothing else yet.
var errNoRecord = errors.New("has no state.json")

// load reads a container's record. The error wraps runtime.ErrNotFound when there
// is no container of that name.
func (d dirs) load(name string) (record, error) {
	var r record
	text, err := os.ReadFile(d.record(name))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(d.container(name)); err == nil {
			return r, fmt.Errorf("container %s %w: %w", name, errNoRecord, runtime.ErrNotFound)
		}
		return r, fmt.Errorf("container %s: %w", name, runtime.ErrNotFound)
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return r, fmt.Errorf("read state of container %s: %w", name, err)
	}
	return r, nil
}

// save replaces a container's record in one step: readers see the old one or the
// new one. It is not flushed to disk: after a crash of the machine nothing that
// it speaks of exists any more, except directories, which go by name.
func (d dirs) save(r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("save state of container %s: %w", r.Spec.Name, err)
	}
	path := d.record(r.Spec.Name)
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return fmt.Errorf("save state of container %s: %w", r.Spec.Name, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("save state of container %s: %w", r.Spec.Name, err)
	}
	return nil
}

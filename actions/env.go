package actions

import (
	"context"
	"errors"
	"time"

	"isolab/actions/runtime"
	"isolab/schema"
)

// ErrUnsupported is wrapped by an action that this machine cannot do; the text
// says why and what would help. The scenario is then skipped, not failed.
var ErrUnsupported = runtime.ErrUnsupported

// ErrDenied is wrapped when a permission is missing at run time.
var ErrDenied = errors.New("not permitted")

// Final is an error that stays however often the step is done again: only another
// step could change its cause, and none runs meanwhile.
type Final struct{ Err error }

// Error is that of the error itself.
func (e Final) Error() string { return e.Err.Error() }

// Unwrap gives the error itself.
func (e Final) Unwrap() error { return e.Err }

// Env is what a running step may use. It is made by the engine, one for each
// time that an action runs, and safe for concurrent use.
type Env struct {
	Run        Run
	Runtime    runtime.Runtime
	Containers Containers
	Ledger     Ledger
	Permit     func(Permission) error                         // nil error, or one wrapping ErrDenied; asked again at run time
	Note       func(text string)                              // shown to the audience and kept in the event log; nothing once the action is over
	Pause      func(ctx context.Context, prompt string) error // the presenter's stop; returns at once when nobody watches
	Clock      Clock
	Root       string // where /proc and /sys are looked up: "/"
	OutputMax  int    // bytes kept of a command's output; the rest is counted
}

// Run names the run. Everything it makes carries ID.
type Run struct {
	ID     string // short, unique: "k3f9x2a1"
	Cgroup string // the run-level cgroup's name below each hierarchy's root: "isolab/run-k3f9x2a1"
	Dir    string // scratch directory of the run, removed at the end
	Source string // the folder of the scenario file, for paths beside it; empty when built in
}

// Name makes the name of something that the run creates: unique on the machine,
// and recognisable by whoever sweeps after a crash.
func (r Run) Name(suffix string) string { return "isolab-" + r.ID + "-" + suffix }

// Label is the key that every object of a run carries, with the run's ID as value.
const Label = "isolab.run"

// NonceEnv is the environment variable that every process of a run carries.
const NonceEnv = "ISOLAB_RUN"

// Containers are the containers that a scenario declares, and those that live.
type Containers interface {
	// Declared returns the declaration, its expressions evaluated.
	Declared(name string) (schema.Container, bool)
	// Live returns the runtime's name of a container that a step has made.
	Live(name string) (runtimeName string, ok bool)
	// Bind remembers that a container was made under a runtime name.
	Bind(name, runtimeName string)
	// Unbind forgets a container that a step removed.
	Unbind(name string)
}

// Ledger is the run's journal of what exists because of it. An intent is durable
// before Intend returns, so that a crash at any later moment leaves nothing behind.
type Ledger interface {
	// Intend writes down that an object is about to be made. Kind is one that a
	// Remover was registered for. A second call adds what is known by then: the
	// entry keeps its place and gets the new attributes.
	Intend(kind, name string, attrs map[string]string) error
	// Share is Intend for something that later runs of the same process use too,
	// such as the built-in image: it is removed when the process ends.
	Share(kind, name string, attrs map[string]string) error
	// Done crosses it out, after it was removed.
	Done(kind, name string) error
	// Holds reports whether the run made (or is making) that object.
	Holds(kind, name string) bool
}

// Remover removes one kind of object by name, whoever made it and however
// complete it is. It is idempotent, and needs nothing but the journal's entry.
type Remover func(ctx context.Context, name string, attrs map[string]string) error

// Clock is time, passed in so that tests own it.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
}

// Declared is what is known before anything runs.
type Declared interface {
	// Container returns a declaration as far as its values are literal, and
	// whether the name is declared at all.
	Container(name string) (schema.Container, bool)
	// Names lists the declared containers.
	Names() []string
	// Made reports whether an earlier step makes an image under that reference.
	Made(image string) bool
}

// View is what the equivalent command can name: real names and paths in a run,
// placeholders such as <hungry's pid> in a plan.
type View interface {
	Declared
	// System is the operating system on which the commands are typed, as GOOS has it.
	System() string
	// Runtime is "docker" or "embedded".
	Runtime() string
	// ContainerName is how the runtime calls a declared container.
	ContainerName(name string) string
	// CgroupVersion is "v1", "v2" or "hybrid", and empty where there are no cgroups.
	CgroupVersion() string
	// Cgroup is the directory of a container or cgroup for a controller; "unified" is
	// the v2 tree of a hybrid machine, and "*" a pattern for the directories in all
	// hierarchies that it is in.
	Cgroup(target, controller string) string
	// PID is a container's main process on the host; without a name it is a process
	// that is not known yet.
	PID(name string) string
	// Reads lists the fields of the step's result that some expression of the
	// scenario reads, dotted and sorted: what the commands should show.
	Reads() []string
}

package runtime

import (
	"context"
	"io"
	"syscall"
	"time"
)

// Runtime runs containers. Every method takes the container's name as given in
// Spec.Name, honours its context, and is safe for concurrent use.
//
// Errors to test for: ErrNotFound, ErrNotRunning, ErrConflict, ErrUnsupported and
// ErrUnavailable.
type Runtime interface {
	// Name is "docker" or "embedded".
	Name() string
	// Info says what this runtime is and can do here. It fails with
	// ErrUnavailable, and a sentence that says what would help, when it cannot run
	// containers at all.
	Info(ctx context.Context) (Info, error)

	// Create makes a container without starting it. What the kernel or the daemon
	// cannot enforce is an error (ErrUnsupported), never a silent omission; what
	// it does differently is a line in Created.Warnings.
	Create(ctx context.Context, spec Spec) (Created, error)
	// Start runs the container's command. It returns once the command has been
	// executed, with its host process id in Inspect.
	Start(ctx context.Context, name string) error
	// Wait blocks until the container's main process has ended.
	Wait(ctx context.Context, name string) (Exit, error)
	// Signal sends sig to the container's main process.
	Signal(ctx context.Context, name string, sig syscall.Signal) error
	// Stop sends the stop signal and, after the grace time, SIGKILL: at once when it
	// is 0. It returns when the container has ended; a container that had ended
	// already is no error.
	Stop(ctx context.Context, name string, grace time.Duration) error
	// Pause and Unpause freeze and thaw all processes of the container.
	Pause(ctx context.Context, name string) error
	Unpause(ctx context.Context, name string) error
	// Update changes limits of a live container: only the fields that are set.
	Update(ctx context.Context, name string, limits Limits) error
	// Remove ends the container if it runs and removes all that was made for it,
	// in this process or an earlier one, complete or half made. It is idempotent:
	// removing what is not there succeeds.
	Remove(ctx context.Context, name string) error

	// Exec runs a further command inside a running container and waits for it.
	Exec(ctx context.Context, name string, command ExecSpec) (ExecResult, error)
	// Inspect says what the runtime knows of a container.
	Inspect(ctx context.Context, name string) (Inspection, error)
	// Logs copies what the main process has written so far. What the runtime did not
	// keep of it, a writer that is a Skipper is told.
	Logs(ctx context.Context, name string, stdout, stderr io.Writer) error
	// Top lists the container's processes as the runtime itself shows them, with
	// host process ids.
	Top(ctx context.Context, name string) ([]TopProcess, error)
	// Stats is one sample of what the runtime itself reports. It takes a second or
	// two: the CPU's part is told from two readings.
	Stats(ctx context.Context, name string) (Stats, error)
	// List names the containers that carry the label, in every state.
	List(ctx context.Context, label, value string) ([]string, error)

	// Images is how this runtime gets and keeps images.
	Images() Images
	// Close lets go of connections. It stops and removes nothing.
	Close() error
}

// Images is a runtime's store of images.
type Images interface {
	// Resolve makes sure that an image is there without touching the network, and
	// returns its identity. "workload" is the built-in image, made on demand.
	// ErrNotFound when it would have to be pulled.
	Resolve(ctx context.Context, ref string) (Image, error)
	// Made names what Resolve("workload") leaves outside this process's own files,
	// such as an image tag in a daemon; empty when nothing. It is known before
	// Resolve is called, so that an intent can be journalled.
	Made() string
	// Pull fetches an image from its registry.
	Pull(ctx context.Context, ref string, progress func(string)) (Image, error)
	// Contents lists what Load of this path will leave in the store, by the reference
	// that Remove takes and, where that is known beforehand, the id, so that it can be
	// journalled.
	Contents(ctx context.Context, path string) ([]Image, error)
	// Load imports an OCI layout directory or a `docker save` tarball.
	Load(ctx context.Context, path string) (Image, error)
	// Build makes an image from a directory with a Dockerfile.
	Build(ctx context.Context, dir, tag string, progress func(string)) (Image, error)
	// Remove deletes an image by reference; a missing one is no error. With an id it
	// does so only while the reference stands for that image: a name may have become
	// somebody else's. ErrConflict when a container uses it.
	Remove(ctx context.Context, ref, id string) error
}

// Image is the identity of an image.
type Image struct {
	Ref  string `json:"ref" expr:"ref" doc:"The reference that was asked for."`
	ID   string `json:"id" expr:"id" doc:"The content digest of the image, sha256:…."`
	Size int64  `json:"size" expr:"size" doc:"Bytes that the image takes, unpacked."`
	OS   string `json:"os" expr:"os" doc:"The operating system that the image is for."`
	Arch string `json:"arch" expr:"arch" doc:"The processor architecture that the image is for."`
}

// Info describes a runtime on this machine.
type Info struct {
	Name          string   `json:"name"`
	Version       string   `json:"version"`
	API           string   `json:"api,omitempty"`            // negotiated Docker API version
	OS            string   `json:"os"`                       // what the containers run on: linux, windows
	CgroupVersion string   `json:"cgroup_version,omitempty"` // "1" or "2"
	CgroupDriver  string   `json:"cgroup_driver,omitempty"`  // cgroupfs, systemd
	Rootless      bool     `json:"rootless,omitempty"`
	NoLimits      string   `json:"no_limits,omitempty"`   // why containers get no cgroup and so no limits; empty where they do
	NoWorkload    string   `json:"no_workload,omitempty"` // why the built-in image cannot be made of this program; empty where it can
	HostIsVM      bool     `json:"host_is_vm,omitempty"`  // Docker Desktop and the like: its processes are not in our /proc
	Runtimes      []string `json:"runtimes,omitempty"`    // OCI runtimes on offer, such as runc, runsc
	Isolation     []string `json:"isolation"`             // modes on offer: process, sandbox, hyperv
	Storage       string   `json:"storage,omitempty"`     // storage driver, root directory
	DataRoot      string   `json:"data_root,omitempty"`
	Warnings      []string `json:"warnings,omitempty"`
}

// NoLimitsHelp is what helps where Info.NoLimits has a reason.
const NoLimitsHelp = "run isolab with sudo, or where cgroup v2 is used as: systemd-run --user --scope -p Delegate=yes isolab …"

// Created is what Create made.
type Created struct {
	ID       string   // the runtime's own id: 64 hexadecimal digits, as Docker's
	Warnings []string // what the runtime will not do as asked, in its own words
}

// State is where a container is in its life, in Docker's words.
type State string

// The states of a container.
const (
	StateCreated State = "created"
	StateRunning State = "running"
	StatePaused  State = "paused"
	StateExited  State = "exited"
)

// Exit is how a container's main process ended.
type Exit struct {
	Code      int       // 0–255; 128+signal when a signal ended it
	Signal    int       // the signal's number, 0 when none (for docker derived from Code > 128)
	OOMKilled bool      // the main process was killed for lack of memory: by the kernel's counter and signal 9, or by the runtime's word
	Started   time.Time // when the command was executed
	Finished  time.Time
	Final     Accounting
	Err       string // why it could not be started, if so
}

// Accounting is what the kernel had counted for a container when its main process
// ended, read before the cgroup disappeared. A field that could not be read in
// time is -1; Origins gives the file behind each other field, by its JSON name.
type Accounting struct {
	OOMKills   int64             `json:"oom_kills" expr:"oom_kills" doc:"Processes of the container that the kernel killed for lack of memory."`
	MemoryPeak int64             `json:"memory_peak" expr:"memory_peak" doc:"The most memory that was charged at once, in bytes."`
	Failures   int64             `json:"failures" expr:"failures" doc:"How often the memory limit was hit."`
	CPU        time.Duration     `json:"cpu" expr:"cpu" doc:"CPU time used by all processes of the container."`
	Origins    map[string]string `json:"origins,omitempty" expr:"-"`
}

// Inspection is what a runtime knows of a container.
type Inspection struct {
	ID         string
	Name       string
	State      State
	PID        int // the main process on the host; 0 when it does not run
	Image      string
	Command    []string
	Exit       Exit // meaningful in StateExited
	OOMKilled  bool // what the runtime itself says, which is not proof either way
	Runtime    string
	Isolation  string
	IP         string
	Limits     Limits // as the runtime recorded them
	Restarts   int
	CreatedAt  time.Time
	StartedAt  time.Time
	CgroupName string // embedded: the name below the hierarchy's root; empty for docker
}

// ExecSpec is a command for Exec.
type ExecSpec struct {
	Command []string
	Env     []string
	User    string
	WorkDir string
	Stdin   io.Reader
	Stdout  io.Writer // bounded by the caller
	Stderr  io.Writer
}

// ExecResult is how an Exec ended.
type ExecResult struct {
	Code   int
	Signal int
}

// TopProcess is one line of what the runtime shows of a container's processes.
type TopProcess struct {
	PID     int    `json:"pid" expr:"pid" doc:"Process id as the host sees it."`
	PPID    int    `json:"ppid" expr:"ppid" doc:"The parent's process id as the host sees it."`
	User    string `json:"user" expr:"user" doc:"User name or id."`
	Command string `json:"command" expr:"command" doc:"The command line."`
}

// Stats is one sample of what the runtime reports of itself, as `docker stats`.
type Stats struct {
	Read              time.Time
	CPU               time.Duration // total CPU time used
	CPUPercent        float64       // as docker stats shows it: 100 is one CPU
	Memory            int64         // bytes; page cache deducted the way the docker command does
	MemoryLimit       int64         // bytes; the machine's memory when there is none
	PIDs              int64
	ReadBytes         int64
	WriteBytes        int64
	RxBytes           int64
	TxBytes           int64
	PrivateWorkingSet int64 // Windows only: bytes
}

// Sandboxer is implemented by a runtime that can say whether the host sees a
// container's processes (false in a virtual machine or a user-space kernel).
type Sandboxer interface {
	HostSeesProcesses(ctx context.Context, name string) (bool, error)
}

// VolumeLister is implemented by a runtime that can say which volumes are there.
type VolumeLister interface {
	// Volumes names those that were made along with containers that carry the label.
	Volumes(ctx context.Context, label, value string) ([]string, error)
}

// Skipper is implemented by a writer given to Logs that wants to know of bytes that
// were written by the container and not kept by the runtime.
type Skipper interface {
	// Skip counts n bytes that come after all that was written.
	Skip(n int64)
}

// Observer is implemented by a runtime that can tell, as it happens, what it does
// to make a container, for a student to follow.
type Observer interface {
	// Observe sets the function that is told; nil stops it.
	Observe(func(name, did string))
}

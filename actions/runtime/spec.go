package runtime

import (
	"time"

	"isolab/schema/unit"
)

// Spec is a container to make. The zero value of a field means Docker's default.
type Spec struct {
	Name       string            // chosen by the caller; [a-z0-9][a-z0-9_.-]*, at most 128 bytes
	Labels     map[string]string // carried by everything that is made for the container
	Image      string            // "workload", a reference, or a path given to Images.Load
	Entrypoint []string          // replaces the image's; empty keeps it
	Command    []string          // replaces the image's; empty keeps it
	Env        []string          // KEY=value, added to the image's
	WorkDir    string
	User       string // uid, uid:gid or a name of the image's /etc/passwd
	Hostname   string
	Limits     Limits
	Security   Security
	Mounts     []Mount
	Network    string            // "" and "none": only lo; "bridge"; "host"
	PIDMode    string            // "" own; "host"; "container:<name>"
	IPCMode    string            // "" own; "host"; "container:<name>"
	UTSMode    string            // "" own; "host"
	CgroupNS   string            // "" the runtime's default; "private"; "host"
	UserNS     string            // "" the runtime's default; "host"; "private": uid 0 is mapped to an unprivileged uid
	Init       bool              // a tiny PID 1 that forwards signals and reaps (docker run --init)
	ReadOnly   bool              // the root file system is read-only
	Isolation  string            // "" or "default"; "process"; "sandbox"; "hyperv"
	Runtime    string            // an OCI runtime by name; "" the one that Isolation asks for
	StopSignal string            // "" is SIGTERM
	StopGrace  time.Duration     // 0 is 10 s
	Ulimits    map[string]Ulimit // by name without RLIMIT_, lower case: nofile, nproc, core…
	Sysctls    map[string]string
	ShmSize    unit.Size // /dev/shm; 0 is 64 MiB
	OOMScore   *int      // oom_score_adj of the main process
	StorageMax unit.Size // size of the writable layer; 0 is no limit; ErrUnsupported where it cannot be kept
	CgroupPath string    // embedded: the run-level cgroup below which the container's is made; "" is "isolab"
}

// Ulimit is a resource limit of setrlimit(2).
type Ulimit struct {
	Soft, Hard int64
}

// Security is what a container's processes may do.
type Security struct {
	Privileged      bool
	CapAdd          []string // names with or without CAP_, or ALL
	CapDrop         []string
	NoNewPrivileges bool
	Seccomp         string // "" the default filter; "unconfined"; or a profile, as JSON text
}

// Mount is something mounted into a container.
type Mount struct {
	Kind     MountKind
	Source   string // bind: a host directory; volume: its name, made if missing
	Target   string // absolute, inside the container
	ReadOnly bool
	Size     unit.Size // tmpfs: 0 is half of the memory
}

// MountKind says what is mounted.
type MountKind string

// The kinds of mounts.
const (
	MountBind   MountKind = "bind"
	MountTmpfs  MountKind = "tmpfs"
	MountVolume MountKind = "volume"
)

// Limits are what a container may use. A nil pointer means "not set": Docker's
// default in Create, unchanged in Update.
type Limits struct {
	CPUs              *unit.CPUs // 0 is no limit
	CPUShares         *int64     // Docker's scale, 1024 is the default; cgroup v2 gets a weight made of it
	CpusetCPUs        *string    // a list such as "0-2,4"
	CpusetMems        *string
	Memory            *unit.Size // unit.Unlimited is no limit
	Swap              *unit.Size // swap alone, besides memory (v2's meaning); nil: as much again as Memory, Docker's default
	MemoryReservation *unit.Size
	Swappiness        *int64 // 0–100; cgroup v1 only
	OOMKillDisable    *bool  // cgroup v1 only
	PIDs              *int64 // 0 or less is no limit
	IO                []DeviceLimit
}

// DeviceLimit bounds what a container may read from and write to one whole disk.
// Zero fields are no limit.
type DeviceLimit struct {
	Device    string // a path such as /dev/sda
	ReadBPS   unit.Rate
	WriteBPS  unit.Rate
	ReadIOPS  int64 // operations per second
	WriteIOPS int64
}

package schema

import (
	"math"
	"time"

	"isolab/schema/unit"
)

// Container is what an author declares under `containers:`. Its values may be
// expressions over params.
type Container struct {
	Image           Image             `json:"image" doc:"The built-in image workload, any image reference, or {build: directory}." default:"workload"`
	Entrypoint      []string          `json:"entrypoint" doc:"Replaces the image's entrypoint."`
	Command         []string          `json:"command" doc:"The command and its arguments." example:"[eatmemory, 100MiB]"`
	Env             map[string]string `json:"env" doc:"Environment variables."`
	WorkDir         string            `json:"workdir" doc:"Working directory of the command." format:"path"`
	User            string            `json:"user" doc:"User name or uid[:gid] that runs the command." format:"user"`
	Hostname        string            `json:"hostname" doc:"Host name inside the container."`
	Limits          Limits            `json:"limits" doc:"What the container may use."`
	Isolation       string            `json:"isolation" doc:"How the container is separated from the host." enum:"default,process,sandbox,hyperv" isolab:"literal"`
	Runtime         string            `json:"runtime" doc:"An OCI runtime of the Docker daemon, by name." isolab:"literal"`
	Network         string            `json:"network" doc:"The container's network: none has only the loopback interface." enum:"none,bridge,host" default:"none" isolab:"literal"`
	PID             string            `json:"pid" doc:"Whose processes it sees: its own, the host's, or container:<name>." isolab:"literal"`
	IPC             string            `json:"ipc" doc:"Whose shared memory it sees: its own, the host's, or container:<name>." isolab:"literal"`
	UTS             string            `json:"uts" doc:"Whose host name it sees: its own or the host's." enum:"private,host" isolab:"literal"`
	Cgroupns        string            `json:"cgroupns" doc:"Whether it sees its own cgroup as the root." enum:"private,host" isolab:"literal"`
	Userns          string            `json:"userns" doc:"private maps the container's root to an unprivileged user of the host." enum:"private,host" isolab:"literal"`
	Init            bool              `json:"init" doc:"A small first process that passes signals on and reaps orphans."`
	ReadOnly        bool              `json:"read_only" doc:"Whether the root file system is read-only."`
	Privileged      bool              `json:"privileged" doc:"All capabilities, devices and no seccomp filter." isolab:"literal"`
	CapAdd          []string          `json:"cap_add" doc:"Capabilities to add." example:"[SYS_TIME]" isolab:"literal" format:"capability"`
	CapDrop         []string          `json:"cap_drop" doc:"Capabilities to drop; ALL drops every one." format:"capability"`
	NoNewPrivileges bool              `json:"no_new_privileges" doc:"Whether a setuid program gains nothing."`
	Seccomp         string            `json:"seccomp" doc:"default, unconfined, a profile as JSON text, or the path of one beside the scenario." isolab:"literal"`
	Tmpfs           map[string]string `json:"tmpfs" doc:"Memory file systems by mount point, each with its size." example:"{/tmp: 8MiB}" format:"size" keys:"path"`
	Volumes         []Volume          `json:"volumes" doc:"Directories and volumes mounted into the container." isolab:"literal"`
	ShmSize         unit.Size         `json:"shm_size" doc:"Size of /dev/shm." default:"64MiB"`
	Storage         unit.Size         `json:"storage" doc:"Size of the container's own disk." example:"64MiB"`
	Ulimits         map[string]int64  `json:"ulimits" doc:"Resource limits by name: nofile, nproc, core and so on." example:"{nofile: 64}" keys:"ulimit"`
	Sysctls         map[string]string `json:"sysctls" doc:"Kernel parameters of the container's namespaces."`
	OOMScoreAdj     *int              `json:"oom_score_adj" doc:"How eagerly the kernel picks the process when memory is short: -1000 to 1000." min:"-1000" max:"1000"`
	StopSignal      string            `json:"stop_signal" doc:"The signal that asks the container to end." default:"TERM"`
	StopGrace       time.Duration     `json:"stop_grace" doc:"How long it may take before it is killed." default:"10s"`
}

// Image names a container's image. A string is a reference.
type Image struct {
	Ref   string `json:"ref" doc:"Reference: workload, name:tag or name@digest." isolab:"main,literal"`
	Build string `json:"build" doc:"Directory beside the scenario with a Dockerfile to build the image from." isolab:"literal"`
	Load  string `json:"load" doc:"File beside the scenario: an OCI layout or a docker save tarball." isolab:"literal"`
}

// Volume is a directory or named volume inside the container.
type Volume struct {
	Source   string `json:"source" doc:"Name of a volume made for the run, or an absolute host directory (needs a permission); empty makes a scratch directory."`
	Target   string `json:"target" doc:"Where it is mounted inside the container." isolab:"main,required" format:"target"`
	ReadOnly bool   `json:"read_only" doc:"Whether it can only be read."`
}

// Limits bound what a container may use. A missing key is the runtime's default;
// none removes a limit.
type Limits struct {
	CPUs        *unit.CPUs `json:"cpus" doc:"CPU time for each second, over all CPUs." example:"0.5"`
	Cpuset      *string    `json:"cpuset" doc:"The CPUs it may run on." example:"0-1" format:"cpu-list"`
	CPUShares   *int64     `json:"cpu_shares" doc:"Weight against other containers when CPUs are busy; 1024 is usual." example:"512" min:"0"`
	Memory      *unit.Size `json:"memory" doc:"Memory, page cache included." example:"150MiB"`
	Swap        *unit.Size `json:"swap" doc:"Swap besides the memory; left out, as much again as the memory." example:"0"`
	Swappiness  *int64     `json:"swappiness" doc:"How eagerly memory is swapped out, 0 to 100; cgroup v1 only." min:"0" max:"100"`
	Reservation *unit.Size `json:"reservation" doc:"Memory that is kept for it when memory is short."`
	OOMKill     *bool      `json:"oom_kill" doc:"false lets processes wait instead of being killed at the limit; cgroup v1 only."`
	PIDs        *int64     `json:"pids" doc:"How many tasks at most: each thread of a process counts." example:"20" min:"0"`
	ReadBPS     *unit.Rate `json:"read_bps" doc:"Bytes read from the disk per second." example:"1MiB/s"`
	WriteBPS    *unit.Rate `json:"write_bps" doc:"Bytes written to the disk per second." example:"1MiB/s"`
	ReadIOPS    *int64     `json:"read_iops" doc:"Reads from the disk per second." example:"100" min:"0"`
	WriteIOPS   *int64     `json:"write_iops" doc:"Writes to the disk per second." example:"100" min:"0"`
	Device      string     `json:"device" doc:"The disk that the four limits above are for; left out, the whole disk that holds the containers' data." isolab:"literal"`
}

// NoneAsZero is the limits with "no limit" written as 0, as Docker writes it.
func (l Limits) NoneAsZero() Limits {
	if l.CPUs != nil && l.CPUs.IsUnlimited() {
		l.CPUs = new(unit.CPUs)
	}
	for _, rate := range []**unit.Rate{&l.ReadBPS, &l.WriteBPS} {
		if *rate != nil && (*rate).IsUnlimited() {
			*rate = new(unit.Rate)
		}
	}
	for _, count := range []**int64{&l.PIDs, &l.ReadIOPS, &l.WriteIOPS} {
		if *count != nil && **count == math.MaxInt64 {
			*count = new(int64)
		}
	}
	return l
}

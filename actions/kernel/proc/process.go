package proc

import (
	"time"

	"isolab/schema/unit"
)

// Summary is the cheap part of what is known about a process, for lists.
type Summary struct {
	PID         int           `json:"pid" expr:"pid" doc:"Process id, as the reader's pid namespace has it."`
	PPID        int           `json:"ppid" expr:"ppid" doc:"Process id of the parent; 0 when it is outside of that namespace."`
	Command     string        `json:"command" expr:"command" doc:"Name of the program, at most 15 bytes on Linux."`
	CommandLine []string      `json:"command_line" expr:"command_line" doc:"Command and arguments; empty for kernel threads and zombies."`
	UID         int           `json:"uid" expr:"uid" doc:"Effective user id."`
	User        string        `json:"user" expr:"user" doc:"Name of that user on this host; the number when it has none."`
	State       string        `json:"state" expr:"state" doc:"State as one letter: R S D T t Z X I."`
	Threads     int64         `json:"threads" expr:"threads" doc:"Number of threads."`
	RSS         unit.Size     `json:"rss" expr:"rss" doc:"Memory in RAM, shared pages included."`
	CPUTime     time.Duration `json:"cpu_time" expr:"cpu_time" doc:"CPU time used so far, in user mode and in the kernel."`
	StartTicks  int64         `json:"start_ticks" expr:"start_ticks" doc:"Start time in clock ticks since boot; with the pid it names the process."`
}

// Process is everything that is known about one process. The files are read one
// after another; a process that is replaced meanwhile is an error and not a
// mixture.
type Process struct {
	PID         int           `json:"pid" expr:"pid" doc:"Process id, as the reader's pid namespace has it."`
	PPID        int           `json:"ppid" expr:"ppid" doc:"Process id of the parent; 0 when it is outside of that namespace."`
	StartTime   time.Time     `json:"start_time" expr:"start_time" doc:"When it started, to about a second."`
	StartTicks  int64         `json:"start_ticks" expr:"start_ticks" doc:"Start time in clock ticks since boot; with the pid it names the process."`
	UID         int           `json:"uid" expr:"uid" doc:"Effective user id on this host."`
	GID         int           `json:"gid" expr:"gid" doc:"Effective group id on this host."`
	User        string        `json:"user" expr:"user" doc:"Name of that user on this host; the number when it has none."`
	Command     string        `json:"command" expr:"command" doc:"Name of the program, at most 15 bytes on Linux."`
	CommandLine []string      `json:"command_line" expr:"command_line" doc:"Command and arguments; empty for kernel threads and zombies."`
	State       string        `json:"state" expr:"state" doc:"State as one letter: R S D T t Z X I."`
	StateName   string        `json:"state_name" expr:"state_name" doc:"State in words, such as sleeping or zombie."`
	Threads     int64         `json:"threads" expr:"threads" doc:"Number of threads."`
	RSS         unit.Size     `json:"rss" expr:"rss" doc:"Memory in RAM, shared pages included."`
	VMSize      unit.Size     `json:"vm_size" expr:"vm_size" doc:"Size of the address space."`
	Swap        unit.Size     `json:"swap" expr:"swap" doc:"Private memory that is swapped out."`
	CPUTime     time.Duration `json:"cpu_time" expr:"cpu_time" doc:"CPU time used so far, in user mode and in the kernel."`

	OOMScore    int64 `json:"oom_score" expr:"oom_score" doc:"How likely the kernel kills it when memory runs out, 0 to 2000."`
	OOMScoreAdj int64 `json:"oom_score_adj" expr:"oom_score_adj" doc:"What is added to that score, -1000 (never) to 1000."`

	Capabilities Capabilities `json:"capabilities" expr:"capabilities" doc:"Its five capability sets."`
	Seccomp      int64        `json:"seccomp" expr:"seccomp" doc:"Seccomp mode: 0 disabled, 1 strict, 2 filter."`
	SeccompMode  string       `json:"seccomp_mode" expr:"seccomp_mode" doc:"The same in words."`
	NoNewPrivs   bool         `json:"no_new_privs" expr:"no_new_privs" doc:"Whether execve can no longer give it privileges."`

	Signals Signals `json:"signals" expr:"signals" doc:"What it does with signals, by their names; kernel threads do nothing."`

	PIDs       []int             `json:"pids" expr:"pids" doc:"Its process id in each nested pid namespace, the reader's first and its own last."`
	Namespaces Namespaces        `json:"namespaces" expr:"namespaces" doc:"Inode numbers of its namespaces; equal numbers mean the same namespace."`
	Cgroups    map[string]string `json:"cgroups" expr:"cgroups" doc:"Its group in each hierarchy by controller; the v2 tree is unified."`
	UIDMap     []IDMap           `json:"uid_map" expr:"uid_map" doc:"How its user namespace maps user ids."`
	GIDMap     []IDMap           `json:"gid_map" expr:"gid_map" doc:"How its user namespace maps group ids."`

	CPUsAllowed      string    `json:"cpus_allowed" expr:"cpus_allowed" doc:"CPUs it may run on, such as 0-2,4."`
	CPUsAllowedCount int64     `json:"cpus_allowed_count" expr:"cpus_allowed_count" doc:"How many CPUs that are."`
	Limits           Resources `json:"limits" expr:"limits" doc:"Its resource limits (ulimit)."`

	VoluntarySwitches    int64 `json:"voluntary_switches" expr:"voluntary_switches" doc:"How often its main thread gave up the CPU, to wait."`
	NonvoluntarySwitches int64 `json:"nonvoluntary_switches" expr:"nonvoluntary_switches" doc:"How often its main thread was taken off the CPU."`

	// Missing has the reason for every field that could not be read.
	Missing map[string]string `json:"missing" expr:"missing" doc:"For each field that could not be read, by its dotted name, the reason."`

	origins map[string]string
}

// Origins maps the dotted name of every field that was read, such as
// "capabilities.effective.hex", to the absolute path of its file.
func (p *Process) Origins() map[string]string { return p.origins }

// Capabilities are the sets of capabilities(7).
type Capabilities struct {
	Effective   CapabilitySet `json:"effective" expr:"effective" doc:"What the kernel checks against."`
	Permitted   CapabilitySet `json:"permitted" expr:"permitted" doc:"What it may make effective."`
	Inheritable CapabilitySet `json:"inheritable" expr:"inheritable" doc:"What can pass through execve of a file that has it too."`
	Bounding    CapabilitySet `json:"bounding" expr:"bounding" doc:"What it can ever gain by execve."`
	Ambient     CapabilitySet `json:"ambient" expr:"ambient" doc:"What passes through execve of any file."`
}

// CapabilitySet is one set.
type CapabilitySet struct {
	Hex   string   `json:"hex" expr:"hex" doc:"The set as the kernel prints it, a hexadecimal mask of 16 digits."`
	Names []string `json:"names" expr:"names" doc:"Names of its capabilities, such as CAP_NET_RAW, in the kernel's order."`
	Count int64    `json:"count" expr:"count" doc:"How many they are."`
}

// Signals are sets of signal(7) names, such as SIGTERM, in the order of their numbers.
type Signals struct {
	Caught  []string `json:"caught" expr:"caught" doc:"Those it has a handler for."`
	Ignored []string `json:"ignored" expr:"ignored" doc:"Those it has said to ignore."`
	Blocked []string `json:"blocked" expr:"blocked" doc:"Those its main thread leaves waiting."`
}

// Namespaces are the inodes of /proc/<pid>/ns (namespaces(7)); 0 where the kernel
// has no such kind.
type Namespaces struct {
	PID    int64 `json:"pid" expr:"pid" doc:"Process ids."`
	Mount  int64 `json:"mnt" expr:"mnt" doc:"Mounts."`
	UTS    int64 `json:"uts" expr:"uts" doc:"Host name."`
	IPC    int64 `json:"ipc" expr:"ipc" doc:"System V IPC and POSIX message queues."`
	Net    int64 `json:"net" expr:"net" doc:"Network devices, addresses and ports."`
	User   int64 `json:"user" expr:"user" doc:"User and group ids, and capabilities."`
	Cgroup int64 `json:"cgroup" expr:"cgroup" doc:"Root of the cgroup view."`
	Time   int64 `json:"time" expr:"time" doc:"Boot and monotonic clocks."`
}

// IDMap is one line of uid_map or gid_map (user_namespaces(7)): Count ids from
// Inside on stand for those from Outside on.
type IDMap struct {
	Inside  int64 `json:"inside" expr:"inside" doc:"First id in the process's user namespace."`
	Outside int64 `json:"outside" expr:"outside" doc:"First id in the reader's user namespace."`
	Count   int64 `json:"count" expr:"count" doc:"How many ids in a row."`
}

// Resources are the limits of getrlimit(2) that lessons look at.
type Resources struct {
	CPU          Resource `json:"cpu" expr:"cpu" doc:"CPU time in seconds."`
	FileSize     Resource `json:"fsize" expr:"fsize" doc:"Size of a file in bytes."`
	Stack        Resource `json:"stack" expr:"stack" doc:"Size of the stack in bytes."`
	Core         Resource `json:"core" expr:"core" doc:"Size of a core file in bytes."`
	Processes    Resource `json:"nproc" expr:"nproc" doc:"Processes of the user."`
	OpenFiles    Resource `json:"nofile" expr:"nofile" doc:"Open files."`
	Memlock      Resource `json:"memlock" expr:"memlock" doc:"Locked memory in bytes."`
	AddressSpace Resource `json:"as" expr:"as" doc:"Address space in bytes."`
}

// Resource is one limit; the largest number means unlimited.
type Resource struct {
	Soft int64 `json:"soft" expr:"soft" doc:"The limit that holds."`
	Hard int64 `json:"hard" expr:"hard" doc:"How far the process itself may raise it."`
}

// stateName puts the state letter of /proc/<pid>/stat in words.
func stateName(letter string) string {
	switch letter {
	case "R":
		return "running"
	case "S":
		return "sleeping"
	case "D":
		return "disk sleep"
	case "T":
		return "stopped"
	case "t":
		return "traced"
	case "Z":
		return "zombie"
	case "X", "x":
		return "dead"
	case "I":
		return "idle"
	}
	return "unknown"
}

// seccompMode puts the Seccomp line of /proc/<pid>/status in words (seccomp(2)).
func seccompMode(mode int64) string {
	switch mode {
	case 0:
		return "disabled"
	case 1:
		return "strict"
	case 2:
		return "filter"
	}
	return "unknown"
}

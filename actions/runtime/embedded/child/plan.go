package child

// Names under which this program is started again; argv[0] of the new process.
const (
	InitName  = "isolab-init"  // makes a container and becomes its command
	ExecName  = "isolab-exec"  // enters a container and starts a command there
	ReapName  = "isolab-reap"  // PID 1 of a container that asked for one
	ProbeName = "isolab-probe" // tries what users may do
)

// LinkFD is the socket to the engine in the new process; further files that a
// plan names by number follow it.
const LinkFD = 3

// Plan is everything that the first process of a container has to know.
type Plan struct {
	Tell       bool           `json:"tell,omitempty"` // report each step
	Join       []Namespace    `json:"join,omitempty"`
	Tasks      []int          `json:"tasks,omitempty"`     // descriptors of the cgroup v1 tasks files to enter by
	CgroupNS   bool           `json:"cgroup_ns,omitempty"` // a cgroup namespace of its own
	Cgroups    []CgroupMount  `json:"cgroups,omitempty"`   // what /sys/fs/cgroup shows
	Hostname   string         `json:"hostname,omitempty"`  // set only in a UTS namespace of its own
	Loopback   bool           `json:"loopback,omitempty"`  // bring up lo
	SharedNet  bool           `json:"shared_net,omitempty"`
	HostIPC    bool           `json:"host_ipc,omitempty"` // in the host's IPC namespace
	HostPID    bool           `json:"host_pid,omitempty"` // in the host's PID namespace
	Root       Root           `json:"root"`
	Mounts     []Mount        `json:"mounts,omitempty"`
	Devices    []string       `json:"devices,omitempty"` // host device nodes under /dev, by their path
	Files      []File         `json:"files,omitempty"`
	ShmSize    int64          `json:"shm_size"` // bytes
	Sysctls    []Setting      `json:"sysctls,omitempty"`
	Masked     []string       `json:"masked,omitempty"`
	ReadOnly   []string       `json:"read_only,omitempty"`
	Privileged bool           `json:"privileged,omitempty"` // /sys and /proc writable, devices usable
	Limits     []ProcessLimit `json:"limits,omitempty"`
	OOMScore   *int           `json:"oom_score,omitempty"`
	Process    Process        `json:"process"`
}

// Namespace is one to enter by descriptor instead of making a new one.
type Namespace struct {
	Kind string `json:"kind"` // ipc, net, uts, pid
	FD   int    `json:"fd"`
}

// Root is where the container's root file system comes from. The directories
// are made by the engine and named from the base, so that the options of a mount
// stay short and no character in a path means anything to it.
type Root struct {
	Base     string `json:"base"`
	Lower    int    `json:"lower,omitempty"`     // how many image layers there are; none: the built-in image
	Size     int64  `json:"size,omitempty"`      // bytes; then the writable layer is a tmpfs
	Overlay  bool   `json:"overlay"`             // else: a tmpfs into which the layers are copied
	UserAttr bool   `json:"user_attr,omitempty"` // overlayfs's attributes as an unprivileged user can set them
	ReadOnly bool   `json:"read_only,omitempty"`
	Binary   Source `json:"binary"` // this program, for the built-in image
}

// Directories of Root.Base.
const (
	RootDir  = "root"        // where the root is mounted
	ImageDir = "image"       // where the built-in image is laid out, on a tmpfs
	LowerDir = "lower"       // links 0, 1, … to the image layers, the topmost first
	LayerDir = "layer"       // the writable layer
	UpperDir = "layer/upper" // what is written
	WorkDir  = "layer/work"  // overlayfs's own
)

// Source is something of the host: a detached mount by descriptor or, when that
// is 0, a path.
type Source struct {
	FD   int    `json:"fd,omitempty"`
	Path string `json:"path,omitempty"`
}

// Mount is a further file system inside the container.
type Mount struct {
	Source   Source `json:"source"` // none: a tmpfs
	Target   string `json:"target"`
	ReadOnly bool   `json:"read_only,omitempty"`
	Size     int64  `json:"size,omitempty"` // bytes, of a tmpfs
}

// CgroupMount is one hierarchy under /sys/fs/cgroup.
type CgroupMount struct {
	Dir     string `json:"dir"`  // name below /sys/fs/cgroup; "" is that directory itself
	Type    string `json:"type"` // cgroup or cgroup2
	Options string `json:"options,omitempty"`
	Source  Source `json:"source"` // a part of the host's tree instead of a new mount
}

// File is written into the container.
type File struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// Setting is a kernel parameter, by its dotted name.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ProcessLimit is one of setrlimit(2).
type ProcessLimit struct {
	Name     string `json:"name"`
	Resource int    `json:"resource"`
	Soft     uint64 `json:"soft"`
	Hard     uint64 `json:"hard"`
}

// Process is the command and what it may do.
type Process struct {
	Args            []string `json:"args"`
	Env             []string `json:"env"`
	WorkDir         string   `json:"work_dir"`
	MakeWorkDir     bool     `json:"make_work_dir,omitempty"`
	User            string   `json:"user,omitempty"`
	Capabilities    uint64   `json:"capabilities"` // a bit for each, numbered as in capabilities(7)
	NoNewPrivileges bool     `json:"no_new_privileges,omitempty"`
	Seccomp         []byte   `json:"seccomp,omitempty"` // struct sock_filter[], ready for the kernel; none: no filter
	Reap            bool     `json:"reap,omitempty"`    // run it below ReapName
	InUserNS        bool     `json:"in_user_ns,omitempty"`
	NoSetgroups     bool     `json:"no_setgroups,omitempty"` // the user namespace forbids it
}

// EnterPlan is everything that the process of a further command has to know.
type EnterPlan struct {
	Join     []Namespace    `json:"join"`             // in the order of joining
	Root     int            `json:"root"`             // descriptor of the container's root directory
	Cgroup   int            `json:"cgroup,omitempty"` // descriptor of the cgroup's v2 directory
	Tasks    []int          `json:"tasks,omitempty"`
	Limits   []ProcessLimit `json:"limits,omitempty"`
	OOMScore *int           `json:"oom_score,omitempty"`
	Process  Process        `json:"process"`
}

// Report is one line from the new process to the engine.
type Report struct {
	Did   string   `json:"did,omitempty"`
	Ready bool     `json:"ready,omitempty"` // all is set up; waits for the go-ahead
	Exit  *Exit    `json:"exit,omitempty"`  // Exec: the command has ended
	Fail  *Failure `json:"fail,omitempty"`  // the last line
}

// Exit is how a command ended.
type Exit struct {
	Code   int `json:"code"`
	Signal int `json:"signal"`
}

// Failure is why a step was not done.
type Failure struct {
	Text  string `json:"text"`
	Errno int    `json:"errno,omitempty"`
	Code  int    `json:"code,omitempty"` // 127: no such command; 126: it cannot be executed
}

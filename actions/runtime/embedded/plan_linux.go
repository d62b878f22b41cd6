package embedded

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded/child"
	"isolab/schema/unit"
)

// defaultPath is the PATH that Docker gives a container without one.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// defaultShm is the size of /dev/shm without a wish.
const defaultShm = 64 * unit.MiB

// plan decides all that the container's first process has to do. What depends on
// open files is added at the start.
func (r *Runtime) plan(rec record, config imageConfig, group *cgroup.Group) (child.Plan, error) {
	spec := rec.Spec
	process, err := r.processPlan(rec, config)
	if err != nil {
		return child.Plan{}, err
	}
	limits, err := processLimits(spec.Ulimits)
	if err != nil {
		return child.Plan{}, err
	}
	p := child.Plan{
		Loopback:   spec.Network != "host",
		SharedNet:  spec.Network == "host",
		HostIPC:    spec.IPCMode == "host",
		HostPID:    spec.PIDMode == "host",
		CgroupNS:   spec.CgroupNS != "host",
		Root:       r.rootPlan(spec, config),
		Mounts:     r.mountPlan(spec),
		Devices:    existing(standardDevices),
		Files:      networkFiles(spec, hostname(rec)),
		ShmSize:    int64(shmSize(spec)),
		Sysctls:    settings(spec.Sysctls),
		Limits:     limits,
		OOMScore:   spec.OOMScore,
		Process:    process,
		Privileged: spec.Security.Privileged,
	}
	if spec.UTSMode != "host" {
		p.Hostname = hostname(rec)
	}
	p.Cgroups = r.cgroupMounts(group, p.CgroupNS)
	if p.Privileged {
		p.Devices = hostDevices()
		return p, nil
	}
	p.Masked, p.ReadOnly = slices.Clone(maskedPaths), slices.Clone(readOnlyPaths)
	return p, nil
}

// standardDevices are the nodes of a container's /dev.
var standardDevices = []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}

// What Docker hides and locks in every container that is not privileged.
var (
	maskedPaths = []string{"/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
		"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"}
	readOnlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
)

// existing leaves out what this machine does not have.
func existing(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		_, err := os.Stat(path)
		return err != nil
	})
}

// hostname is the first 12 digits of the id unless one is asked for.
func hostname(rec record) string {
	if rec.Spec.Hostname != "" {
		return rec.Spec.Hostname
	}
	return rec.ID[:12]
}

func shmSize(spec runtime.Spec) unit.Size {
	if spec.ShmSize > 0 {
		return spec.ShmSize
	}
	return defaultShm
}

// processPlan is the command and its privileges.
func (r *Runtime) processPlan(rec record, config imageConfig) (child.Process, error) {
	security := rec.Spec.Security
	capabilities, err := allowedCapabilities(security, boundingSet())
	if err != nil {
		return child.Process{}, err
	}
	profile := security.Seccomp
	if security.Privileged {
		profile = "unconfined"
	}
	filter, err := r.filters.Compile(profile, capabilityList(capabilities))
	if err != nil {
		return child.Process{}, err
	}
	p := child.Process{
		Args:            rec.Command,
		Env:             environment(config.Env, rec.Spec.Env, hostname(rec)),
		WorkDir:         workDir(rec.Spec.WorkDir, config.WorkDir),
		MakeWorkDir:     true,
		User:            config.User,
		Capabilities:    capabilities,
		NoNewPrivileges: security.NoNewPrivileges,
		Seccomp:         filter,
		Reap:            rec.Spec.Init,
		InUserNS:        hasUserNS(rec.Spec),
		NoSetgroups:     !isRoot(),
	}
	if rec.Spec.User != "" {
		p.User = rec.Spec.User
	}
	return p, nil
}

func workDir(asked, image string) string {
	for _, dir := range []string{asked, image} {
		if dir != "" {
			return filepath.Join("/", dir)
		}
	}
	return "/"
}

// environment joins the image's and the caller's variables; the last of a name
// wins, as in Docker.
func environment(image, asked []string, host string) []string {
	env := []string{defaultPath, "HOSTNAME=" + host}
	for _, entry := range slices.Concat(image, asked) {
		name, _, _ := strings.Cut(entry, "=")
		env = slices.DeleteFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
		env = append(env, entry)
	}
	return env
}

// rootPlan says how the root file system is made.
func (r *Runtime) rootPlan(spec runtime.Spec, config imageConfig) child.Root {
	return child.Root{Base: r.dirs.layers(spec.Name), Lower: len(config.Layers), Size: int64(spec.StorageMax),
		Overlay: !r.options.NoOverlay, UserAttr: !isRoot(), ReadOnly: spec.ReadOnly}
}

func (r *Runtime) mountPlan(spec runtime.Spec) []child.Mount {
	mounts := make([]child.Mount, len(spec.Mounts))
	for i, m := range spec.Mounts {
		mounts[i] = child.Mount{Target: filepath.Join("/", m.Target), ReadOnly: m.ReadOnly, Size: int64(m.Size)}
		switch m.Kind {
		case runtime.MountBind:
			mounts[i].Source.Path = m.Source
		case runtime.MountVolume:
			mounts[i].Source.Path = r.volume(spec, m)
		}
	}
	// A mount inside another one comes after it.
	slices.SortStableFunc(mounts, func(a, b child.Mount) int {
		return strings.Count(a.Target, "/") - strings.Count(b.Target, "/")
	})
	return mounts
}

// networkFiles are the three files of /etc that a runtime writes.
func networkFiles(spec runtime.Spec, host string) []child.File {
	hosts := "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\t" + host + "\n"
	return []child.File{
		{Path: "/etc/hostname", Text: host + "\n"},
		{Path: "/etc/hosts", Text: hosts},
		{Path: "/etc/resolv.conf", Text: resolvConf(spec.Network)},
	}
}

func settings(sysctls map[string]string) []child.Setting {
	var list []child.Setting
	for _, name := range slices.Sorted(maps.Keys(sysctls)) {
		list = append(list, child.Setting{Name: name, Value: sysctls[name]})
	}
	return list
}

// resources are the names of setrlimit(2) that Docker's --ulimit takes.
var resources = map[string]int{"core": unix.RLIMIT_CORE, "cpu": unix.RLIMIT_CPU, "data": unix.RLIMIT_DATA,
	"fsize": unix.RLIMIT_FSIZE, "locks": unix.RLIMIT_LOCKS, "memlock": unix.RLIMIT_MEMLOCK, "msgqueue": unix.RLIMIT_MSGQUEUE,
	"nice": unix.RLIMIT_NICE, "nofile": unix.RLIMIT_NOFILE, "nproc": unix.RLIMIT_NPROC, "rss": unix.RLIMIT_RSS,
	"rtprio": unix.RLIMIT_RTPRIO, "rttime": unix.RLIMIT_RTTIME, "sigpending": unix.RLIMIT_SIGPENDING, "stack": unix.RLIMIT_STACK}

func processLimits(ulimits map[string]runtime.Ulimit) ([]child.ProcessLimit, error) {
	var list []child.ProcessLimit
	for _, name := range slices.Sorted(maps.Keys(ulimits)) {
		resource, known := resources[name]
		if !known {
			return nil, fmt.Errorf("unknown ulimit %q; see setrlimit(2)", name)
		}
		limit := ulimits[name]
		if limit.Soft > limit.Hard && limit.Hard >= 0 {
			return nil, fmt.Errorf("ulimit %s: soft limit %d is above the hard limit %d", name, limit.Soft, limit.Hard)
		}
		list = append(list, child.ProcessLimit{Name: name, Resource: resource, Soft: infinite(limit.Soft), Hard: infinite(limit.Hard)})
	}
	return list, nil
}

// infinite reads -1 as Docker does: no limit.
func infinite(v int64) uint64 {
	if v < 0 {
		return unix.RLIM_INFINITY
	}
	return uint64(v)
}

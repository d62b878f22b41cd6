package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded/child"
)

// rootless is what a user without root can do here: a user namespace in which
// that user is root (user_namespaces(7)), and cgroups where one was delegated.
type rootless struct {
	refused func() error           // once: why user namespaces do not work
	base    func() (string, error) // once: the delegated cgroup, or why there is none
	room    func() error           // once: makes room in it
	made    atomic.Bool            // room was made
}

func newRootless(r *Runtime) *rootless {
	return &rootless{
		refused: sync.OnceValue(func() error { return probeUserNS(r.options.Executable) }),
		base:    sync.OnceValues(r.delegated),
		room:    sync.OnceValue(r.makeRoom),
	}
}

// isRoot reports whether this process may do what containers need without a
// user namespace.
func isRoot() bool { return os.Geteuid() == 0 }

// probeUserNS starts this program in a user and a mount namespace, where it
// tries to mount: some systems let one make the former and nothing more.
func probeUserNS(executable string) error {
	cmd := exec.Command(executable)
	cmd.Args = []string{child.ProbeName}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS, UidMappings: selfMapping(os.Geteuid()),
		GidMappings: selfMapping(os.Getegid())}
	err := cmd.Run()
	if err == nil {
		return nil
	}
	for _, setting := range userNSSettings {
		text, _ := os.ReadFile(setting.path)
		if strings.TrimSpace(string(text)) == setting.bad {
			return fmt.Errorf("%s (%s is %s); as root: %s; or run isolab with sudo", setting.why, setting.path, setting.bad, setting.help)
		}
	}
	return fmt.Errorf("user namespaces do not work for this user (%w); run isolab with sudo", err)
}

// userNSSettings are the switches by which distributions keep users from making
// user namespaces.
var userNSSettings = []struct{ path, bad, why, help string }{
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor keeps users from using user namespaces, as on Ubuntu since 23.10",
		"sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
	{"/proc/sys/kernel/unprivileged_userns_clone", "0", "this system keeps users from making user namespaces", "sysctl kernel.unprivileged_userns_clone=1"},
	{"/proc/sys/user/max_user_namespaces", "0", "user namespaces are switched off", "sysctl user.max_user_namespaces=15000"},
}

func selfMapping(id int) []syscall.SysProcIDMap {
	return []syscall.SysProcIDMap{{ContainerID: 0, HostID: id, Size: 1}}
}

// noDelegation says what a user without root lacks for cgroups.
const noDelegation = "without root, containers have a cgroup only where one of a machine with cgroup v2 was delegated to the user"

// errNoDelegation is the refusal of what needs a cgroup.
var errNoDelegation = fmt.Errorf("%w: %s; %s", runtime.ErrUnsupported, noDelegation, runtime.NoLimitsHelp)

// engineCgroup is where the processes of isolab itself go, below a delegated cgroup.
const engineCgroup = "isolab-engine"

// delegated finds the v2 cgroup of this process, when this user may write to it and
// nobody else is in it: a shell's own processes are not moved about.
func (r *Runtime) delegated() (string, error) {
	if r.cgroups == nil || r.cgroups.Version() != cgroup.V2 {
		return "", errNoDelegation
	}
	own, err := r.cgroups.OfPID(os.Getpid())
	if err != nil {
		return "", err
	}
	name := own.Name()
	if filepath.Base(name) == engineCgroup {
		name = filepath.Dir(name)
	}
	group, err := r.cgroups.Group(name)
	if err != nil || group.Dir() == "" {
		return "", errNoDelegation
	}
	for _, file := range []string{"", "cgroup.procs", "cgroup.subtree_control"} {
		if unix.Access(filepath.Join(group.Dir(), file), unix.W_OK) != nil {
			return "", errNoDelegation
		}
	}
	for _, pid := range processesIn(group.Dir()) {
		if !isThisProgram(pid) {
			return "", errNoDelegation
		}
	}
	return name, nil
}

func processesIn(dir string) []string {
	procs, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs")) // what cannot be read has no process to move
	return strings.Fields(string(procs))
}

func isThisProgram(pid string) bool {
	its, err := os.Stat(filepath.Join("/proc", pid, "exe"))
	if errors.Is(err, os.ErrNotExist) {
		return true // it has ended
	}
	ours, err2 := os.Stat("/proc/self/exe")
	return err == nil && err2 == nil && os.SameFile(its, ours)
}

// makeRoom moves the processes of the delegated cgroup into one below it: only a
// cgroup without processes of its own can hand controllers down (cgroups(7), "no
// internal processes"). More may begin meanwhile.
func (r *Runtime) makeRoom() error {
	base, err := r.rootless.base()
	if err != nil {
		return err
	}
	group, err := r.cgroups.Group(base)
	if err != nil {
		return err
	}
	below := filepath.Join(group.Dir(), engineCgroup)
	if err := os.Mkdir(below, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	r.rootless.made.Store(true)
	for range 100 {
		pids := processesIn(group.Dir())
		if len(pids) == 0 {
			return nil
		}
		if err := moveAll(pids, below); err != nil {
			return err
		}
	}
	return fmt.Errorf("cgroup %s does not become empty", base)
}

// giveBack undoes makeRoom. It fails while a container's cgroup is still there, or
// kept; with the last process of the scope all of it goes.
func (r *Runtime) giveBack() error {
	base, err := r.rootless.base()
	if err != nil || !r.rootless.made.Swap(false) {
		return nil
	}
	group, err := r.cgroups.Group(base)
	if err != nil {
		return err
	}
	below, control := filepath.Join(group.Dir(), engineCgroup), filepath.Join(group.Dir(), "cgroup.subtree_control")
	enabled, err := os.ReadFile(control)
	if err != nil {
		return err
	}
	for controller := range strings.FieldsSeq(string(enabled)) {
		if err := os.WriteFile(control, []byte("-"+controller), 0); err != nil {
			return err
		}
	}
	return errors.Join(moveAll(processesIn(below), group.Dir()), os.Remove(below))
}

func moveAll(pids []string, dir string) error {
	for _, pid := range pids {
		err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(pid), 0)
		if err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("move process %s: %w", pid, err)
		}
	}
	return nil
}

// errNoGroup: the container has no cgroup, as its user may not make one.
var errNoGroup = fmt.Errorf("the container has no cgroup: %w", errNoDelegation)

// group is the container's cgroup; the error is errNoGroup when it has none.
func (r *Runtime) group(rec record) (*cgroup.Group, error) {
	if rec.Cgroup == "" {
		return nil, errNoGroup
	}
	return r.cgroups.Group(rec.Cgroup)
}

// cgroupName is where a new container's cgroup will be; empty without root and
// without delegation, which is refused when limits were asked for.
func (r *Runtime) cgroupName(spec runtime.Spec) (string, error) {
	parent := runLevel(spec)
	if isRoot() {
		return filepath.Join(parent, spec.Name), nil
	}
	base, err := r.rootless.base()
	if err == nil {
		if err = r.rootless.room(); err != nil {
			err = fmt.Errorf("%w: %w", errNoDelegation, err)
		}
	}
	if err == nil {
		return filepath.Join(base, parent, spec.Name), nil
	}
	if limited(spec.Limits) || !errors.Is(err, runtime.ErrUnsupported) {
		return "", err
	}
	return "", nil
}

// runLevel is the cgroup that the container's own is made in, below the delegated one
// without root.
func runLevel(spec runtime.Spec) string {
	return cmp.Or(strings.Trim(spec.CgroupPath, "/"), defaultCgroup)
}

func limited(l runtime.Limits) bool {
	return l.CPUs != nil && *l.CPUs != 0 || l.CPUShares != nil || l.CpusetCPUs != nil || l.CpusetMems != nil ||
		l.Memory != nil && !l.Memory.IsUnlimited() || l.Swap != nil || l.MemoryReservation != nil || l.Swappiness != nil ||
		l.OOMKillDisable != nil || l.PIDs != nil && *l.PIDs > 0 || len(l.IO) > 0
}

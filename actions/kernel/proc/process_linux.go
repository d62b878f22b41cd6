package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/moby/sys/capability"
	"github.com/prometheus/procfs"

	"isolab/schema/unit"
)

// userTick is the unit of times in /proc/<pid>/stat: USER_HZ is 100 on every
// architecture that this program runs on (proc_pid_stat(5)).
const userTick = time.Second / 100

// Process reads everything about one process from /proc/<pid>. What may not be
// read (the namespaces of another user's process, for one) is zero and listed in
// Missing; that is no error. The error wraps [ErrGone] when there is no such
// process, or when its id went to another one while reading.
//
// By hand: cat /proc/<pid>/status; ls -l /proc/<pid>/ns; cat /proc/<pid>/cgroup.
func (f *FS) Process(pid int) (Process, error) {
	r := processReader{fs: f, p: Process{PID: pid, Missing: map[string]string{}, origins: map[string]string{}}}
	stat, err := f.stat(pid)
	if err != nil {
		return Process{}, fmt.Errorf("read process %d: %w", pid, err)
	}
	r.fromStat(stat)
	r.fromStatus()
	r.fromFiles()
	r.fromNamespaces()
	if again, err := f.stat(pid); err != nil || again.Starttime != stat.Starttime {
		return Process{}, fmt.Errorf("read process %d: %w", pid, ErrGone)
	}
	return r.p, nil
}

// stat reads /proc/<pid>/stat; what comes of a process that ends meanwhile
// (ENOENT, ESRCH) is [ErrGone].
func (f *FS) stat(pid int) (procfs.ProcStat, error) {
	if pid <= 0 {
		return procfs.ProcStat{}, fmt.Errorf("process id %d: %w", pid, ErrGone)
	}
	proc, err := f.proc.Proc(pid)
	if err != nil {
		return procfs.ProcStat{}, goneOr(err)
	}
	stat, err := proc.Stat()
	return stat, goneOr(err)
}

func goneOr(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return ErrGone
	}
	return err
}

// processReader fills one Process.
type processReader struct {
	fs *FS
	p  Process
}

// from records where fields come from.
func (r *processReader) from(path string, fields ...string) {
	for _, field := range fields {
		r.p.origins[field] = path
	}
}

func (r *processReader) missing(reason string, fields ...string) {
	for _, field := range fields {
		r.p.Missing[field] = reason
	}
}

func (r *processReader) fromStat(stat procfs.ProcStat) {
	p := &r.p
	p.PPID, p.Command, p.State = stat.PPID, stat.Comm, stat.State
	p.StateName = stateName(stat.State)
	p.Threads = int64(stat.NumThreads)
	p.RSS = residentSize(stat)
	p.VMSize = unit.Size(stat.VSize)
	p.CPUTime = time.Duration(stat.UTime+stat.STime) * userTick
	p.StartTicks = int64(stat.Starttime)
	r.from(r.fs.of(p.PID, "stat"), "pid", "ppid", "command", "state", "state_name", "threads", "rss", "vm_size", "cpu_time", "start_ticks")
	boot, err := r.fs.bootTime()
	if err != nil {
		r.missing(err.Error(), "start_time")
		return
	}
	p.StartTime = boot.Add(time.Duration(p.StartTicks) * userTick)
	r.from(r.fs.of(p.PID, "stat"), "start_time")
}

func residentSize(stat procfs.ProcStat) unit.Size {
	return unit.Size(max(stat.RSS, 0)) * unit.Size(os.Getpagesize())
}

// fromStatus reads /proc/<pid>/status (proc_pid_status(5)).
func (r *processReader) fromStatus() {
	path := r.fs.of(r.p.PID, "status")
	text, err := os.ReadFile(path)
	if err != nil {
		r.missing(err.Error(), "uid", "gid", "user", "swap", "seccomp", "seccomp_mode", "no_new_privs", "pids",
			"cpus_allowed", "cpus_allowed_count", "voluntary_switches", "nonvoluntary_switches", "capabilities", "signals")
		return
	}
	p, s := &r.p, parseStatus(string(text))
	p.UID, p.GID = column(s["Uid"], 1), column(s["Gid"], 1) // real, effective, saved, file system
	p.User = r.fs.userName(p.UID)
	r.from(path, "uid", "gid", "user")
	p.PIDs = parseInts(s["NSpid"])
	p.CPUsAllowed, p.CPUsAllowedCount = s["Cpus_allowed_list"], countList(s["Cpus_allowed_list"])
	r.from(path, "pids", "cpus_allowed", "cpus_allowed_count")
	var ok bool
	if p.Swap, ok = parseKiB(s["VmSwap"]); ok {
		r.from(path, "swap")
	} else {
		r.missing("a kernel thread or zombie has no memory of its own", "swap")
	}
	p.Seccomp = r.number(path, s, "Seccomp", "seccomp")
	p.SeccompMode = seccompMode(p.Seccomp)
	r.from(path, "seccomp_mode")
	p.NoNewPrivs = r.number(path, s, "NoNewPrivs", "no_new_privs") == 1
	p.VoluntarySwitches = r.number(path, s, "voluntary_ctxt_switches", "voluntary_switches")
	p.NonvoluntarySwitches = r.number(path, s, "nonvoluntary_ctxt_switches", "nonvoluntary_switches")
	r.capabilities(path, s)
	r.signals(path, s)
}

func (r *processReader) number(path string, lines map[string]string, line, field string) int64 {
	v, err := strconv.ParseInt(lines[line], 10, 64)
	if err != nil {
		r.missing(path+" has no "+line, field)
		return 0
	}
	r.from(path, field)
	return v
}

func (r *processReader) capabilities(path string, lines map[string]string) {
	names := capabilityNames()
	c := &r.p.Capabilities
	for _, set := range []struct {
		line, field string
		into        *CapabilitySet
	}{
		{"CapEff", "effective", &c.Effective}, {"CapPrm", "permitted", &c.Permitted}, {"CapInh", "inheritable", &c.Inheritable},
		{"CapBnd", "bounding", &c.Bounding}, {"CapAmb", "ambient", &c.Ambient},
	} {
		field := "capabilities." + set.field
		var err error
		if *set.into, err = parseCapabilities(lines[set.line], names); err != nil {
			r.missing(err.Error(), field)
			continue
		}
		r.from(path, field, field+".hex", field+".names", field+".count")
	}
}

func (r *processReader) signals(path string, lines map[string]string) {
	for _, set := range []struct {
		line, field string
		into        *[]string
	}{
		{"SigCgt", "signals.caught", &r.p.Signals.Caught}, {"SigIgn", "signals.ignored", &r.p.Signals.Ignored},
		{"SigBlk", "signals.blocked", &r.p.Signals.Blocked},
	} {
		var err error
		if *set.into, err = parseSignals(lines[set.line]); err != nil {
			r.missing(err.Error(), set.field)
			continue
		}
		r.from(path, set.field)
	}
}

// capabilityNames are the names by number, as capabilities(7) writes them.
func capabilityNames() []string {
	var names []string
	for _, c := range capability.ListKnown() {
		names = append(names, "CAP_"+strings.ToUpper(c.String()))
	}
	return names
}

// fromFiles reads the files with one subject each.
func (r *processReader) fromFiles() {
	p := &r.p
	r.file("cmdline", "command_line", func(text string) { p.CommandLine = parseCommandLine(text) })
	r.file("cgroup", "cgroups", func(text string) { p.Cgroups = parseCgroups(text) })
	r.file("uid_map", "uid_map", func(text string) { p.UIDMap = parseIDMap(text) })
	r.file("gid_map", "gid_map", func(text string) { p.GIDMap = parseIDMap(text) })
	r.file("limits", "limits", func(text string) { p.Limits = parseResources(text) })
	r.file("oom_score", "oom_score", func(text string) { p.OOMScore = int64(column(text, 0)) })
	r.file("oom_score_adj", "oom_score_adj", func(text string) { p.OOMScoreAdj = int64(column(text, 0)) })
}

func (r *processReader) file(name, field string, parse func(text string)) {
	path := r.fs.of(r.p.PID, name)
	text, err := os.ReadFile(path)
	if err != nil {
		r.missing(err.Error(), field)
		return
	}
	parse(string(text))
	r.from(path, field)
}

// fromNamespaces reads the links of /proc/<pid>/ns, such as "pid:[4026531836]".
func (r *processReader) fromNamespaces() {
	n := &r.p.Namespaces
	for kind, into := range map[string]*int64{"pid": &n.PID, "mnt": &n.Mount, "uts": &n.UTS, "ipc": &n.IPC,
		"net": &n.Net, "user": &n.User, "cgroup": &n.Cgroup, "time": &n.Time} {
		inode, err := r.fs.namespace(r.p.PID, kind)
		if err != nil {
			r.missing(err.Error(), "namespaces."+kind)
			continue
		}
		*into = inode
		r.from(r.fs.of(r.p.PID, "ns", kind), "namespaces."+kind)
	}
}

func (f *FS) namespace(pid int, kind string) (int64, error) {
	link, err := os.Readlink(f.of(pid, "ns", kind))
	if err != nil {
		return 0, unreadNamespace(err, f.of(pid, "ns"))
	}
	inode, ok := strings.CutPrefix(link, kind+":[")
	v, err := strconv.ParseInt(strings.TrimSuffix(inode, "]"), 10, 64)
	if !ok || err != nil {
		return 0, fmt.Errorf("%s: %q is not a namespace", f.of(pid, "ns", kind), link)
	}
	return v, nil
}

// unreadNamespace tells a process that is gone from a kind of namespace that this
// kernel does not have, and what would help with one that may not be seen: that
// takes the rights of ptrace(2).
func unreadNamespace(err error, dir string) error {
	_, statErr := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; run isolab with sudo", err)
	case statErr == nil || !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return ErrGone
}

package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/sys/user"
)

// Processes lists all processes that the reader sees, by id. What ends while it
// is listed is left out.
//
// By hand: ps -ef.
func (f *FS) Processes() ([]Summary, error) {
	pids, err := f.pids()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	return f.Summaries(pids)
}

// Summaries is the list for given process ids, such as those of a cgroup; ids
// that name no process are left out.
func (f *FS) Summaries(pids []int) ([]Summary, error) {
	names := map[int]string{}
	list := make([]Summary, 0, len(pids))
	for _, pid := range pids {
		summary, err := f.summary(pid, names)
		if errors.Is(err, ErrGone) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list processes: process %d: %w", pid, err)
		}
		list = append(list, summary)
	}
	return list, nil
}

// pids are the numbers among the names in /proc, sorted.
func (f *FS) pids() ([]int, error) {
	dir, err := os.Open(f.path("proc"))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids, nil
}

// summary reads three files; names remembers users met before.
func (f *FS) summary(pid int, names map[int]string) (Summary, error) {
	stat, err := f.stat(pid)
	if err != nil {
		return Summary{}, err
	}
	status, err := os.ReadFile(f.of(pid, "status"))
	if err != nil {
		return Summary{}, goneOr(err)
	}
	line, err := os.ReadFile(f.of(pid, "cmdline"))
	if err != nil {
		return Summary{}, goneOr(err)
	}
	uid := column(parseStatus(string(status))["Uid"], 1)
	if names[uid] == "" {
		names[uid] = f.userName(uid)
	}
	return Summary{PID: pid, PPID: stat.PPID, Command: stat.Comm, CommandLine: parseCommandLine(string(line)), UID: uid, User: names[uid],
		State: stat.State, Threads: int64(stat.NumThreads), RSS: residentSize(stat),
		CPUTime: time.Duration(stat.UTime+stat.STime) * userTick, StartTicks: int64(stat.Starttime)}, nil
}

// userName looks a user up in <root>/etc/passwd.
func (f *FS) userName(uid int) string {
	found, err := user.ParsePasswdFileFilter(f.path("etc/passwd"), func(u user.User) bool { return u.Uid == uid })
	if err != nil || len(found) == 0 {
		return strconv.Itoa(uid)
	}
	return found[0].Name
}

// InNamespaceOf lists the processes that share a namespace with a process. The
// kind is a name in /proc/<pid>/ns: pid mnt uts ipc net user cgroup time. With
// "pid" these are the processes of a container as the host sees them; those in a
// further pid namespace below are not among them. Processes whose namespaces the
// reader may not see are left out.
func (f *FS) InNamespaceOf(pid int, kind string) ([]Summary, error) {
	want, err := f.namespace(pid, kind)
	if err != nil {
		return nil, fmt.Errorf("list processes in the %s namespace of process %d: %w", kind, pid, err)
	}
	return f.where(func(other int) bool {
		inode, err := f.namespace(other, kind)
		return err == nil && inode == want
	})
}

// InCgroup lists the processes whose group has this path, or one below it, in
// any hierarchy: "/docker/<id>", as /proc/<pid>/cgroup prints it.
func (f *FS) InCgroup(path string) ([]Summary, error) {
	path = strings.TrimSuffix(path, "/")
	return f.where(func(pid int) bool {
		for _, group := range parseCgroups(f.text("proc", strconv.Itoa(pid), "cgroup")) {
			if group == path || strings.HasPrefix(group, path+"/") {
				return true
			}
		}
		return false
	})
}

func (f *FS) where(wanted func(pid int) bool) ([]Summary, error) {
	pids, err := f.pids()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	return f.Summaries(slices.DeleteFunc(pids, func(pid int) bool { return !wanted(pid) }))
}

// HasEnv reports whether a process was started with key=value in its environment
// (/proc/<pid>/environ). It is how the processes of a run are found again;
// nothing else of an environment is read or kept.
func (f *FS) HasEnv(pid int, key, value string) bool {
	text, err := os.ReadFile(f.of(pid, "environ"))
	return err == nil && slices.Contains(strings.Split(string(text), "\x00"), key+"="+value)
}

// WithEnv lists the processes for which [FS.HasEnv] is true.
func (f *FS) WithEnv(key, value string) ([]Summary, error) {
	return f.where(func(pid int) bool { return f.HasEnv(pid, key, value) })
}

// Filesystems lists the file system types that the kernel knows now
// (/proc/filesystems); a module may bring more.
func (f *FS) Filesystems() ([]string, error) {
	text, err := os.ReadFile(f.path("proc/filesystems"))
	if err != nil {
		return nil, fmt.Errorf("list file systems: %w", err)
	}
	var types []string
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 0 {
			types = append(types, words[len(words)-1])
		}
	}
	return types, nil
}

// Modules lists the loaded kernel modules (/proc/modules); a kernel without
// modules has none.
func (f *FS) Modules() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(f.root, "proc/modules"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list modules: %w", err)
	}
	modules := []string{}
	for line := range strings.Lines(string(text)) {
		name, _, _ := strings.Cut(line, " ")
		modules = append(modules, name)
	}
	return modules, nil
}

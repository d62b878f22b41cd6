package child

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Init is the life of a container's first process, from the clone to the
// execution of the command. It returns, with an exit code, only when something
// failed: the engine has then been told.
//
// The order is the kernel's: namespaces and sources of the host first, while the
// host can still be seen; then the new root; then what belongs inside, where
// every path, also a hostile image's symbolic link, ends inside. Then it waits for
// the engine's word, enters the cgroups, in which only the command is to be
// counted, and gives up its privileges.
func Init() int {
	var plan Plan
	s, err := open(&plan)
	if err != nil {
		return s.fail(err)
	}
	s.plan, s.tell = plan, plan.Tell
	unix.Umask(0o022)
	s.namespaces()
	s.sources()
	s.root()
	s.system()
	s.mounts()
	s.protect()
	s.ready()
	s.enterCgroups()
	s.attributes()
	found := s.privileges()
	s.execute(found)
	return s.fail(s.err)
}

// namespaces completes what the clone began.
func (s *session) namespaces() {
	s.do("make every mount private", func() error {
		return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	})
	for _, ns := range s.plan.Join {
		s.do("join "+ns.Kind+" namespace", func() error { return unix.Setns(ns.FD, 0) })
	}
	if s.plan.Hostname != "" {
		s.do("set hostname "+s.plan.Hostname, func() error { return unix.Sethostname([]byte(s.plan.Hostname)) })
	}
	if s.plan.Loopback {
		s.do("bring up lo", bringUpLoopback)
	}
}

// bringUpLoopback sets IFF_UP on lo, see netdevice(7).
func bringUpLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}

// enterCgroups moves this thread into the container's cgroups: "0" in a v1
// tasks file stands for the writing thread, which the kernel moves without the
// lock that moving a whole process takes (6 ms measured). The execution of the
// command leaves this thread alone, so nothing of this program is ever counted
// in the container's v1 cgroups. In the v2 tree the process was born in its
// cgroup (clone3(2), CLONE_INTO_CGROUP).
func (s *session) enterCgroups() {
	if len(s.plan.Tasks) > 0 {
		s.do(fmt.Sprintf("enter the cgroup in %d v1 hierarchies", len(s.plan.Tasks)), func() error { return enterTasks(s.plan.Tasks) })
	}
	if s.plan.CgroupNS {
		s.do("unshare cgroup namespace", func() error { return unix.Unshare(unix.CLONE_NEWCGROUP) })
	}
	s.cgroupMounts()
}

func enterTasks(fds []int) error {
	for _, fd := range fds {
		if _, err := unix.Write(fd, []byte("0")); err != nil {
			return err
		}
	}
	return nil
}

// attributes sets what belongs to the process and survives the execution.
func (s *session) attributes() {
	for _, limit := range s.plan.Limits {
		s.do(limitWords(limit), func() error {
			// Not prlimit itself: the standard library raises the limit of open files
			// for its own use and, unless told by this call, takes that back when it
			// executes another program.
			return syscall.Setrlimit(limit.Resource, &syscall.Rlimit{Cur: limit.Soft, Max: limit.Hard})
		})
	}
	if s.plan.OOMScore != nil {
		value := strconv.Itoa(*s.plan.OOMScore)
		s.do("write "+value+" to oom_score_adj", func() error {
			return os.WriteFile("/proc/self/oom_score_adj", []byte(value), 0)
		})
	}
}

func limitWords(limit ProcessLimit) string {
	return fmt.Sprintf("set limit %s %s:%s", limit.Name, limitText(limit.Soft), limitText(limit.Hard))
}

func limitText(v uint64) string {
	if v == unix.RLIM_INFINITY {
		return "unlimited"
	}
	return strconv.FormatUint(v, 10)
}

// sysctls writes kernel parameters of the container's namespaces.
func (s *session) sysctls() {
	for _, setting := range s.plan.Sysctls {
		path := "/proc/sys/" + strings.ReplaceAll(setting.Name, ".", "/")
		s.do("write "+setting.Value+" to "+path, func() error { return os.WriteFile(path, []byte(setting.Value), 0) })
	}
}

package child

import (
	"fmt"
	"math/bits"
	"runtime"
	"syscall"
	"unsafe"

	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"
)

// privileges takes away what the command is not to have, and finds the command.
func (s *session) privileges() image {
	p := s.plan.Process
	who := s.identity()
	for _, c := range privilegeCalls(p, who) {
		s.do(c.what, c.invoke)
	}
	return s.command(who)
}

// identity resolves the user in the container's own files.
func (s *session) identity() *user.ExecUser {
	defaults := &user.ExecUser{Home: "/"}
	if s.err != nil {
		return defaults
	}
	found, err := user.GetExecUserPath(s.plan.Process.User, defaults, "/etc/passwd", "/etc/group")
	if err != nil {
		s.err = fmt.Errorf("find user %s: %w", s.plan.Process.User, err)
		return defaults
	}
	return found
}

// privilegeCalls are the system calls that make a process the container's
// command, in the order that each still permits the next. They work on one
// thread, unlike the library's functions, which change all of them.
//
// A filter needs CAP_SYS_ADMIN to be installed unless no_new_privs is set; so
// without it the filter comes before the capabilities go, and must then allow
// the system calls of the steps below (every Docker profile does).
func privilegeCalls(p Process, who *user.ExecUser) []call {
	calls := dropBounding(p.Capabilities)
	if !p.NoNewPrivileges {
		calls = append(calls, filter(p.Seccomp)...)
	}
	calls = append(calls, become(who, !p.NoSetgroups)...)
	calls = append(calls, capset(p.Capabilities, who.Uid == 0))
	if p.NoNewPrivileges {
		calls = append(calls, prctl("set no_new_privs", unix.PR_SET_NO_NEW_PRIVS, 1))
		calls = append(calls, filter(p.Seccomp)...)
	}
	// A change of the user clears the parent-death signal, so it is set again.
	calls = append(calls, prctl("", unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL)))
	dir, err := unix.BytePtrFromString(p.WorkDir)
	if err != nil {
		dir = new(byte)
	}
	return append(calls, call{what: "change directory to " + p.WorkDir, number: unix.SYS_CHDIR, a: pointer(unsafe.Pointer(dir)), keep: dir})
}

// become sets groups and user.
func become(who *user.ExecUser, setGroups bool) []call {
	calls := []call{prctl("", unix.PR_SET_KEEPCAPS, 1)}
	if setGroups {
		list := make([]uint32, len(who.Sgids)+1)
		for i, g := range who.Sgids {
			list[i] = uint32(g)
		}
		calls = append(calls, call{what: fmt.Sprintf("set groups %v", who.Sgids), number: unix.SYS_SETGROUPS,
			a: uintptr(len(who.Sgids)), b: pointer(unsafe.Pointer(&list[0])), keep: list})
	}
	uid, gid := uintptr(who.Uid), uintptr(who.Gid)
	return append(calls,
		call{what: fmt.Sprintf("become gid %d", gid), number: unix.SYS_SETRESGID, a: gid, b: gid, c: gid},
		call{what: fmt.Sprintf("become uid %d", uid), number: unix.SYS_SETRESUID, a: uid, b: uid, c: uid},
		prctl("", unix.PR_SET_KEEPCAPS, 0))
}

// dropBounding removes from the bounding set (capabilities(7)) what is not kept.
func dropBounding(keep uint64) (calls []call) {
	what := fmt.Sprintf("drop the bounding set to %d capabilities", bits.OnesCount64(keep))
	for c := range uintptr(64) {
		has, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0)
		if err != nil {
			break // beyond the last one that this kernel knows
		}
		if has == 1 && keep&(1<<c) == 0 {
			calls = append(calls, prctl(what, unix.PR_CAPBSET_DROP, c))
			what = ""
		}
	}
	return append(calls, prctl("", unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL))
}

// capset sets the permitted and effective set for root; others than root have
// them in the bounding set only, as with Docker.
func capset(keep uint64, isRoot bool) call {
	what := fmt.Sprintf("drop to %d capabilities", bits.OnesCount64(keep))
	if !isRoot {
		keep, what = 0, "drop all capabilities, as the user is not root"
	}
	type request struct {
		header unix.CapUserHeader
		data   [2]unix.CapUserData
	}
	r := &request{header: unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}}
	for i := range r.data {
		half := uint32(keep >> (32 * i))
		r.data[i].Effective, r.data[i].Permitted = half, half
	}
	return call{what: what, number: unix.SYS_CAPSET, a: pointer(unsafe.Pointer(&r.header)), b: pointer(unsafe.Pointer(&r.data)), keep: r}
}

// filter installs the seccomp program, see seccomp(2).
func filter(raw []byte) []call {
	if len(raw) == 0 {
		return nil
	}
	const (
		size          = int(unsafe.Sizeof(unix.SockFilter{}))
		setModeFilter = 1 // SECCOMP_SET_MODE_FILTER
	)
	type held struct {
		program unix.SockFprog
		raw     []byte
	}
	h := &held{raw: raw}
	h.program = unix.SockFprog{Len: uint16(len(raw) / size), Filter: (*unix.SockFilter)(unsafe.Pointer(&raw[0]))}
	return []call{{what: fmt.Sprintf("install a seccomp filter of %d instructions", len(raw)/size), number: unix.SYS_SECCOMP,
		a: setModeFilter, c: pointer(unsafe.Pointer(&h.program)), keep: h}}
}

// call is one system call, prepared so that a forked child, which may not
// allocate, can make it.
type call struct {
	what             string // "" for a part of the step before it
	number           uintptr
	a, b, c, d, e, f uintptr
	keep             any // what the arguments point to
}

// invoke makes the call on this thread.
func (c *call) invoke() error {
	_, _, number := unix.RawSyscall6(c.number, c.a, c.b, c.c, c.d, c.e, c.f)
	runtime.KeepAlive(c.keep)
	if number != 0 {
		return syscall.Errno(number)
	}
	return nil
}

// pointer is for arguments that keep holds on to.
func pointer(p unsafe.Pointer) uintptr { return uintptr(p) }

func prctl(what string, option int, argument uintptr) call {
	return call{what: what, number: unix.SYS_PRCTL, a: uintptr(option), b: argument}
}

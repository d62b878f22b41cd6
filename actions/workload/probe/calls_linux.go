package probe

import (
	"os"
	"path/filepath"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// call is one system call with arguments that change nothing that outlives the
// child it is tried in: useless ones that the kernel refuses only after it has
// looked at the caller's privilege (harmless lists those errnos), or such that
// set what is set already.
type call struct {
	name, about string
	number      uintptr
	args        [6]uintptr
	harmless    []unix.Errno
	keep        []any // what args point to
	undo        uintptr
}

// try makes the call and, if it worked and left a file, unlinks that.
//
//go:norace
func (s *call) try() int {
	_, _, err := unix.RawSyscall6(s.number, s.args[0], s.args[1], s.args[2], s.args[3], s.args[4], s.args[5])
	if err == 0 && s.undo != 0 {
		here := unix.AT_FDCWD
		unix.RawSyscall(unix.SYS_UNLINKAT, uintptr(here), s.undo, 0)
	}
	return int(err)
}

// harm lists the errnos that a call's own arguments cause.
func harm(numbers ...unix.Errno) []unix.Errno { return numbers }

// text puts a C string where the garbage collector keeps it, and returns its
// address; the collector moves nothing on the heap.
func (s *call) text(value string) uintptr {
	data := append([]byte(value), 0)
	s.keep = append(s.keep, data)
	return uintptr(unsafe.Pointer(&data[0]))
}

// number turns a negative constant into an argument.
func number(n int) uintptr { return uintptr(n) }

// scratch is a name for a file that nothing else uses.
func scratch() string {
	return filepath.Join(os.TempDir(), ".syscall-probe-"+strconv.Itoa(os.Getpid()))
}

// newCalls is the table, by name.
func newCalls() []*call {
	var calls []*call
	for _, group := range [][]*call{fileCalls(), namespaceCalls(), kernelCalls(), processCalls()} {
		calls = append(calls, group...)
	}
	return calls
}

// fileCalls are about files and mounts.
func fileCalls() []*call {
	mkdir := &call{name: "mkdir", about: "of /, which exists", number: unix.SYS_MKDIRAT, harmless: harm(unix.EEXIST)}
	mkdir.args = [6]uintptr{number(unix.AT_FDCWD), mkdir.text("/"), 0o755}
	chown := &call{name: "chown", about: "of /proc/self/comm to user 12345, in a child", number: unix.SYS_FCHOWNAT}
	chown.args = [6]uintptr{number(unix.AT_FDCWD), chown.text("/proc/self/comm"), 12345, 12345}
	mknod := &call{name: "mknod", about: "of a device 1:3 in the temporary directory, then unlink", number: unix.SYS_MKNODAT}
	mknod.undo = mknod.text(scratch())
	mknod.args = [6]uintptr{number(unix.AT_FDCWD), mknod.undo, unix.S_IFCHR | 0o600, uintptr(unix.Mkdev(1, 3))}
	mount := &call{name: "mount", about: "of a file system type that does not exist", number: unix.SYS_MOUNT, harmless: harm(unix.ENODEV)}
	mount.args = [6]uintptr{mount.text("none"), mount.text("/"), mount.text("no-such-type")}
	umount := &call{name: "umount2", about: "of a path that does not exist", number: unix.SYS_UMOUNT2, harmless: harm(unix.ENOENT)}
	umount.args = [6]uintptr{umount.text("/proc/no-such-path")}
	pivot := &call{name: "pivot_root", about: "to a path that does not exist", number: unix.SYS_PIVOT_ROOT, harmless: harm(unix.ENOENT)}
	pivot.args = [6]uintptr{pivot.text("/proc/no-such-path"), pivot.text("/proc/no-such-path")}
	chroot := &call{name: "chroot", about: "to /, in a child", number: unix.SYS_CHROOT}
	chroot.args = [6]uintptr{chroot.text("/")}
	handle := &call{name: "open_by_handle_at", about: "without a handle", number: unix.SYS_OPEN_BY_HANDLE_AT, harmless: harm(unix.EFAULT)}
	handle.args = [6]uintptr{number(unix.AT_FDCWD)}
	return []*call{mkdir, chown, mknod, mount, umount, pivot, chroot, handle}
}

// namespaceCalls are about the names and identities that namespaces hold.
func namespaceCalls() []*call {
	unshare := &call{name: "unshare", about: "of a new UTS namespace, in a child", number: unix.SYS_UNSHARE}
	unshare.args = [6]uintptr{unix.CLONE_NEWUTS}
	setns := &call{name: "setns", about: "with a closed descriptor", number: unix.SYS_SETNS, harmless: harm(unix.EBADF)}
	setns.args = [6]uintptr{number(-1)}
	name, _ := os.Hostname()
	hostname := &call{name: "sethostname", about: "to the name it has", number: unix.SYS_SETHOSTNAME}
	hostname.args = [6]uintptr{hostname.text(name), uintptr(len(name))}
	setuid := &call{name: "setuid", about: "to user 12345, in a child", number: unix.SYS_SETUID}
	setuid.args = [6]uintptr{12345}
	raw := &call{name: "socket", about: "a raw ICMP socket", number: unix.SYS_SOCKET}
	raw.args = [6]uintptr{unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP}
	return []*call{unshare, setns, hostname, setuid, raw}
}

// kernelCalls are about the kernel as a whole.
func kernelCalls() []*call {
	reboot := &call{name: "reboot", about: "with a wrong magic number", number: unix.SYS_REBOOT, harmless: harm(unix.EINVAL)}
	init := &call{name: "init_module", about: "without an image", number: unix.SYS_INIT_MODULE, harmless: harm(unix.EFAULT, unix.ENOEXEC)}
	init.args = [6]uintptr{0, 0, init.text("")}
	remove := &call{name: "delete_module", about: "of a module that does not exist", number: unix.SYS_DELETE_MODULE, harmless: harm(unix.ENOENT)}
	remove.args = [6]uintptr{remove.text("no_such_module"), unix.O_NONBLOCK}
	kexec := &call{name: "kexec_load", about: "with flags that do not exist", number: unix.SYS_KEXEC_LOAD, harmless: harm(unix.EINVAL)}
	kexec.args = [6]uintptr{0, 0, 0, 0xff00}
	swap := &call{name: "swapon", about: "of a path that does not exist", number: unix.SYS_SWAPON, harmless: harm(unix.ENOENT)}
	swap.args = [6]uintptr{swap.text("/proc/no-such-path")}
	clock := &call{name: "clock_adjtime", about: "to the tick it has", number: unix.SYS_CLOCK_ADJTIME}
	now := &unix.Timex{}
	_, _ = unix.ClockAdjtime(unix.CLOCK_REALTIME, now)
	now.Modes = unix.ADJ_TICK
	clock.keep = append(clock.keep, now)
	clock.args = [6]uintptr{unix.CLOCK_REALTIME, uintptr(unsafe.Pointer(now))}
	log := &call{name: "syslog", about: "the size of the kernel's log", number: unix.SYS_SYSLOG}
	log.args = [6]uintptr{10}
	bpf := &call{name: "bpf", about: "with a command that does not exist", number: unix.SYS_BPF, harmless: harm(unix.EINVAL)}
	attr := new([128]byte)
	bpf.keep = append(bpf.keep, attr)
	bpf.args = [6]uintptr{0xffff, uintptr(unsafe.Pointer(attr)), unsafe.Sizeof(*attr)}
	return []*call{reboot, init, remove, kexec, swap, clock, log, bpf}
}

// processCalls are about other processes and what the kernel keeps for them.
func processCalls() []*call {
	ptrace := &call{name: "ptrace", about: "of itself by its parent (PTRACE_TRACEME), in a child", number: unix.SYS_PTRACE}
	vm := &call{name: "process_vm_readv", about: "of nothing from itself", number: unix.SYS_PROCESS_VM_READV}
	vm.args = [6]uintptr{uintptr(os.Getpid())}
	keyring := &call{name: "keyctl", about: "the id of the session keyring", number: unix.SYS_KEYCTL, harmless: harm(unix.ENOKEY)}
	keyring.args = [6]uintptr{unix.KEYCTL_GET_KEYRING_ID, number(unix.KEY_SPEC_SESSION_KEYRING)}
	key := &call{name: "add_key", about: "without a type", number: unix.SYS_ADD_KEY, harmless: harm(unix.EFAULT)}
	perf := &call{name: "perf_event_open", about: "without attributes", number: unix.SYS_PERF_EVENT_OPEN, harmless: harm(unix.EFAULT)}
	fault := &call{name: "userfaultfd", about: "a descriptor, in a child", number: unix.SYS_USERFAULTFD}
	ring := &call{name: "io_uring_setup", about: "without entries", number: unix.SYS_IO_URING_SETUP, harmless: harm(unix.EFAULT, unix.EINVAL)}
	nice := &call{name: "setpriority", about: "to -5, in a child", number: unix.SYS_SETPRIORITY}
	nice.args = [6]uintptr{0, 0, number(-5)}
	persona := &call{name: "personality", about: "UNAME26, in a child", number: unix.SYS_PERSONALITY}
	persona.args = [6]uintptr{0x0020000}
	return []*call{ptrace, vm, keyring, key, perf, fault, ring, nice, persona}
}

package probe

import "isolab/actions/workload/applet"

// Applets lists the family.
func Applets() []applet.Applet {
	return []applet.Applet{
		{Name: "caps", Summary: "Show this process's capability sets, no_new_privs and seccomp mode",
			Usage: "[--json]", Example: "caps", Run: runCaps},
		{Name: "openfiles", Summary: "Open files until the kernel refuses, and count them",
			Usage: "[--hold TIME] [--json] N", Example: "openfiles 100", Run: runOpenfiles},
		{Name: "setuid-probe", Summary: "Find out whether a set-uid program still gains root",
			Usage: "[--dir DIR] [--uid UID] [--json]", Example: "setuid-probe", Run: runSetuid},
		{Name: "unshare-probe", Summary: "Try to make each kind of namespace and report the errno",
			Usage: "[--json] [NAMESPACE...]", Example: "unshare-probe user net", Run: runUnshare},
		{Name: "syscall-probe", Summary: "Try system calls in a harmless way and report the errno",
			Usage: "[--json] [--list] [NAME...]", Example: "syscall-probe mount sethostname", Run: runSyscall},
		{Name: "shm", Summary: "Create, list and remove System V shared memory segments",
			Usage: "create [--size SIZE] [--key N] | list [--json] | remove ID", Example: "shm create --size 1MiB", Run: runShm},
	}
}

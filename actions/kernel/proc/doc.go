// Package proc reads what the kernel tells about processes and about the machine
// in /proc (proc(5)), and signals a process without ever hitting another one.
//
// Containers are processes of the host with fences around them, and /proc is
// where the fences show: the namespaces a process is in, the ids it has in each
// pid namespace, its capabilities, its seccomp mode, its user mapping. [Open]
// takes the directory that /proc and /sys are in, so that a copied tree can be
// read too; [FS.Process] gives everything about one process, [FS.Processes] the
// cheap part about all of them.
//
// A process id alone names nobody: ids are given out again. An [Identity] adds
// the start time and the boot, and [FS.Signal] and [FS.WaitExit] work on that,
// through a pidfd (pidfd_open(2)).
//
// On other systems than Linux the list of processes, memory and CPU come from
// the system's own interfaces, and what only a Linux kernel has is left empty.
package proc

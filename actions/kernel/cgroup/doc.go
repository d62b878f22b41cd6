// Package cgroup reads and writes control groups, the kernel's way to account
// for and to bound what a set of processes uses.
//
// A control group is a directory. Where cgroup v2 is mounted there is one tree
// of them and a directory holds the files of every controller; with cgroup v1
// each controller has a tree of its own, with other file names, other units and
// in places another meaning. Many machines have both at once (hybrid): the
// controllers on v1, and beside them a v2 tree that carries none but still knows
// cgroup.kill, cgroup.freeze and cgroup.events.
//
// This package speaks one vocabulary, that of v2, over all three: [Open] finds
// what is mounted, [Host.Create], [Host.Group] and [Host.OfPID] name a group,
// [Group.Set] limits it and [Group.Read] says what it uses. Every value read
// carries the path of the file it came from ([Reading.Origins]), and what a
// kernel does not offer is listed with the reason ([Reading.Missing]) and never
// silently zero.
//
// Kernel documents: https://docs.kernel.org/admin-guide/cgroup-v2.html and
// https://docs.kernel.org/admin-guide/cgroup-v1/index.html; cgroups(7).
package cgroup

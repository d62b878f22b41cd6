// Package embedded runs containers with nothing but the Linux kernel: no daemon,
// no installed program, no library outside this binary. It is made to be read:
// a container is a process in namespaces, in cgroups, on a root file system of
// its own, with few privileges, and each of the four is a short list of system
// calls here.
//
// The engine (this package) decides and keeps the books; a new process of the
// same binary (package child, entered through [Reexec]) makes itself into the
// container. What exists for a container is known by its name alone:
//
//	<StateDir>/containers/<name>/state.json   what it is; written before anything is made
//	<StateDir>/containers/<name>/cgroup       a link that holds the name of its cgroup
//	<StateDir>/containers/<name>/stdout       what it wrote, up to Options.LogMax
//	<DataDir>/containers/<name>/              its writable layer
//	<DataDir>/volumes/<run>/<volume>/         volumes, by the value of the label isolab.run
//	<DataDir>/images/                         unpacked image layers
//	<cgroup mounts>/<CgroupPath>/<name>       its cgroup, in every hierarchy
//
// Mounts are made in the container's own mount namespace only and vanish with
// its last process. A container dies with the engine that started it: by the
// parent-death signal at once, and else by whoever removes it by name.
//
// It is for lessons. The kernel's isolation is applied with Docker's defaults,
// but nobody has attacked this implementation as runc was attacked: it is no
// security boundary for hostile code.
package embedded

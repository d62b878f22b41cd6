//go:build !linux

package cgroup

// Reexec has nothing to do here: there are no cgroups.
func Reexec() (handled bool) { return false }

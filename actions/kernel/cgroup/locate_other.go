//go:build !linux

package cgroup

// OfPID cannot be reached here: [Open] does not return a host.
func (h *Host) OfPID(int) (*Group, error) { return nil, notHere("find cgroup of process") }

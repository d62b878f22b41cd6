//go:build !linux

package cgroup

// Open always fails here, with an error that wraps [ErrUnsupported].
func Open(string) (*Host, error) {
	return nil, unsupported("cgroups", "not on this system: cgroups are a Linux kernel feature", "")
}

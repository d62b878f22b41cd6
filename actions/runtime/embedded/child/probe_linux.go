package child

import "golang.org/x/sys/unix"

// Probe tries, in new user and mount namespaces, what a container needs first.
// The exit code says whether it may.
func Probe() int {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return 1
	}
	if err := unix.Mount("tmpfs", "/proc", "tmpfs", 0, ""); err != nil {
		return 1
	}
	return 0
}

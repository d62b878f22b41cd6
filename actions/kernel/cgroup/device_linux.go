package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ResolveDevice finds the whole disk that holds a file or directory, or that a
// block device node stands for; an I/O limit on a partition is not possible. It
// goes by the file's device number and /sys/dev/block (sysfs(5)). A directory that
// has yet to be made will lie on the disk of the nearest one above it.
//
// The error wraps [ErrUnsupported] for file systems without a block device of
// their own: tmpfs, overlay, network file systems, and btrfs, which spreads over
// several.
func (h *Host) ResolveDevice(path string) (Disk, error) {
	var st unix.Stat_t
	at := existing(filepath.Join(h.root, path))
	if err := unix.Stat(at, &st); err != nil {
		return Disk{}, fmt.Errorf("find the disk of %s: %w", path, err)
	}
	dev := st.Dev
	if st.Mode&unix.S_IFMT == unix.S_IFBLK {
		dev = st.Rdev
	}
	if unix.Major(dev) == 0 {
		return Disk{}, fmt.Errorf("find the disk of %s: %w", path, anonymous(at))
	}
	disk, err := h.wholeDisk(fmt.Sprintf("%d:%d", unix.Major(dev), unix.Minor(dev)))
	if errors.Is(err, fs.ErrNotExist) {
		return Disk{}, fmt.Errorf("find the disk of %s: %w", path, unsupported("block device",
			fmt.Sprintf("/sys/dev/block has no %d:%d", unix.Major(dev), unix.Minor(dev)), "mount sysfs at /sys"))
	}
	if err != nil {
		return Disk{}, fmt.Errorf("find the disk of %s: %w", path, err)
	}
	return disk, nil
}

// existing is the path itself, or the nearest directory above it that is there.
func existing(path string) string {
	for path != filepath.Dir(path) && unix.Access(path, unix.F_OK) != nil {
		path = filepath.Dir(path)
	}
	return path
}

// anonymous names the file system behind a device number that the kernel made up
// (major 0).
func anonymous(path string) error {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return err
	}
	kind, help := fmt.Sprintf("a file system of type %#x", st.Type), "use a directory on a disk"
	switch int64(st.Type) {
	case unix.TMPFS_MAGIC:
		kind = "a tmpfs, which is memory"
	case unix.OVERLAYFS_SUPER_MAGIC:
		kind, help = "an overlay", "use a volume, or the directory that the overlay's upper layer is in"
	case unix.BTRFS_SUPER_MAGIC:
		kind, help = "btrfs, which may use several disks", "name its disk itself, such as /dev/sda"
	case unix.NFS_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.FUSE_SUPER_MAGIC, unix.V9FS_MAGIC:
		kind = "a network or user-space file system"
	}
	return unsupported("block device", "it is on "+kind, help)
}

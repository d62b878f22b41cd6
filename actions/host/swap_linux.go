package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"isolab/actions"
	"isolab/schema/unit"
)

// reserve is what must stay free on the disk.
const reserve = 256 * unit.MiB

// makeSwap makes the file, with the header that mkswap(8) writes, and switches it
// on (swapon(2)).
func makeSwap(path string, size unit.Size) error {
	page := unit.Size(os.Getpagesize())
	size = size / page * page
	if err := room(path, size); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(fill(file, size), file.Close())
	if err != nil {
		return err
	}
	return swapon(path)
}

// room refuses a file that would leave the disk full.
func room(path string, size unit.Size) error {
	var st unix.Statfs_t
	if err := unix.Statfs(parent(path), &st); err != nil {
		return fmt.Errorf("statfs %s: %w", parent(path), err)
	}
	free := unit.Size(st.Bavail) * unit.Size(st.Bsize)
	if free < size+reserve {
		return fmt.Errorf("%s has %v free, and %v and a reserve of %v are wanted: %w", parent(path), free, size, reserve, actions.ErrUnsupported)
	}
	return nil
}

// fill gives the file its blocks, as a swap file must have no holes, and its
// header.
func fill(file *os.File, size unit.Size) error {
	err := unix.Fallocate(int(file.Fd()), 0, 0, int64(size))
	if errors.Is(err, unix.EOPNOTSUPP) {
		err = zeros(file, size)
	}
	if err != nil {
		return fmt.Errorf("allocate %v: %w", size, err)
	}
	if _, err := file.WriteAt(header(size), 0); err != nil {
		return err
	}
	return file.Sync()
}

func zeros(file *os.File, size unit.Size) error {
	block := make([]byte, unit.MiB)
	for at := unit.Size(0); at < size; at += unit.MiB {
		if _, err := file.WriteAt(block[:min(unit.MiB, size-at)], int64(at)); err != nil {
			return err
		}
	}
	return nil
}

// header is the first page of a swap area: union swap_header of
// include/linux/swap.h, version 1, without bad pages.
func header(size unit.Size) []byte {
	const info, magic = 1024, "SWAPSPACE2"
	page := make([]byte, os.Getpagesize())
	binary.NativeEndian.PutUint32(page[info:], 1)
	binary.NativeEndian.PutUint32(page[info+4:], uint32(int(size)/len(page)-1)) // number of the last page
	copy(page[len(page)-len(magic):], magic)
	return page
}

func swapon(path string) error {
	name, err := unix.BytePtrFromString(path)
	if err != nil {
		return err
	}
	_, _, errno := unix.Syscall(unix.SYS_SWAPON, uintptr(unsafe.Pointer(name)), 0, 0)
	switch errno {
	case 0:
		return nil
	case unix.EINVAL, unix.EPERM, unix.ENOSYS:
		return fmt.Errorf("swapon %s: %w: %w; swap files need root and a disk file system such as ext4 or xfs", path, errno, actions.ErrUnsupported)
	}
	return fmt.Errorf("swapon %s: %w", path, errno)
}

// dropSwap switches the file off and removes it, as far as it got.
func dropSwap(path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	name, err := unix.BytePtrFromString(path)
	if err != nil {
		return err
	}
	_, _, errno := unix.Syscall(unix.SYS_SWAPOFF, uintptr(unsafe.Pointer(name)), 0, 0)
	if errno != 0 && errno != unix.EINVAL { // EINVAL: it is not in use
		return fmt.Errorf("swapoff %s: %w", path, errno)
	}
	return os.Remove(path)
}

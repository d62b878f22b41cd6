package child

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"isolab/actions/runtime/embedded/layer"
	"isolab/actions/workload"
)

// root mounts the container's root file system and makes it "/".
func (s *session) root() {
	root := s.plan.Root
	s.do("change directory to "+root.Base, func() error { return unix.Chdir(root.Base) })
	s.writableLayer()
	var lower []string
	for i := range root.Lower {
		lower = append(lower, filepath.Join(LowerDir, strconv.Itoa(i)))
	}
	if len(lower) == 0 {
		s.do("lay out the built-in image on a tmpfs", func() error { return layOut(ImageDir, s.plan.Files) })
		s.plan.Files = nil
		lower = []string{ImageDir}
	}
	if root.Overlay {
		s.do(fmt.Sprintf("mount overlay of %d layers and a writable one", len(lower)), func() error { return s.overlay(lower) })
		if s.err != nil && noOverlay(s.err) {
			root.Overlay, s.err = false, nil
		}
	}
	if !root.Overlay {
		s.do("copy the image to a tmpfs", func() error { return copyLayers(RootDir, root.Size, lower) })
	}
	s.do("pivot_root to it and detach the old root", func() error { return pivot(RootDir) })
}

// writableLayer bounds the layer that is written to by putting it on a tmpfs of
// that size. Its pages count as the container's memory.
func (s *session) writableLayer() {
	root := s.plan.Root
	if root.Size == 0 || !root.Overlay {
		return
	}
	s.do(fmt.Sprintf("mount tmpfs of %d bytes for the writable layer", root.Size), func() error {
		return unix.Mount("tmpfs", LayerDir, "tmpfs", unix.MS_NODEV, fmt.Sprintf("mode=0755,size=%d", root.Size))
	})
	s.do("make the layer's directories", func() error {
		return errors.Join(os.Mkdir(UpperDir, 0o755), os.Mkdir(WorkDir, 0o755))
	})
}

// overlay mounts overlayfs (https://docs.kernel.org/filesystems/overlayfs.html).
// "volatile" leaves out the flush at unmounting, which nobody needs for a layer
// that is deleted then.
func (s *session) overlay(lower []string) error {
	root := s.plan.Root
	options := "lowerdir=" + strings.Join(lower, ":") + ",upperdir=" + UpperDir + ",workdir=" + WorkDir + ",index=off"
	if root.UserAttr {
		options += ",userxattr"
	}
	err := unix.Mount("overlay", RootDir, "overlay", s.deviceFlag(), options+",volatile")
	if errors.Is(err, unix.EINVAL) { // "volatile" came with Linux 5.10
		err = unix.Mount("overlay", RootDir, "overlay", s.deviceFlag(), options)
	}
	return err
}

// noOverlay tells a kernel or file system that cannot do overlayfs from other
// failures.
func noOverlay(err error) bool {
	return errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EOPNOTSUPP)
}

// deviceFlag keeps device nodes that a container makes (CAP_MKNOD is one of
// Docker's default capabilities) from opening a device: only the nodes bound
// from the host's /dev work. It does, for every cgroup version, what the devices
// controller does for Docker.
func (s *session) deviceFlag() uintptr {
	if s.plan.Privileged {
		return 0
	}
	return unix.MS_NODEV
}

// copyLayers is for kernels and file systems without overlayfs.
func copyLayers(dir string, size int64, lower []string) error {
	options := "mode=0755"
	if size > 0 {
		options += fmt.Sprintf(",size=%d", size)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NODEV, options); err != nil {
		return err
	}
	for i := len(lower) - 1; i >= 0; i-- {
		if err := layer.Merge(lower[i], dir); err != nil {
			return err
		}
	}
	return nil
}

// layOut mounts a tmpfs on dir and makes the built-in image in it: directories,
// links, small files, and an empty file that the program itself is bound to.
func layOut(dir string, more []File) error {
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NODEV|unix.MS_NOSUID, "mode=0755,size=4m"); err != nil {
		return err
	}
	for _, file := range workload.Files() {
		if err := layOutFile(filepath.Join(dir, file.Path), file); err != nil {
			return err
		}
	}
	for _, file := range more {
		if err := os.WriteFile(filepath.Join(dir, file.Path), []byte(file.Text), 0o644); err != nil {
			return err
		}
	}
	return makeMountPoint(filepath.Join(dir, workload.Binary), unix.S_IFREG)
}

func layOutFile(path string, file workload.File) error {
	switch {
	case file.Link != "":
		return os.Symlink(file.Link, path)
	case !file.Mode.IsDir():
		return os.WriteFile(path, file.Data, file.Mode.Perm())
	}
	if err := os.Mkdir(path, file.Mode.Perm()); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return os.Chmod(path, file.Mode)
}

// pivot makes dir the root and lets go of the old one, see pivot_root(2): with
// both arguments "." the old root ends up on top of the new one, from where it
// is detached.
func pivot(dir string) error {
	if err := unix.Chdir(dir); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return err
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("detach the old root: %w", err)
	}
	return unix.Chdir("/")
}

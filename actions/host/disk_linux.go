package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions"
	"isolab/actions/command"
	"isolab/schema/unit"
)

func parent(path string) string { return filepath.Dir(path) }

func makeDisk(ctx context.Context, env *actions.Env, dir string, size unit.Size) (DiskResult, error) {
	if err := room(dir, size); err != nil {
		return DiskResult{}, err
	}
	if err := format(ctx, env, imageOf(dir), size); err != nil {
		return DiskResult{}, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return DiskResult{}, err
	}
	device, err := mountImage(imageOf(dir), dir)
	if err != nil {
		return DiskResult{}, err
	}
	if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil { // any user of a container may write
		return DiskResult{}, err
	}
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return DiskResult{}, fmt.Errorf("statfs %s: %w", dir, err)
	}
	block := unit.Size(st.Bsize)
	return DiskResult{Path: dir, Device: device, Size: unit.Size(st.Blocks) * block, Available: unit.Size(st.Bavail) * block}, nil
}

// format makes a sparse file with a file system. mkfs.ext4 is a program of the
// machine, which the permission for the disk covers.
func format(ctx context.Context, env *actions.Env, image string, size unit.Size) error {
	mkfs, err := exec.LookPath("mkfs.ext4")
	if err != nil {
		return fmt.Errorf("mkfs.ext4 is not there; apt-get install e2fsprogs: %w", actions.ErrUnsupported)
	}
	file, err := os.OpenFile(image, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Truncate(int64(size)), file.Close()); err != nil {
		return err
	}
	if err := command.Journal(env); err != nil {
		return err
	}
	ended, err := command.Run(ctx, env.Run, command.Command{Args: []string{mkfs, "-q", "-F", "-m", "0", image}, Env: command.Environment(nil)})
	if err == nil && ended.Code != 0 {
		err = fmt.Errorf("mkfs.ext4 ended with %d: %s", ended.Code, ended.Stderr)
	}
	return err
}

// mountImage mounts a file through a free loop device, which the kernel gives
// back when it is unmounted (LO_FLAGS_AUTOCLEAR, loop(4)).
func mountImage(image, dir string) (device string, err error) {
	file, err := os.OpenFile(image, os.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	defer file.Close()
	loop, err := attachLoop(file)
	if err != nil {
		return "", err
	}
	defer loop.Close()
	return loop.Name(), os.NewSyscallError("mount", unix.Mount(loop.Name(), dir, "ext4", unix.MS_NODEV|unix.MS_NOSUID, ""))
}

// attachLoop tries again when another process takes the free device first.
func attachLoop(file *os.File) (*os.File, error) {
	const tries = 16
	for range tries {
		loop, err := freeLoop()
		if err != nil {
			return nil, fmt.Errorf("loop device: %w: %w", err, actions.ErrUnsupported)
		}
		config := unix.LoopConfig{Fd: uint32(file.Fd()), Info: unix.LoopInfo64{Flags: unix.LO_FLAGS_AUTOCLEAR}}
		err = unix.IoctlLoopConfigure(int(loop.Fd()), &config)
		if err == nil {
			return loop, nil
		}
		loop.Close()
		if !errors.Is(err, unix.EBUSY) {
			return nil, fmt.Errorf("%s: %w", loop.Name(), err)
		}
	}
	return nil, errors.New("loop device: every free one is taken at once")
}

func freeLoop() (*os.File, error) {
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer control.Close()
	number, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
	if err != nil {
		return nil, os.NewSyscallError("LOOP_CTL_GET_FREE", err)
	}
	return os.OpenFile("/dev/loop"+strconv.Itoa(number), os.O_RDWR, 0)
}

// dropDisk unmounts the disk and removes it, as far as it got. While something
// still uses it, it is tried again for a while and then unmounted lazily; until that
// something ends, the loop device is taken, and the disk is not gone.
func dropDisk(ctx context.Context, dir string) error {
	for delay := time.Millisecond; ; delay *= 2 {
		err := unix.Unmount(dir, unix.UMOUNT_NOFOLLOW)
		if errors.Is(err, unix.EBUSY) && delay < time.Second && ctx.Err() == nil {
			time.Sleep(delay)
			continue
		}
		if errors.Is(err, unix.EBUSY) {
			err = unix.Unmount(dir, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
		}
		if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) { // EINVAL: not mounted
			return fmt.Errorf("unmount %s: %w", dir, err)
		}
		break
	}
	for _, path := range []string{dir, imageOf(dir)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return loopFree(ctx, imageOf(dir))
}

// loopFree waits a moment for the kernel to give back the loop device of an image
// that was removed, and says whose turn it is when it does not.
func loopFree(ctx context.Context, image string) error {
	for delay := time.Millisecond; ; delay *= 2 {
		device := loopOf(image)
		if device == "" {
			return nil
		}
		if delay >= time.Second || ctx.Err() != nil {
			return fmt.Errorf("%s is still taken: a process has a file or directory of the disk open, and frees it when it ends", device)
		}
		time.Sleep(delay)
	}
}

// loopOf finds the loop device of an image that was removed by its backing_file
// (Documentation/ABI/testing/sysfs-block-loop); empty when there is none.
func loopOf(image string) string {
	files, _ := filepath.Glob("/sys/block/loop*/loop/backing_file")
	for _, file := range files {
		backing, err := os.ReadFile(file)
		if err == nil && strings.TrimSpace(string(backing)) == image+" (deleted)" {
			return "/dev/" + filepath.Base(filepath.Dir(filepath.Dir(file)))
		}
	}
	return ""
}

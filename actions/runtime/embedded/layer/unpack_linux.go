package layer

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/cyphar/filepath-securejoin/pathrs-lite"
	"golang.org/x/sys/unix"
)

// Unpack writes an uncompressed layer into dir, which must exist, and returns
// the bytes of its regular files. Owners are kept when the process is root.
// Device nodes are left out: containers do not get them from images.
func Unpack(ctx context.Context, archive io.Reader, dir string, limits Limits) (size int64, err error) {
	root, err := os.OpenFile(dir, unix.O_DIRECTORY|unix.O_RDONLY, 0)
	if err != nil {
		return 0, fmt.Errorf("unpack layer: %w", err)
	}
	defer root.Close()
	u := &unpacker{root: root, limits: limits.withDefaults(), owners: os.Geteuid() == 0}
	if err := u.all(ctx, tar.NewReader(archive)); err != nil {
		return u.size, fmt.Errorf("unpack layer: %w", err)
	}
	return u.size, nil
}

type unpacker struct {
	root    *os.File
	limits  Limits
	owners  bool
	size    int64
	entries int
	dirs    []dirTime
}

// dirTime is a directory whose time is set last, as what is put in changes it.
type dirTime struct {
	name string
	when time.Time
}

func (u *unpacker) all(ctx context.Context, archive *tar.Reader) error {
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return u.dirTimes()
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if u.entries++; u.entries > u.limits.Entries {
			return fmt.Errorf("%w: more than %d entries", ErrRefused, u.limits.Entries)
		}
		if err := u.entry(header, archive); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
}

// clean makes a name relative to the target; ".." cannot climb above it.
func clean(name string) string {
	return strings.TrimPrefix(path.Clean("/"+name), "/")
}

// entry makes one entry below its parent directory, which is made too where the
// archive has left it out.
func (u *unpacker) entry(header *tar.Header, content io.Reader) error {
	name := clean(header.Name)
	if strings.ContainsRune(name, 0) {
		return fmt.Errorf("%w: a name with a zero byte", ErrRefused)
	}
	if name == "" {
		if header.Typeflag == tar.TypeDir {
			return u.attributes(u.root, ".", header)
		}
		return fmt.Errorf("%w: the root is not a directory", ErrRefused)
	}
	parent, err := pathrs.MkdirAllHandle(u.root, path.Dir(name), 0o755)
	if err != nil {
		return err
	}
	defer parent.Close()
	base := path.Base(name)
	if strings.HasPrefix(base, whiteoutPrefix) {
		return u.whiteout(parent, base)
	}
	made, err := u.make(parent, base, header, content)
	if err != nil || !made {
		return err
	}
	if header.Typeflag == tar.TypeDir {
		u.dirs = append(u.dirs, dirTime{name, header.ModTime})
	}
	return u.attributes(parent, base, header)
}

// make makes the entry itself; it reports false for kinds that are left out and
// for hard links, whose attributes are those of the file they name.
func (u *unpacker) make(parent *os.File, base string, header *tar.Header, content io.Reader) (made bool, err error) {
	switch header.Typeflag {
	case tar.TypeDir, tar.TypeReg, tar.TypeSymlink, tar.TypeLink, tar.TypeFifo:
	default:
		return false, nil
	}
	if err := replace(parent, base, header.Typeflag == tar.TypeDir); err != nil {
		return false, err
	}
	fd := int(parent.Fd())
	switch header.Typeflag {
	case tar.TypeDir:
		err = unix.Mkdirat(fd, base, 0o755)
		if errors.Is(err, unix.EEXIST) {
			err = nil
		}
	case tar.TypeReg:
		err = u.file(fd, base, content)
	case tar.TypeSymlink:
		err = unix.Symlinkat(header.Linkname, fd, base)
	case tar.TypeFifo:
		err = unix.Mknodat(fd, base, unix.S_IFIFO|0o600, 0)
	case tar.TypeLink:
		return false, u.hardLink(fd, base, header.Linkname)
	}
	return true, err
}

// replace clears the place for an entry: a later one of the same name wins, but
// a directory stays when another description of it follows.
func replace(parent *os.File, base string, dir bool) error {
	var stat unix.Stat_t
	err := unix.Fstatat(int(parent.Fd()), base, &stat, unix.AT_SYMLINK_NOFOLLOW)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	isDir := stat.Mode&unix.S_IFMT == unix.S_IFDIR
	if err != nil || dir && isDir {
		return err
	}
	if isDir {
		return os.RemoveAll(fmt.Sprintf("/proc/self/fd/%d/%s", parent.Fd(), base))
	}
	return unix.Unlinkat(int(parent.Fd()), base, 0)
}

// file writes a regular file that was not there before: O_EXCL and O_NOFOLLOW
// leave no way to write through a link.
func (u *unpacker) file(parent int, base string, content io.Reader) error {
	fd, err := unix.Openat(parent, base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(fd), base)
	written, err := io.Copy(file, io.LimitReader(content, u.limits.Bytes-u.size+1))
	u.size += written
	if err == nil && u.size > u.limits.Bytes {
		err = fmt.Errorf("%w: more than %d bytes", ErrRefused, u.limits.Bytes)
	}
	return errors.Join(err, file.Close())
}

// hardLink links to a file of the same layer, found inside the target; a
// symbolic link there is linked to and not followed.
func (u *unpacker) hardLink(parent int, base, target string) error {
	name := clean(target)
	if name == "" {
		return fmt.Errorf("%w: a hard link to the root", ErrRefused)
	}
	dir, err := pathrs.OpenatInRoot(u.root, path.Dir(name))
	if err != nil {
		return fmt.Errorf("hard link to %s: %w", target, err)
	}
	defer dir.Close()
	if err := unix.Linkat(int(dir.Fd()), path.Base(name), parent, base, 0); err != nil {
		return fmt.Errorf("hard link to %s: %w", target, err)
	}
	return nil
}

// attributes sets owner, mode, extended attributes and time of what was made.
// Owner before mode, as a change of the owner clears the set-user-id bit.
func (u *unpacker) attributes(parent *os.File, base string, header *tar.Header) error {
	fd := int(parent.Fd())
	if u.owners {
		if err := unix.Fchownat(fd, base, header.Uid, header.Gid, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
	}
	if header.Typeflag == tar.TypeSymlink {
		return setTime(fd, base, header.ModTime)
	}
	// What stands here was made a moment ago and is no symbolic link.
	if err := unix.Fchmodat(fd, base, uint32(header.Mode)&0o7777, 0); err != nil {
		return err
	}
	if err := setXattrs(parent, base, header); err != nil {
		return err
	}
	if header.Typeflag == tar.TypeDir {
		return nil
	}
	return setTime(fd, base, header.ModTime)
}

func setTime(fd int, base string, when time.Time) error {
	stamp, err := unix.TimeToTimespec(when)
	if err != nil || when.IsZero() {
		return nil // a date that this kernel cannot store is no reason to fail
	}
	return unix.UtimesNanoAt(fd, base, []unix.Timespec{stamp, stamp}, unix.AT_SYMLINK_NOFOLLOW)
}

// setXattrs keeps file capabilities and user attributes. Others would speak to
// the host, above all trusted.overlay.*, with which a layer could point
// overlayfs elsewhere.
func setXattrs(parent *os.File, base string, header *tar.Header) error {
	for key, value := range header.PAXRecords {
		name, ok := strings.CutPrefix(key, "SCHILY.xattr.")
		if !ok || name != "security.capability" && (!strings.HasPrefix(name, "user.") || strings.HasPrefix(name, "user.overlay.")) {
			continue
		}
		path := fmt.Sprintf("/proc/self/fd/%d/%s", parent.Fd(), base)
		err := unix.Lsetxattr(path, name, []byte(value), 0)
		if err != nil && !errors.Is(err, unix.ENOTSUP) && !errors.Is(err, unix.EPERM) {
			return fmt.Errorf("attribute %s: %w", name, err)
		}
	}
	return nil
}

// dirTimes sets the times of directories, the last first.
func (u *unpacker) dirTimes() error {
	for _, d := range slices.Backward(u.dirs) {
		parent, err := pathrs.OpenatInRoot(u.root, path.Dir(d.name))
		if err != nil {
			continue // replaced by a later entry
		}
		_ = setTime(int(parent.Fd()), path.Base(d.name), d.when)
		_ = parent.Close()
	}
	return nil
}

// Names of whiteouts in an archive.
const (
	whiteoutPrefix = ".wh."
	whiteoutOpaque = ".wh..wh..opq"
)

// whiteout translates to overlayfs's form: a character device 0/0 hides a name,
// an attribute hides all that lower layers have in a directory.
func (u *unpacker) whiteout(parent *os.File, base string) error {
	if base == whiteoutOpaque {
		return unix.Lsetxattr(fmt.Sprintf("/proc/self/fd/%d/.", parent.Fd()), OpaqueAttribute(), []byte("y"), 0)
	}
	hidden := strings.TrimPrefix(base, whiteoutPrefix)
	if strings.HasPrefix(hidden, whiteoutPrefix) {
		return nil // aufs's own notes
	}
	if hidden == "" || hidden == "." || hidden == ".." {
		return fmt.Errorf("%w: a whiteout of %q", ErrRefused, hidden)
	}
	err := unix.Mknodat(int(parent.Fd()), hidden, unix.S_IFCHR, 0)
	if errors.Is(err, unix.EEXIST) {
		err = nil // the layer has the name itself, which hides what is below
	}
	return err
}

// OpaqueAttribute is the attribute of a directory that hides all below it.
// Without root overlayfs is mounted with "userxattr" and reads another one.
func OpaqueAttribute() string {
	if os.Geteuid() == 0 {
		return "trusted.overlay.opaque"
	}
	return "user.overlay.opaque"
}

package userland

import (
	"fmt"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

func runMount(c *applet.Call) int {
	flags := c.Flags()
	kind := flags.StringP("types", "t", "", "type of file system")
	options := flags.StringP("options", "o", "", "options, separated by commas")
	bind := flags.Bool("bind", false, "show a directory in a second place")
	if code, ok := c.ParseOperands(flags, 0, 2); !ok {
		return code
	}
	switch len(c.Args) {
	case 0:
		return listMounts(c, *kind)
	case 1:
		c.Args = []string{"none", c.Args[0]} // a remount, or a change of propagation
	}
	if *bind {
		*options = strings.TrimPrefix(*options+",bind", ",")
	}
	number, data := mountFlags(*options)
	if err := unix.Mount(c.Args[0], c.Args[1], *kind, number, data); err != nil {
		return c.Failf("mounting %s on %s: %s", c.Args[0], c.Args[1], applet.Strerror(err.(unix.Errno)))
	}
	return applet.OK
}

// listMounts prints /proc/self/mountinfo in the form of mount(8).
func listMounts(c *applet.Call, kind string) int {
	mounts, err := mountinfo.GetMounts(nil)
	if err != nil {
		return c.Fail(err)
	}
	for _, m := range mounts {
		if kind != "" && kind != m.FSType {
			continue
		}
		options := m.Options
		if m.VFSOptions != "" {
			options = joinOptions(m.Options, m.VFSOptions)
		}
		c.Printf("%s on %s type %s (%s)\n", m.Source, m.Mountpoint, m.FSType, options)
	}
	return applet.OK
}

// joinOptions adds those of the file system that the mount point does not have.
func joinOptions(mount, super string) string {
	options := strings.Split(mount, ",")
	have := map[string]bool{"rw": true, "ro": true}
	for _, o := range options {
		have[o] = true
	}
	for o := range strings.SplitSeq(super, ",") {
		if !have[o] {
			options = append(options, o)
		}
	}
	return strings.Join(options, ",")
}

// mountFlags splits options into flags of mount(2) and data for the file system.
func mountFlags(options string) (number uintptr, data string) {
	known := map[string]uintptr{
		"ro": unix.MS_RDONLY, "nosuid": unix.MS_NOSUID, "nodev": unix.MS_NODEV, "noexec": unix.MS_NOEXEC,
		"sync": unix.MS_SYNCHRONOUS, "remount": unix.MS_REMOUNT, "bind": unix.MS_BIND, "rbind": unix.MS_BIND | unix.MS_REC,
		"noatime": unix.MS_NOATIME, "relatime": unix.MS_RELATIME, "move": unix.MS_MOVE,
		"private": unix.MS_PRIVATE, "rprivate": unix.MS_PRIVATE | unix.MS_REC, "shared": unix.MS_SHARED,
		"rshared": unix.MS_SHARED | unix.MS_REC, "slave": unix.MS_SLAVE, "rslave": unix.MS_SLAVE | unix.MS_REC,
		"rw": 0, "defaults": 0,
	}
	var rest []string
	for option := range strings.SplitSeq(options, ",") {
		flag, found := known[option]
		if !found && option != "" {
			rest = append(rest, option)
		}
		number |= flag
	}
	return number, strings.Join(rest, ",")
}

func runUmount(c *applet.Call) int {
	flags := c.Flags()
	lazy := flags.BoolP("lazy", "l", false, "take it away now, finish when it is not used any more")
	if code, ok := c.ParseOperands(flags, 1, -1); !ok {
		return code
	}
	number := 0
	if *lazy {
		number = unix.MNT_DETACH
	}
	return each(c, c.Args, func(target string) error {
		if err := unix.Unmount(target, number); err != nil {
			return fmt.Errorf("can't unmount %s: %w", target, err)
		}
		return nil
	})
}

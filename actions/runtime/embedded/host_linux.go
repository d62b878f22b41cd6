package embedded

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// boundingSet is what this process could pass on to a container at most, see
// capabilities(7).
func boundingSet() (set uint64) {
	for c := range uintptr(64) {
		has, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0)
		if err != nil {
			break
		}
		set |= uint64(has) << c
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err == nil && os.Geteuid() == 0 {
		set &= uint64(data[0].Permitted) | uint64(data[1].Permitted)<<32
	}
	return set
}

// hostDevices lists the device nodes of this machine's /dev for a privileged
// container, terminals and shared memory left out.
func hostDevices() []string {
	var list []string
	_ = filepath.WalkDir("/dev", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		switch path {
		case "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/hugepages":
			return fs.SkipDir
		}
		if entry.Type()&fs.ModeDevice != 0 && path != "/dev/ptmx" && path != "/dev/console" {
			list = append(list, path)
		}
		return nil
	})
	return list
}

// resolvConf is the host's for a container on its network, and empty otherwise:
// a name server that nobody can reach only makes programs wait.
func resolvConf(network string) string {
	if network != "host" {
		return ""
	}
	text, _ := os.ReadFile("/etc/resolv.conf")
	return strings.TrimSpace(string(text)) + "\n"
}

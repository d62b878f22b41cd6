package workload

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// File is one entry of the image's root file system: a directory, a symbolic
// link (Link is set) or a regular file with Data.
type File struct {
	Path string      // absolute, cleaned
	Mode fs.FileMode // type and permission bits; fs.ModeDir, fs.ModeSymlink or 0
	Link string      // target of a symbolic link
	Data []byte
}

// Files is the image's root file system without the binary: parents come before
// what they hold, everything belongs to root. The caller writes Binary itself,
// mode 0755. /etc/hostname, /etc/hosts and /etc/resolv.conf are the runtime's.
func Files() []File {
	return append(append(directories(), etc()...), links()...)
}

func directories() []File {
	files := []File{dir("/", 0o755)}
	for _, name := range []string{"/bin", "/dev", "/etc", "/home", "/home/student", "/mnt", "/proc",
		"/run", "/sys", "/usr", "/var", "/var/tmp"} {
		files = append(files, dir(name, 0o755))
	}
	sticky := fs.ModeSticky | 0o777
	return append(files, dir("/root", 0o700), dir("/tmp", sticky))
}

func dir(name string, mode fs.FileMode) File { return File{Path: name, Mode: fs.ModeDir | mode} }

// links are the applets' names. /bin/init is not among them: no runtime may take
// the image for a whole system.
func links() []File {
	files := []File{link("/usr/bin", "../bin"), link("/sbin", "bin")}
	for _, a := range Applets() {
		files = append(files, link(path.Join(path.Dir(Binary), a.Name), path.Base(Binary)))
	}
	return files
}

func link(name, target string) File {
	return File{Path: name, Mode: fs.ModeSymlink | 0o777, Link: target}
}

// users of the image; student is the one that lessons drop to.
var users = []struct {
	name, home, shell string
	id                int
}{
	{"root", "/root", "/bin/sh", 0},
	{"student", "/home/student", "/bin/sh", 1000},
	{"nobody", "/", "/bin/false", 65534},
}

func etc() []File {
	var passwd, group strings.Builder
	for _, u := range users {
		fmt.Fprintf(&passwd, "%s:x:%d:%d:%s:%s:%s\n", u.name, u.id, u.id, u.name, u.home, u.shell)
		fmt.Fprintf(&group, "%s:x:%d:\n", u.name, u.id)
	}
	return []File{
		text("/etc/passwd", passwd.String()),
		text("/etc/group", group.String()),
		text("/etc/os-release", "ID=isolab-workload\nNAME=\"isolab workload\"\nPRETTY_NAME=\"isolab workload\"\n"),
		text("/etc/nsswitch.conf", "hosts: files dns\n"),
	}
}

func text(name, content string) File { return File{Path: name, Mode: 0o644, Data: []byte(content)} }

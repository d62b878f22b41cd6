package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

// ascent is what the set-uid copy says about itself. Gained is the lesson: a
// program of root's with the set-uid bit, started by another user, got root.
type ascent struct {
	UID        int  `json:"uid"`
	EUID       int  `json:"euid"`
	Gained     bool `json:"gained_root"`
	NoNewPrivs int  `json:"no_new_privs"`
	NoSUID     bool `json:"nosuid"` // the copy lies on a file system mounted nosuid
}

// report is the operand that makes the probe the set-uid copy.
const reportOnly = "report-only"

func runSetuid(c *applet.Call) int {
	flags := c.Flags()
	dir := flags.String("dir", "/tmp", "where to put the set-uid copy of this program; it is removed again")
	uid := flags.Uint32("uid", 1000, "the user who starts the copy")
	asJSON := flags.Bool("json", false, "report as one line of JSON")
	if code, ok := c.ParseOperands(flags, 0, 1); !ok {
		return code
	}
	if len(c.Args) == 1 && c.Args[0] == reportOnly {
		return reportAscent(c)
	}
	found, err := climb(*dir, *uid)
	if err != nil {
		return c.Fail(err)
	}
	if *asJSON {
		c.JSON(found)
		return applet.OK
	}
	c.Printf("uid %d, euid %d: ", found.UID, found.EUID)
	if found.Gained {
		c.Printf("the set-uid program gained root\n")
		return applet.OK
	}
	c.Printf("no root gained (no_new_privs %d, nosuid %t)\n", found.NoNewPrivs, found.NoSUID)
	return applet.OK
}

// reportAscent is the copy's part.
func reportAscent(c *applet.Call) int {
	p, err := readPrivileges()
	if err != nil {
		return c.Fail(err)
	}
	c.JSON(ascent{UID: os.Getuid(), EUID: os.Geteuid(), NoNewPrivs: p.NoNewPrivs})
	return applet.OK
}

// climb makes the copy and starts it as the user. It needs root with CAP_SETUID
// and CAP_SETGID, as a container's root has by default.
func climb(dir string, uid uint32) (found ascent, err error) {
	if os.Geteuid() != 0 {
		return found, errors.New("run this as root: it hands a set-uid program to another user")
	}
	// The name decides which applet the copy is.
	place, err := os.MkdirTemp(dir, "setuid-")
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(place)) }()
	program := place + "/setuid-probe"
	if err := errors.Join(os.Chmod(place, 0o755), copySelf(program)); err != nil {
		return found, err
	}
	command := exec.Command(program, reportOnly)
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid, NoSetGroups: true}}
	command.Dir, command.Stderr = "/", os.Stderr
	output, err := command.Output()
	if err != nil {
		return found, fmt.Errorf("run the set-uid copy as user %d: %w", uid, err)
	}
	if err := json.Unmarshal(output, &found); err != nil {
		return found, fmt.Errorf("the set-uid copy said %q: %w", output, err)
	}
	found.Gained, found.NoSUID = found.EUID == 0, nosuid(place)
	return found, nil
}

// copySelf copies this program, set-uid root. The mode comes last: writing to a
// file takes its set-uid bit away.
func copySelf(to string) error {
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer from.Close()
	file, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	return errors.Join(err, file.Chmod(os.ModeSetuid|0o755), file.Close())
}

// nosuid reads the mount flags of the file system, statfs(2).
func nosuid(path string) bool {
	var stat unix.Statfs_t
	return unix.Statfs(path, &stat) == nil && stat.Flags&unix.ST_NOSUID != 0
}

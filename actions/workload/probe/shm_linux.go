package probe

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
	"isolab/schema/unit"
)

// segment is one line of /proc/sysvipc/shm, sysvipc(7); size in bytes.
type segment struct {
	ID       int    `json:"id"`
	Key      int64  `json:"key"`
	Size     int64  `json:"size"`
	Attached int    `json:"attached"`
	UID      int    `json:"uid"`
	Perms    string `json:"perms"`
}

func runShm(c *applet.Call) int {
	flags := c.Flags()
	size := applet.SizeFlag(unit.MiB)
	flags.Var(&size, "size", "bytes of the segment to create")
	key := flags.Int("key", 0, "its key; 0 makes one that only its id names")
	json := flags.Bool("json", false, "list as one line of JSON")
	if code, ok := c.ParseOperands(flags, 1, 2); !ok {
		return code
	}
	switch {
	case c.Args[0] == "create" && len(c.Args) == 1:
		return shmCreate(c, *key, int(size))
	case c.Args[0] == "list" && len(c.Args) == 1:
		return shmList(c, *json)
	case c.Args[0] == "remove" && len(c.Args) == 2:
		return shmRemove(c, c.Args[1])
	}
	return c.Usagef("expected create, list, or remove ID")
}

// shmCreate makes a segment that stays until it is removed or its IPC namespace
// ends (shmget(2)).
func shmCreate(c *applet.Call, key, size int) int {
	id, err := unix.SysvShmGet(key, size, unix.IPC_CREAT|unix.IPC_EXCL|0o600)
	if err != nil {
		return c.Failf("create a segment: %s", applet.Reason(err))
	}
	c.Printf("%d\n", id)
	return applet.OK
}

func shmRemove(c *applet.Call, operand string) int {
	id, err := strconv.Atoi(operand)
	if err != nil {
		return c.Usagef("%q is not a segment's id", operand)
	}
	if _, err := unix.SysvShmCtl(id, unix.IPC_RMID, nil); err != nil {
		return c.Failf("remove segment %d: %s", id, applet.Reason(err))
	}
	return applet.OK
}

func shmList(c *applet.Call, json bool) int {
	segments, err := readSegments()
	if err != nil {
		return c.Fail(err)
	}
	if json {
		c.JSON(segments)
		return applet.OK
	}
	c.Printf("%-10s %-10s %-8s %-6s %-12s %s\n", "KEY", "ID", "UID", "PERMS", "BYTES", "ATTACHED")
	for _, s := range segments {
		c.Printf("0x%08x %-10d %-8d %-6s %-12d %d\n", uint32(s.Key), s.ID, s.UID, s.Perms, s.Size, s.Attached)
	}
	return applet.OK
}

func readSegments() ([]segment, error) {
	file, err := os.Open("/proc/sysvipc/shm")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	segments := []segment{}
	lines := bufio.NewScanner(file)
	lines.Scan() // the heading
	for lines.Scan() {
		// key shmid perms size cpid lpid nattch uid …
		fields := strings.Fields(lines.Text())
		if len(fields) < 8 {
			return nil, fmt.Errorf("/proc/sysvipc/shm: unexpected line %q", lines.Text())
		}
		var s segment
		s.Key, _ = strconv.ParseInt(fields[0], 10, 64)
		s.ID, _ = strconv.Atoi(fields[1])
		s.Perms = fields[2]
		s.Size, _ = strconv.ParseInt(fields[3], 10, 64)
		s.Attached, _ = strconv.Atoi(fields[6])
		s.UID, _ = strconv.Atoi(fields[7])
		segments = append(segments, s)
	}
	return segments, lines.Err()
}

package probe

import (
	"errors"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

// descriptors is what openfiles reports. Limit is RLIMIT_NOFILE as it holds for
// this process: the Go runtime raises the soft limit to the hard one at start,
// so it is the hard limit that is met.
type descriptors struct {
	Wanted int    `json:"wanted"`
	Before int    `json:"before"` // descriptors that were open already
	Opened int    `json:"opened"`
	Limit  uint64 `json:"limit"`
	Reason string `json:"reason,omitempty"` // why it ended early, as an errno name
}

func runOpenfiles(c *applet.Call) int {
	flags := c.Flags()
	json := flags.Bool("json", false, "report as one line of JSON")
	hold := applet.SpanFlag(0)
	flags.Var(&hold, "hold", "keep the files open this long")
	if code, ok := c.ParseOperands(flags, 1, 1); !ok {
		return code
	}
	wanted, err := strconv.Atoi(c.Args[0])
	if err != nil || wanted < 1 {
		return c.Usagef("%q is not a number of files", c.Args[0])
	}
	d, err := openMany(wanted)
	if err != nil {
		return c.Fail(err)
	}
	d.print(c, *json)
	time.Sleep(time.Duration(hold))
	return applet.OK
}

func (d descriptors) print(c *applet.Call, json bool) {
	if json {
		c.JSON(d)
		return
	}
	why := ""
	if d.Reason != "" {
		why = ": " + d.Reason
	}
	// One write: another openfiles may print at the same moment.
	c.Printf("opened %d of %d, %d were open before, limit %d%s\n", d.Opened, d.Wanted, d.Before, d.Limit, why)
}

// openMany opens /dev/null, or the root directory where there is no /dev, until
// the number is reached or the kernel refuses. The descriptors close with the
// process.
func openMany(wanted int) (descriptors, error) {
	d := descriptors{Wanted: wanted}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return d, err
	}
	d.Limit = limit.Cur
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return d, err
	}
	d.Before = len(entries) - 1 // one of them was the directory itself
	for d.Opened < wanted {
		_, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.ENOENT) {
			_, err = unix.Open("/", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		}
		if err != nil {
			d.Reason = unix.ErrnoName(err.(unix.Errno))
			return d, nil
		}
		d.Opened++
	}
	return d, nil
}

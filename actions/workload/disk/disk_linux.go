package disk

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
)

// errDirect says that the file system has no O_DIRECT.
var errDirect = errors.New("direct I/O is refused by this file system (tmpfs and some overlays have none): " +
	"use a --file on a disk, or leave --direct out")

func run(c *applet.Call) int {
	o, code, ok := parse(c)
	if !ok {
		return code
	}
	applet.EndOnSignals()
	jobs, err := open(o)
	defer closeAll(jobs)
	if err != nil {
		return failed(c, o, newReport(o, 0, nil), err)
	}
	start := time.Now()
	err = work(o, jobs, start)
	result := newReport(o, time.Since(start), jobs)
	if err != nil {
		return failed(c, o, result, err)
	}
	result.print(c, o)
	return applet.OK
}

// work runs all jobs at once and returns the first error.
func work(o options, jobs []*job, start time.Time) error {
	var deadline time.Time
	if o.span > 0 {
		deadline = start.Add(o.span)
	}
	var group sync.WaitGroup
	errs := make([]error, len(jobs))
	for i, j := range jobs {
		group.Go(func() { errs[i] = j.run(deadline) })
	}
	group.Wait()
	return errors.Join(errs...)
}

// failed reports an error with what was done before it. A full disk is exit code
// 1 with "no space left on device", a refused --direct is 2.
func failed(c *applet.Call, o options, result report, err error) int {
	result.Error = err.Error()
	if errors.Is(err, unix.ENOSPC) {
		result.Error = unix.ENOSPC.Error()
		err = fmt.Errorf("%w; %d bytes were written before", err, result.Write.Bytes)
	}
	if o.json {
		c.JSON(result)
	}
	c.Warnf("%v", err)
	if errors.Is(err, errDirect) {
		return applet.Misuse
	}
	return applet.Failed
}

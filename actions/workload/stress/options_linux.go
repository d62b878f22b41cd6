package stress

import (
	"fmt"
	"time"

	"isolab/actions/workload/applet"
	"isolab/schema/unit"
)

// options are the classic's; their defaults are too.
type options struct {
	cpu, io, vm, hdd  int
	vmBytes, hddBytes unit.Size
	vmStride          unit.Size
	vmHang            int64 // seconds with the memory; 0 for ever, negative not at all
	vmKeep            bool
	timeout           time.Duration
	backoff           time.Duration // per worker, before it starts
	verbose, quiet    bool
	dryRun            bool
}

func parse(c *applet.Call) (o options, code int, ok bool) {
	flags := c.Flags()
	vmBytes, hddBytes, stride := applet.SizeFlag(256*unit.MiB), applet.SizeFlag(unit.GiB), applet.SizeFlag(4*unit.KiB)
	var timeout applet.SpanFlag
	var backoff int64
	flags.IntVarP(&o.cpu, "cpu", "c", 0, "workers that compute square roots")
	flags.IntVarP(&o.io, "io", "i", 0, "workers that call sync(2)")
	flags.IntVarP(&o.vm, "vm", "m", 0, "workers that map and touch memory")
	flags.Var(&vmBytes, "vm-bytes", "memory of each vm worker")
	flags.Var(&stride, "vm-stride", "touch one byte in this many")
	flags.Int64Var(&o.vmHang, "vm-hang", -1, "seconds to keep the memory before it is freed; 0: for ever")
	flags.BoolVar(&o.vmKeep, "vm-keep", false, "touch the same memory again instead of freeing it")
	flags.IntVarP(&o.hdd, "hdd", "d", 0, "workers that write a file and unlink it")
	flags.Var(&hddBytes, "hdd-bytes", "bytes that each hdd worker writes")
	flags.VarP(&timeout, "timeout", "t", "end after this long (10, 10s, 2m, 1h)")
	flags.Int64Var(&backoff, "backoff", 3000, "microseconds that each worker waits per worker before it")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "report what each worker does")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "report nothing")
	flags.BoolVarP(&o.dryRun, "dry-run", "n", false, "report what would be done")
	if code, ok = c.ParseOperands(flags, 0, 0); !ok {
		return o, code, false
	}
	o.vmBytes, o.hddBytes, o.vmStride = unit.Size(vmBytes), unit.Size(hddBytes), unit.Size(stride)
	o.timeout, o.backoff = time.Duration(timeout), time.Duration(backoff)*time.Microsecond
	if err := o.check(); err != nil {
		return o, c.Usagef("%v", err), false
	}
	return o, applet.OK, true
}

func (o options) check() error {
	for name, n := range map[string]int{"cpu": o.cpu, "io": o.io, "vm": o.vm, "hdd": o.hdd} {
		if n < 0 {
			return fmt.Errorf("--%s must not be negative: %d", name, n)
		}
	}
	if o.cpu+o.io+o.vm+o.hdd == 0 {
		return fmt.Errorf("nothing to do: ask for --cpu, --io, --vm or --hdd workers")
	}
	if o.vmBytes == 0 || o.vmStride == 0 || o.hddBytes == 0 {
		return fmt.Errorf("--vm-bytes, --vm-stride and --hdd-bytes must be above zero")
	}
	if o.backoff < 0 {
		return fmt.Errorf("--backoff must not be negative")
	}
	return nil
}

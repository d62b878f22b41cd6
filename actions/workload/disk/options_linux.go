package disk

import (
	"fmt"
	"time"

	"isolab/actions/workload/applet"
	"isolab/schema/unit"
)

// sector is the alignment that O_DIRECT may ask for: 512 bytes are enough for
// some devices, 4096 for all.
const sector = 512

// options are what the command line asks for.
type options struct {
	mode   mode
	block  unit.Size // bytes per operation
	size   unit.Size // bytes of each job's file
	direct bool
	jobs   int
	span   time.Duration // 0: one pass over the file
	file   string
	fsync  bool
	keep   bool
	json   bool
}

// mode is which operations are done, and in which order of blocks.
type mode struct {
	name                  string
	reads, writes, random bool
}

var modes = []mode{
	{name: "write", writes: true},
	{name: "read", reads: true},
	{name: "randwrite", writes: true, random: true},
	{name: "randread", reads: true, random: true},
	{name: "randrw", reads: true, writes: true, random: true},
}

func findMode(name string) (mode, error) {
	for _, m := range modes {
		if m.name == name {
			return m, nil
		}
	}
	return mode{}, fmt.Errorf("unknown mode %q; use write, read, randwrite, randread or randrw", name)
}

func parse(c *applet.Call) (o options, code int, ok bool) {
	flags := c.Flags()
	block, size, span, name := applet.SizeFlag(4*unit.KiB), applet.SizeFlag(8*unit.MiB), applet.SpanFlag(0), ""
	flags.StringVar(&name, "mode", "write", "write, read, randwrite, randread or randrw (half of each)")
	flags.Var(&block, "bs", "bytes per operation")
	flags.Var(&size, "size", "bytes of each job's file")
	flags.BoolVar(&o.direct, "direct", false, "bypass the page cache (O_DIRECT)")
	flags.IntVar(&o.jobs, "jobs", 1, "files worked on at the same time")
	flags.Var(&span, "time", "go over the file again until this long has passed (default: one pass)")
	flags.StringVar(&o.file, "file", "disk.dat", "the file; further jobs append .1, .2 …")
	flags.BoolVar(&o.fsync, "fsync", false, "flush to the device after the last write, within the time measured")
	flags.BoolVar(&o.keep, "keep", false, "leave files that were created")
	flags.BoolVar(&o.json, "json", false, "report as one line of JSON")
	if code, ok = c.ParseOperands(flags, 0, 0); !ok {
		return o, code, false
	}
	o.block, o.size, o.span = unit.Size(block), unit.Size(size), time.Duration(span)
	var err error
	if o.mode, err = findMode(name); err == nil {
		err = o.check()
	}
	if err != nil {
		return o, c.Usagef("%v", err), false
	}
	return o, applet.OK, true
}

func (o options) check() error {
	switch {
	case o.block == 0 || o.size < o.block:
		return fmt.Errorf("--size %s must hold at least one block of %s", o.size, o.block)
	case o.direct && o.block%sector != 0:
		return fmt.Errorf("--direct needs blocks that are multiples of %d bytes, not %d", sector, o.block)
	case o.jobs < 1 || o.jobs > 256:
		return fmt.Errorf("--jobs must be between 1 and 256, not %d", o.jobs)
	}
	return nil
}

package userland

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/memory"
	"isolab/schema/unit"
)

// copying is what the operands of dd ask for.
type copying struct {
	input, output     string
	inFlags, outFlags int
	block             unit.Size
	count, skip, seek int64 // blocks; count -1: to the end
	truncate, quiet   bool
	fsync, fdatasync  bool
	from, to          *os.File
	fullIn, partIn    int64
	fullOut, partOut  int64
	bytes             int64
}

func runDD(c *applet.Call) int {
	d := &copying{block: 512, count: -1, truncate: true}
	for _, operand := range c.Args {
		if operand == "--help" {
			_, _ = c.Parse(c.Flags())
			return applet.OK
		}
		if err := d.operand(operand); err != nil {
			return c.Usagef("%v", err)
		}
	}
	err := d.open(c)
	if err != nil {
		return c.Fail(err)
	}
	start := time.Now()
	err = d.copy()
	code := applet.OK
	if err != nil {
		code = c.Fail(err)
	}
	if err := d.finish(); err != nil {
		code = c.Fail(err)
	}
	d.report(c, time.Since(start))
	return code
}

func (d *copying) operand(text string) (err error) {
	key, value, found := strings.Cut(text, "=")
	if !found {
		return fmt.Errorf("unrecognized operand %q", text)
	}
	switch key {
	case "if":
		d.input = value
	case "of":
		d.output = value
	case "bs", "ibs", "obs":
		if d.block, err = applet.ParseSize(value); err == nil && d.block == 0 {
			err = fmt.Errorf("invalid block size %q", value)
		}
	case "count":
		d.count, err = blocks(value)
	case "skip", "iseek":
		d.skip, err = blocks(value)
	case "seek", "oseek":
		d.seek, err = blocks(value)
	case "iflag":
		d.inFlags, err = openFlags(value)
	case "oflag":
		d.outFlags, err = openFlags(value)
	case "conv":
		err = d.conversions(value)
	case "status":
		d.quiet = value == "none"
	default:
		return fmt.Errorf("unrecognized operand %q", text)
	}
	return err
}

// blocks reads a number of blocks; "1K" is 1024 of them.
func blocks(text string) (int64, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return n, nil
	}
	n, err := applet.ParseSize(text)
	return int64(n), err
}

func openFlags(names string) (flags int, err error) {
	known := map[string]int{"direct": unix.O_DIRECT, "append": unix.O_APPEND, "sync": unix.O_SYNC, "dsync": unix.O_DSYNC,
		"nofollow": unix.O_NOFOLLOW, "fullblock": 0}
	for name := range strings.SplitSeq(names, ",") {
		flag, ok := known[name]
		if !ok {
			return 0, fmt.Errorf("invalid flag %q", name)
		}
		flags |= flag
	}
	return flags, nil
}

func (d *copying) conversions(names string) error {
	for name := range strings.SplitSeq(names, ",") {
		switch name {
		case "fdatasync":
			d.fdatasync = true
		case "fsync":
			d.fsync = true
		case "notrunc":
			d.truncate = false
		default:
			return fmt.Errorf("invalid conversion %q", name)
		}
	}
	return nil
}

func (d *copying) open(c *applet.Call) (err error) {
	d.from, d.to = os.Stdin, os.Stdout
	if d.input != "" {
		if d.from, err = os.OpenFile(d.input, os.O_RDONLY|d.inFlags, 0); err != nil {
			return err
		}
	}
	if d.output != "" {
		flags := os.O_WRONLY | os.O_CREATE | d.outFlags
		if d.truncate && d.seek == 0 {
			flags |= os.O_TRUNC
		}
		if d.to, err = os.OpenFile(d.output, flags, 0o666); err != nil {
			return err
		}
	}
	return errors.Join(jump(d.from, d.skip*int64(d.block)), jump(d.to, d.seek*int64(d.block)))
}

func jump(file *os.File, offset int64) error {
	if offset == 0 {
		return nil
	}
	_, err := file.Seek(offset, io.SeekStart)
	return err
}

// copy moves block after block through one page-aligned buffer, as O_DIRECT asks.
func (d *copying) copy() error {
	region, err := memory.Map(d.block)
	if err != nil {
		return err
	}
	buffer := region.Bytes()[:d.block]
	for n := int64(0); d.count < 0 || n < d.count; n++ {
		got, err := d.read(buffer)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("error reading %q: %w", d.from.Name(), errors.Unwrap(err))
		}
		d.add(&d.fullIn, &d.partIn, got)
		put, err := d.to.Write(buffer[:got])
		d.bytes += int64(put)
		if err != nil {
			if put > 0 {
				d.partOut++
			}
			return fmt.Errorf("error writing %q: %w", d.to.Name(), errors.Unwrap(err))
		}
		d.add(&d.fullOut, &d.partOut, put)
	}
	return nil
}

// read fills the block unless the input ends: a signal, such as those of the Go
// scheduler, cuts a read of /dev/zero short, and count would then mean less than it
// says. With O_DIRECT a short read is the end of the file, and reading on from an
// offset that is not aligned would be an error.
func (d *copying) read(block []byte) (int, error) {
	if d.inFlags&unix.O_DIRECT != 0 {
		return d.from.Read(block)
	}
	n, err := io.ReadFull(d.from, block)
	if err == io.ErrUnexpectedEOF {
		err = nil
	}
	return n, err
}

func (d *copying) add(full, part *int64, n int) {
	if n == int(d.block) {
		*full++
		return
	}
	*part++
}

func (d *copying) finish() error {
	var err error
	switch {
	case d.fsync:
		err = d.to.Sync()
	case d.fdatasync:
		err = at(d.to.Name(), unix.Fdatasync(int(d.to.Fd())))
	}
	return errors.Join(err, d.to.Close())
}

// report prints what dd prints, on standard error.
func (d *copying) report(c *applet.Call, took time.Duration) {
	if d.quiet {
		return
	}
	rate := float64(d.bytes) / max(took.Seconds(), 1e-9)
	fmt.Fprintf(c.Stderr, "%d+%d records in\n%d+%d records out\n", d.fullIn, d.partIn, d.fullOut, d.partOut)
	fmt.Fprintf(c.Stderr, "%d bytes (%s, %s) copied, %.6g s, %s/s\n", d.bytes, decimal(float64(d.bytes)), unit.Size(d.bytes), took.Seconds(), decimal(rate))
}

// decimal prints bytes in powers of 1000: "8.4 MB", "105 MB".
func decimal(bytes float64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	i := 0
	for ; bytes >= 1000 && i < len(units)-1; i++ {
		bytes /= 1000
	}
	decimals := 0
	if i > 0 && bytes < 100 {
		decimals = 1
	}
	return strconv.FormatFloat(bytes, 'f', decimals, 64) + " " + units[i]
}

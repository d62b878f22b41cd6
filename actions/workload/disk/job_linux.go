package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/workload/memory"
	"isolab/schema/unit"
)

// job works on one file.
type job struct {
	options
	file    *os.File
	created bool
	buffer  *memory.Region // page-aligned, as O_DIRECT asks
	done    [2]tally       // by direction
}

type direction int

const (
	reading direction = iota
	writing
)

// tally counts what one job did in one direction.
type tally struct{ ops, bytes int64 }

// open prepares one file and buffer per job. On an error it returns those that
// are open already.
func open(o options) (jobs []*job, err error) {
	for i := range o.jobs {
		j := &job{options: o}
		if i > 0 {
			j.options.file = fmt.Sprintf("%s.%d", o.file, i)
		}
		jobs = append(jobs, j)
		if err := j.open(); err != nil {
			return jobs, err
		}
	}
	return jobs, nil
}

func (j *job) open() (err error) {
	if j.buffer, err = memory.Map(j.block); err != nil {
		return err
	}
	fill(j.buffer.Bytes())
	_, err = os.Lstat(j.options.file)
	j.created = errors.Is(err, fs.ErrNotExist)
	if j.mode.reads {
		if err := j.layOut(); err != nil {
			return err
		}
	}
	flags := os.O_RDWR | os.O_CREATE
	if j.direct {
		flags |= unix.O_DIRECT
	}
	j.file, err = os.OpenFile(j.options.file, flags, 0o644)
	if j.direct && errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("open %s: %w", j.options.file, errDirect)
	}
	return err
}

// layOut writes the file that is to be read, where it is shorter than asked, and
// drops it from the page cache, so that reads reach the device.
func (j *job) layOut() error {
	file, err := os.OpenFile(j.options.file, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil && info.Size() < int64(j.size) {
		err = extend(file, info.Size(), int64(j.size))
	}
	if err == nil {
		err = unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED)
	}
	return errors.Join(err, file.Close())
}

func extend(file *os.File, from, to int64) error {
	chunk := make([]byte, unit.MiB)
	fill(chunk)
	for at := from; at < to; at += int64(len(chunk)) {
		if _, err := file.WriteAt(chunk[:min(int64(len(chunk)), to-at)], at); err != nil {
			return err
		}
	}
	return file.Sync()
}

// fill puts bytes that no file system stores as a hole or compresses away.
func fill(block []byte) {
	source := rand.NewChaCha8([32]byte{'d', 'i', 's', 'k'})
	_, _ = source.Read(block)
}

// run does one pass over the file, or passes until the deadline.
func (j *job) run(deadline time.Time) error {
	blocks := int64(j.size / j.block)
	for n := int64(0); deadline.IsZero() && n < blocks || !deadline.IsZero() && time.Now().Before(deadline); n++ {
		at := n % blocks
		if j.mode.random {
			at = rand.Int64N(blocks)
		}
		if err := j.operate(j.direction(), at*int64(j.block)); err != nil {
			return err
		}
	}
	if j.fsync && j.mode.writes {
		return j.file.Sync()
	}
	return nil
}

// direction is the job's own, or either with the same chance.
func (j *job) direction() direction {
	if j.mode.writes && (!j.mode.reads || rand.IntN(2) == 1) {
		return writing
	}
	return reading
}

// operate moves one block and counts it, also the part of one that a full disk
// still took.
func (j *job) operate(way direction, at int64) error {
	move := j.file.ReadAt
	if way == writing {
		move = j.file.WriteAt
	}
	n, err := move(j.buffer.Bytes()[:j.block], at)
	j.done[way].bytes += int64(n)
	if err == nil {
		j.done[way].ops++
	}
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("read %s: the file became shorter than %s", j.options.file, j.size)
	case j.direct && errors.Is(err, unix.EINVAL):
		return fmt.Errorf("%s %s: %w", j.mode.name, j.options.file, errDirect)
	}
	return err
}

// closeAll closes the files and removes those that the run created.
func closeAll(jobs []*job) {
	for _, j := range jobs {
		if j.file != nil {
			_ = j.file.Close()
		}
		if j.created && !j.keep {
			_ = os.Remove(j.options.file)
		}
	}
}

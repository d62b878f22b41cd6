package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// output keeps what a container writes: the first bytes of each stream in a
// file, the rest only counted. The pipe is emptied all the same, so a command
// never waits for us.
type output struct {
	readers [2]*os.File
	dropped [2]int64
	done    sync.WaitGroup
}

// streams are the files in a container's directory.
var streams = [2]string{"stdout", "stderr"}

// drainTime is how long output may still arrive after the main process ended:
// what it left in the pipe is there at once, but a process that shares our pid
// namespace may have inherited the pipe and live on.
const drainTime = time.Second

// openOutput makes the pipes and begins to copy. Standard input is /dev/null.
func (r *Runtime) openOutput(name string, l *launch) (*output, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	l.close = append(l.close, null)
	l.attr.Files = []*os.File{null}
	out := &output{}
	for i, stream := range streams {
		// Appended to: an earlier start's output stays.
		file, err := os.OpenFile(r.dirs.output(name, stream), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			out.close()
			return nil, err
		}
		reader, writer, err := os.Pipe()
		if err != nil {
			out.close()
			return nil, errors.Join(err, file.Close())
		}
		l.attr.Files = append(l.attr.Files, writer)
		l.close = append(l.close, writer)
		out.readers[i] = reader
		out.done.Go(func() { out.dropped[i] = keep(file, reader, r.options.LogMax) })
	}
	return out, nil
}

// keep copies up to most bytes and counts the rest.
func keep(file, reader *os.File, most int64) (dropped int64) {
	defer file.Close()
	if info, err := file.Stat(); err == nil {
		most -= info.Size()
	}
	if _, err := io.CopyN(file, reader, max(most, 0)); errors.Is(err, io.EOF) {
		return 0
	}
	// Enough, or the disk is full: the pipe is emptied all the same.
	dropped, _ = io.Copy(io.Discard, reader)
	return dropped
}

// finish waits until both streams have ended, for a short time.
func (o *output) finish() (dropped [2]int64) {
	all := make(chan struct{})
	go func() { o.done.Wait(); close(all) }()
	select {
	case <-all:
	case <-time.After(drainTime):
		o.close()
		<-all
	}
	o.close()
	return o.dropped
}

// close ends the copying.
func (o *output) close() {
	for _, reader := range o.readers {
		if reader != nil {
			_ = reader.Close()
		}
	}
}

// copyLog writes what is kept of one stream.
func copyLog(to io.Writer, path string) error {
	if to == nil {
		return nil
	}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read output: %w", err)
	}
	defer file.Close()
	if _, err := io.Copy(to, file); err != nil {
		return fmt.Errorf("read output: %w", err)
	}
	return nil
}

package embedded

import (
	"io"
	"os"
	"sync"
	"time"

	"isolab/actions/runtime"
)

// pipes carry the standard streams of a command.
type pipes struct {
	stdin   io.Reader
	input   *os.File // our end of standard input
	readers []*os.File
	writers []io.Writer
	done    chan struct{}
	left    chan struct{}
	turn    sync.Mutex
}

// turns lets one of several goroutines write at a time.
type turns struct {
	to io.Writer
	mu *sync.Mutex
}

func (t *turns) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.to.Write(p)
}

func openPipes(l *launch, command runtime.ExecSpec) (*pipes, error) {
	p := &pipes{stdin: command.Stdin}
	near, err := p.openInput(command.Stdin)
	if err != nil {
		return p, err
	}
	l.attr.Files, l.close = []*os.File{near}, append(l.close, near)
	for _, to := range []io.Writer{command.Stdout, command.Stderr} {
		if to == nil {
			to = io.Discard
		}
		to = &turns{to: to, mu: &p.turn} // both may be the same writer
		reader, writer, err := os.Pipe()
		if err != nil {
			return p, err
		}
		l.attr.Files, l.close = append(l.attr.Files, writer), append(l.close, writer)
		p.readers, p.writers = append(p.readers, reader), append(p.writers, to)
	}
	return p, nil
}

func (p *pipes) openInput(from io.Reader) (near *os.File, err error) {
	if from == nil {
		return os.Open(os.DevNull)
	}
	near, p.input, err = os.Pipe()
	return near, err
}

// copy moves bytes until both outputs end. Input is not waited for: whoever
// types may never stop.
func (p *pipes) copy() {
	if p.input != nil {
		go func() {
			_, _ = io.Copy(p.input, p.stdin)
			_ = p.input.Close()
		}()
	}
	p.done, p.left = make(chan struct{}), make(chan struct{}, len(p.readers))
	for i, reader := range p.readers {
		go func() {
			_, _ = io.Copy(p.writers[i], reader)
			p.left <- struct{}{}
		}()
	}
	go func() {
		for range p.readers {
			<-p.left
		}
		close(p.done)
	}()
}

// finish waits for the rest of the output, but not for a process that the
// command left behind with the pipe open.
func (p *pipes) finish() {
	select {
	case <-p.done:
	case <-time.After(drainTime):
	}
	p.close()
	<-p.done
}

func (p *pipes) close() {
	for _, reader := range p.readers {
		_ = reader.Close()
	}
	if p.input != nil {
		_ = p.input.Close()
	}
}

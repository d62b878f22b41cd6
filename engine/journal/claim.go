package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// claim is a dead session that this sweep has for itself.
type claim struct {
	session   string
	file      *os.File // the journal, locked; nil when the session never had one
	says      contents
	damaged   bool
	newer     bool
	removable []Entry // what has to go, the latest first
	spared    []Entry // what stays on purpose
	gone      map[key]bool
	left      []Leftover
}

// maxJournal bounds a journal's size, in bytes: over 100,000 entries.
const maxJournal = 64 << 20

// claim takes a session if it is dead and nobody else sweeps it; nil otherwise.
func (s *sweep) claim(ctx context.Context, session string) (*claim, error) {
	switch s.judge(session) {
	case live:
		s.report.Live = append(s.report.Live, session)
		return nil, nil
	case elsewhere:
		s.report.Elsewhere = append(s.report.Elsewhere, session)
		return nil, nil
	}
	c := &claim{session: session, gone: map[key]bool{}}
	f, err := open(s.path(session, journalExt))
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("sweep %s: %w", session, err)
	}
	if taken, err := s.take(ctx, f, session); err != nil || !taken {
		return nil, errors.Join(err, f.Close())
	}
	s.crash("sweep: claimed")
	c.file = f
	return c, s.read(c)
}

// take locks the journal against other sweepers, and makes sure that none has
// deleted it meanwhile.
func (s *sweep) take(ctx context.Context, f *os.File, session string) (bool, error) {
	const poll = 10 * time.Millisecond
	end := time.Now().Add(cmp.Or(s.options.Patience, 2*time.Second))
	for {
		locked, err := tryLock(f)
		if err != nil {
			return false, fmt.Errorf("sweep %s: %w", session, err)
		}
		if locked {
			break
		}
		if time.Now().After(end) || !sleep(ctx, poll) {
			s.report.Busy = append(s.report.Busy, session)
			return false, nil
		}
	}
	there, err := os.Lstat(s.path(session, journalExt))
	if err != nil {
		return false, nil
	}
	mine, err := f.Stat()
	return err == nil && os.SameFile(there, mine), err
}

// read takes the entries from the journal. The error says how it is damaged.
func (s *sweep) read(c *claim) error {
	data, err := readOwned(c.file, maxJournal)
	if err == nil {
		c.says, err = parse(data)
	}
	c.newer = errors.Is(err, ErrNewer)
	c.damaged = err != nil && !c.newer
	for _, e := range c.says.reversed(func(Entry) bool { return true }) {
		if c.says.spares(e) && !s.options.Kept {
			c.spared = append(c.spared, e)
			continue
		}
		c.removable = append(c.removable, e)
	}
	if err != nil {
		return fmt.Errorf("sweep %s: %w", s.path(c.session, journalExt), err)
	}
	return nil
}

// crossOut notes what is gone in a journal that has to stay, to spare the next
// sweep the work. What cannot be noted is removed again, which does no harm.
func (c *claim) crossOut() error {
	if c.damaged || c.file == nil || len(c.gone) == 0 {
		return nil
	}
	if err := c.file.Truncate(c.says.size); err != nil {
		return fmt.Errorf("cross out: %w", err)
	}
	for _, l := range c.left {
		delete(c.gone, l.key())
	}
	l := &log{file: c.file, size: c.says.size}
	for k := range c.gone {
		line, err := encode(record{Op: opDone, Run: k.run, Kind: k.kind, Name: k.name})
		if err = errors.Join(err, l.append(line)); err != nil {
			return fmt.Errorf("cross out: %w", err)
		}
	}
	return nil
}

func release(claims []*claim) {
	for _, c := range claims {
		if c.file != nil {
			c.file.Close()
		}
	}
}

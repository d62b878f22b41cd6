package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"isolab/actions"
)

// SweepOptions are what a sweep does. The zero value is good.
type SweepOptions struct {
	// Session sweeps this one only. Empty: every dead one.
	Session string
	// Kept removes also what was kept on purpose.
	Kept bool
	// Late tells how long after its maker's death something may still come into
	// being, 0 for never: a daemon works on the dead client's request. It is removed a
	// second time after that. Nil: nothing does.
	Late func(Entry) time.Duration
	// Patience is how long to wait for another sweeper of the same session. 0 is 2 s.
	Patience time.Duration
	// Timeout bounds the sweep, besides ctx. 0 is 60 s.
	Timeout time.Duration
	// Attempts is how often a removal is tried. 0 is 3.
	Attempts int
	// Crash is as in Options.
	Crash func(point string)
}

// Sweep removes what the journals of dead sessions in dir list, the latest first,
// and then these journals. A missing dir is an empty one. It touches nothing that
// no journal lists, and no session that lives. It is idempotent, may be killed at
// any moment, and any number may run at once.
//
// The error joins what went wrong, as Report.Err does. ErrCorrupt: a journal was
// damaged; what its whole lines list was removed, and the file set aside for a
// person to look at. ErrUnknownKind: this program cannot remove it; it stays
// listed.
func Sweep(ctx context.Context, dir string, removers map[string]actions.Remover, options SweepOptions) (Report, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(options.Timeout, 2*defaultTimeout))
	defer cancel()
	s := &sweep{dir: dir, removers: removers, options: options}
	if err := s.run(ctx); err != nil {
		s.report.fail(fmt.Errorf("sweep: %w", err))
	}
	s.report.Took = time.Since(began)
	return s.report, s.report.Err()
}

// sweep is one pass over a state directory.
type sweep struct {
	dir      string
	removers map[string]actions.Remover
	options  SweepOptions
	report   Report
}

func (s *sweep) run(ctx context.Context) error {
	err := trusted(s.dir)
	var names, unfinished []string
	if err == nil {
		names, unfinished, err = sessions(s.dir)
	}
	if errors.Is(err, os.ErrNotExist) { // the last session in it takes the directory along
		return nil
	}
	if err != nil {
		return err
	}
	if s.options.Session == "" {
		s.report.fail(s.dropUnfinished(unfinished))
	}
	claims := s.claimAll(ctx, names)
	defer release(claims)
	for _, c := range claims {
		c.left = s.removal(c).all(ctx, c.removable)
	}
	s.again(ctx, claims)
	for _, c := range claims {
		s.report.fail(s.finish(c))
	}
	return ctx.Err()
}

// claimAll takes every dead session that nobody else sweeps.
func (s *sweep) claimAll(ctx context.Context, names []string) []*claim {
	var claims []*claim
	for _, name := range names {
		if s.options.Session != "" && name != s.options.Session {
			continue
		}
		c, err := s.claim(ctx, name)
		s.report.fail(err)
		if c != nil {
			claims = append(claims, c)
		}
	}
	return claims
}

// dropUnfinished deletes the lock files of sessions that died before they had
// begun. One that is just beginning notices it, and takes another name.
func (s *sweep) dropUnfinished(paths []string) error {
	var all error
	for _, path := range paths {
		f, err := open(path)
		if err != nil {
			continue
		}
		if locked, _ := tryLock(f); locked {
			all = errors.Join(all, remove(path))
		}
		f.Close()
	}
	return all
}

// again removes once more what may have come into being meanwhile, after the pause
// that a daemon may need to finish what a dead client had asked for. Without the
// pause, all of that is left for another sweep.
func (s *sweep) again(ctx context.Context, claims []*claim) {
	late := map[*claim][]Entry{}
	var pause time.Duration
	for _, c := range claims {
		for _, e := range c.removable {
			if after := s.late(e); c.gone[e.key()] && after > 0 {
				late[c] = append(late[c], e)
				pause = max(pause, after)
			}
		}
	}
	if len(late) == 0 {
		return
	}
	waited := sleep(ctx, pause)
	s.crash("sweep: late")
	for _, c := range claims {
		if waited {
			c.left = append(c.left, s.removal(c).all(ctx, late[c])...)
			continue
		}
		for _, e := range late[c] {
			c.left = append(c.left, leftover(e, ctx.Err()))
		}
	}
}

func (s *sweep) late(e Entry) time.Duration {
	if s.options.Late == nil {
		return 0
	}
	return s.options.Late(e)
}

func (s *sweep) removal(c *claim) removal {
	return removal{
		removers: s.removers,
		attempts: cmp.Or(s.options.Attempts, defaultAttempts),
		patience: cmp.Or(s.options.Timeout, 2*defaultTimeout) / 8,
		crash:    s.crash,
		removed:  func(e Entry) { c.gone[e.key()] = true },
	}
}

// finish deletes the files of a session of which nothing is left, sets damaged
// ones aside, and otherwise crosses out what is gone.
func (s *sweep) finish(c *claim) error {
	s.account(c)
	if c.newer {
		return nil
	}
	if len(c.left) > 0 || len(c.spared) > 0 {
		return c.crossOut()
	}
	journal, lock := s.path(c.session, journalExt), s.path(c.session, lockExt)
	if c.damaged {
		s.report.Corrupt = append(s.report.Corrupt, journal+corruptExt)
		if err := os.Rename(journal, journal+corruptExt); err != nil {
			return fmt.Errorf("set damaged journal aside: %w", err)
		}
	}
	err := remove(journal+newExt, journal)
	s.crash("sweep: journal")
	err = errors.Join(err, remove(lock))
	s.crash("sweep: lock")
	s.report.Sessions = append(s.report.Sessions, c.session)
	return err
}

// account adds a session to the report.
func (s *sweep) account(c *claim) {
	stays := map[key]bool{}
	for _, l := range c.left {
		stays[l.key()] = true
	}
	for _, e := range c.removable {
		if c.gone[e.key()] && !stays[e.key()] {
			s.report.Removed = append(s.report.Removed, e)
		}
	}
	s.report.Left = append(s.report.Left, c.left...)
	s.report.Kept = append(s.report.Kept, c.spared...)
}

func (s *sweep) path(session, ext string) string { return filepath.Join(s.dir, session+ext) }

func (s *sweep) crash(point string) {
	if s.options.Crash != nil {
		s.options.Crash(point)
	}
}

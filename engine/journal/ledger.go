package journal

import (
	"fmt"
	"maps"

	"isolab/actions"
)

// ledger is the part of a journal that belongs to one run.
type ledger struct {
	journal *Journal
	run     string
}

var _ actions.Ledger = (*ledger)(nil)

// Intend is idempotent while the entry is open. Other attributes replace its own.
func (l *ledger) Intend(kind, name string, attrs map[string]string) error {
	l.journal.mu.Lock()
	defer l.journal.mu.Unlock()
	return l.journal.intend(record{Op: opIntend, Run: l.run, Kind: kind, Name: name, Attrs: attrs})
}

// Share is idempotent for all runs of the session.
func (l *ledger) Share(kind, name string, attrs map[string]string) error {
	l.journal.mu.Lock()
	defer l.journal.mu.Unlock()
	if err := l.journal.intend(record{Op: opShare, Kind: kind, Name: name, Attrs: attrs}); err != nil {
		return err
	}
	l.journal.uses(key{kind: kind, name: name}, l.run)
	return nil
}

// Done crosses out the run's own entry, else the shared one that the run uses.
// What is not there is no error. The cross need not reach the disk: without it a
// sweep removes once more what is gone.
func (l *ledger) Done(kind, name string) error {
	l.journal.mu.Lock()
	defer l.journal.mu.Unlock()
	own := key{l.run, kind, name}
	if l.journal.says.index(own) >= 0 {
		return l.journal.cross(own)
	}
	shared := key{kind: kind, name: name}
	if !l.journal.shares[shared][l.run] {
		return nil
	}
	return l.journal.cross(shared)
}

// Holds is true for what the run intended, and for what it shares.
func (l *ledger) Holds(kind, name string) bool {
	l.journal.mu.Lock()
	defer l.journal.mu.Unlock()
	shared := key{kind: kind, name: name}
	return l.journal.says.index(key{l.run, kind, name}) >= 0 ||
		l.journal.shares[shared][l.run] && l.journal.says.index(shared) >= 0
}

func (j *Journal) intend(r record) error {
	k := key{r.Run, r.Kind, r.Name}
	if i := j.says.index(k); !j.closed && i >= 0 && maps.Equal(j.says.open[i].Attrs, r.Attrs) {
		return nil
	}
	r.Attrs = maps.Clone(r.Attrs)
	if err := j.write(r); err != nil {
		return fmt.Errorf("write down intent of %s %q: %w", r.Kind, r.Name, err)
	}
	return j.past.apply(r)
}

func (j *Journal) uses(shared key, run string) {
	if j.shares[shared] == nil {
		j.shares[shared] = map[string]bool{}
	}
	j.shares[shared][run] = true
}

// cross takes an entry out. When it was the last, the log is emptied, for which a
// full disk has room.
func (j *Journal) cross(k key) error {
	if j.log == nil {
		return nil
	}
	j.crash("done: before")
	j.says.cross(k)
	delete(j.shares, k)
	err := j.appendCross(k)
	j.crash("done: written")
	if err != nil {
		return fmt.Errorf("cross out %s %q: %w", k.kind, k.name, err)
	}
	return nil
}

func (j *Journal) appendCross(k key) error {
	if len(j.says.open) == 0 && len(j.says.kept) == 0 {
		return j.log.clear()
	}
	line, err := encode(record{Op: opDone, Run: k.run, Kind: k.kind, Name: k.name})
	if err != nil {
		return err
	}
	return j.log.append(line)
}

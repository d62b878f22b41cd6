package journal

import (
	"bytes"
	"errors"
	"os"
)

// standing is what a session is to a sweep.
type standing int

const (
	live standing = iota
	dead
	elsewhere // another machine's
)

// judge decides whether a session is dead. Where that cannot be known it lives.
func (s *sweep) judge(session string) standing {
	f, err := open(s.path(session, lockExt))
	if errors.Is(err, os.ErrNotExist) {
		return s.judgeLockless(session)
	}
	if err != nil {
		return live
	}
	defer f.Close()
	who, known := ownerIn(f)
	if known && who.foreign() {
		return elsewhere
	}
	if locked, _ := tryLock(f); locked || known && who.gone() {
		return dead
	}
	return live
}

// judgeLockless decides about a journal whose lock file somebody has deleted.
func (s *sweep) judgeLockless(session string) standing {
	f, err := open(s.path(session, journalExt))
	if errors.Is(err, os.ErrNotExist) {
		return dead
	}
	if err != nil {
		return live
	}
	defer f.Close()
	who, known := ownerIn(f)
	switch {
	case !known:
		return dead // without a first line nothing will be removed for it
	case who.foreign():
		return elsewhere
	case who.gone():
		return dead
	}
	return live
}

// ownerIn reads whose session it is from the first line of either file.
func ownerIn(f *os.File) (owner, bool) {
	data, err := readOwned(f, maxJournal)
	if err != nil {
		return owner{}, false
	}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	r, err := decode(first)
	if err != nil || r.Op != opBegin || r.Owner == nil {
		return owner{}, false
	}
	return *r.Owner, true
}

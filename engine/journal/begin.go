package journal

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// begin makes the files of the session, and starts its reaper, when the first
// record is about to be written. A failure leaves nothing, so that the next intent
// tries again.
func (j *Journal) begin() error {
	if j.log != nil {
		return nil
	}
	who, err := self()
	if err != nil {
		return fmt.Errorf("begin journal: %w", err)
	}
	if err := j.takeLock(who); err != nil {
		return fmt.Errorf("begin journal: %w", err)
	}
	if err := j.makeLog(who); err != nil {
		return errors.Join(fmt.Errorf("begin journal: %w", err), j.forget())
	}
	j.crash("begin: journal")
	j.startReaper()
	return nil
}

// takeLock publishes a lock file that is locked already and says who has it. A
// sweeper takes a file that is not locked yet for a dead one's, so it is made
// under another name; should it be swept away even there, another one is made.
func (j *Journal) takeLock(who owner) error {
	return persist(5*time.Second, func() error {
		if _, err := prepare(j.dir); err != nil { // it goes with the last session in it
			return err
		}
		return j.tryTakeLock(who)
	})
}

var errSwept = errors.New("a sweep took the file away")

func (j *Journal) tryTakeLock(who owner) (err error) {
	j.session = newSession()
	path := j.path(lockExt)
	j.lock, err = create(path + newExt)
	if err != nil {
		j.session = ""
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.forget())
		}
	}()
	j.crash("begin: lock created")
	locked, err := tryLock(j.lock)
	if err != nil {
		return err
	}
	if !locked {
		return errSwept
	}
	if err := writeHead(j.lock, record{Op: opBegin, Version: version, Session: j.session, Owner: &who}); err != nil {
		return err
	}
	j.crash("begin: lock written")
	if err := os.Rename(path+newExt, path); errors.Is(err, os.ErrNotExist) {
		return errSwept
	} else if err != nil {
		return err
	}
	j.crash("begin: lock")
	return nil
}

// makeLog publishes the journal with its first line.
func (j *Journal) makeLog(who owner) (err error) {
	path := j.path(journalExt)
	if j.file, err = create(path + newExt); err != nil {
		return err
	}
	j.crash("begin: journal created")
	head := record{Op: opBegin, Version: version, Session: j.session, Owner: &who}
	if err := writeHead(j.file, head); err != nil {
		return err
	}
	if err := os.Rename(path+newExt, path); err != nil {
		return err
	}
	if err := syncDir(j.dir); err != nil {
		return err
	}
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	j.log = &log{file: j.file, head: info.Size(), size: info.Size()}
	return nil
}

// writeHead writes the first line of a new file, and waits for the disk.
func writeHead(f *os.File, r record) error {
	line, err := encode(r)
	if err != nil {
		return err
	}
	if _, err := f.Write(line); err != nil {
		return err
	}
	return f.Sync()
}

// forget removes the files of a session that lists nothing: the journal first, so
// that there never is one without its lock.
func (j *Journal) forget() error {
	journal, lock := j.path(journalExt), j.path(lockExt)
	err := remove(journal+newExt, journal)
	j.crash("end: journal")
	err = errors.Join(err, remove(lock+newExt, lock))
	j.crash("end: lock")
	return errors.Join(err, j.letGo())
}

// letGo closes the files, and with them gives up the lock.
func (j *Journal) letGo() error {
	var err error
	for _, f := range []*os.File{j.file, j.lock} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	j.file, j.lock, j.log, j.session = nil, nil, nil, ""
	return err
}

func (j *Journal) startReaper() {
	if len(j.options.Reaper) == 0 || j.reaper != nil {
		return
	}
	reaper, err := StartReaper(j.options.Reaper[0], append(j.options.Reaper[1:len(j.options.Reaper):len(j.options.Reaper)], j.dir, j.session)...)
	if err != nil {
		j.note("no reaper: %v; what a SIGKILL leaves behind waits for the next isolab", err)
		return
	}
	j.reaper = reaper
}

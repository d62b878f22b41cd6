package journal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"isolab/actions"
)

// Options are how a session keeps its journal. The zero value is good.
type Options struct {
	// Reaper is the command that StartReaper gets when the first intent is written:
	// an executable and its arguments, usually /proc/self/exe (the running program
	// even after its file was replaced) or os.Executable. Empty: no reaper, and
	// what a SIGKILL leaves behind waits for the next Sweep.
	Reaper []string
	// Timeout bounds one Cleanup or Close as a whole. 0 is 30 s.
	Timeout time.Duration
	// Attempts is how often a removal is tried. 0 is 3.
	Attempts int
	// Note is told what went wrong without harm, such as a reaper that could not
	// be started. Nil: nobody.
	Note func(text string)
	// Crash is called at every step that changes something, with the step's name,
	// so that a test can die there.
	Crash func(point string)
}

// Journal is the record of one session. Methods are safe for concurrent use.
type Journal struct {
	dir     string
	options Options

	mu      sync.Mutex
	session string // empty until the first intent
	lock    *os.File
	file    *os.File
	log     *log
	reaper  *Reaper
	says    contents
	shares  map[key]map[string]bool // which runs use a shared entry
	past    contents                // what was ever intended, crossed out or not
	closed  bool
}

// Open prepares the state directory, mode 0700. Nothing is written to it before
// the first intent. The caller ends the session with Close.
func Open(dir string, options Options) (*Journal, error) {
	dir, err := prepare(dir)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return &Journal{dir: dir, options: options, shares: map[key]map[string]bool{}}, nil
}

// Run returns the ledger of one run of the session.
func (j *Journal) Run(id string) actions.Ledger { return &ledger{journal: j, run: id} }

// Session names the session's files; empty while nothing was intended.
func (j *Journal) Session() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.session
}

// Entries are the open ones: what exists, or may exist, because of this session.
func (j *Journal) Entries() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Entry(nil), j.says.open...)
}

// Intended are the entries of a kind that a run ever wrote down, crossed out or not,
// for who looks whether the things are gone.
func (j *Journal) Intended(run, kind string) []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(j.past.open), func(e Entry) bool { return e.Run != run || e.Kind != kind })
}

// Keep marks that what the run made stays after the end of the session. Sweeps
// leave it alone unless SweepOptions.Kept is set. What the session shares stays as
// long as anything kept does.
func (j *Journal) Keep(run string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.log == nil {
		return nil
	}
	return j.write(record{Op: opKeep, Run: run})
}

// Descriptors are the file descriptors that the journal itself holds, for who
// looks for forgotten ones.
func (j *Journal) Descriptors() []int {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []int
	for _, f := range []*os.File{j.lock, j.file} {
		if f != nil {
			all = append(all, int(f.Fd()))
		}
	}
	return append(all, j.reaper.descriptors()...)
}

// write makes a record durable, and then lets it count.
func (j *Journal) write(r record) error {
	if j.closed {
		return fmt.Errorf("journal: %w", os.ErrClosed)
	}
	line, err := encode(r)
	if err != nil {
		return err
	}
	if err := j.begin(); err != nil {
		return err
	}
	if err := j.present(); err != nil {
		return err
	}
	j.crash(r.Op + ": before")
	if err := j.log.durable(line); err != nil {
		return err
	}
	j.crash(r.Op + ": written")
	return j.says.apply(r)
}

// present makes sure that the journal is still where a sweep will look for it.
func (j *Journal) present() error {
	there, err := os.Lstat(j.path(journalExt))
	if err != nil {
		return fmt.Errorf("journal was removed: %w", err)
	}
	mine, err := j.file.Stat()
	if err != nil || !os.SameFile(there, mine) {
		return errors.Join(fmt.Errorf("journal %s was replaced", j.path(journalExt)), err)
	}
	return nil
}

func (j *Journal) path(ext string) string { return filepath.Join(j.dir, j.session+ext) }

func (j *Journal) crash(point string) {
	if j.options.Crash != nil {
		j.options.Crash(point)
	}
}

func (j *Journal) note(format string, args ...any) {
	if j.options.Note != nil {
		j.options.Note(fmt.Sprintf(format, args...))
	}
}

// newSession makes a name that no other session has had: the process id, for
// people, and 40 random bits.
func newSession() string {
	return fmt.Sprintf("%d-%s", os.Getpid(), strings.ToLower(rand.Text()[:8]))
}

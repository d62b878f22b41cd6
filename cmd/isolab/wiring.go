package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"isolab/actions"
	"isolab/actions/machine"
	"isolab/actions/runtime"
	"isolab/cmd/isolab/console"
	"isolab/engine"
	"isolab/engine/event"
	"isolab/engine/journal"
	"isolab/engine/receipt"
	"isolab/engine/report"
	"isolab/schema"
)

// machinery is what a run needs of this machine, put together.
type machinery struct {
	app      *app
	flags    runFlags
	facts    *machine.Facts
	chooser  *chooser
	journal  *journal.Journal
	state    string
	scratch  string
	sink     event.Sink
	shown    func(context.Context) error // waits until standard output has every event
	leave    func() error                // ends what is on standard output
	closers  []func() error
	started  time.Time
	question sync.Mutex // one permission prompt at a time
	granted  map[grantee]bool
}

// open puts the machinery together. many is the number of scenarios, which
// decides how much is shown.
func (a *app) open(ctx context.Context, flags runFlags, many int) (*machinery, error) {
	a.makes.Store(true)
	m, err := a.look(ctx, flags)
	if err != nil {
		return nil, err
	}
	os.Setenv("ISOLAB_STATE", m.state) // for the reaper, which has no flags
	if err := makeState(m.state); err != nil {
		return nil, err
	}
	if m.journal, err = journal.Open(filepath.Join(m.state, "journal"), journal.Options{
		Reaper: []string{"/proc/self/exe"},
		Note:   func(text string) { a.log.Warn().Msg(console.Clean(text)) },
	}); err != nil {
		return nil, err
	}
	if m.sink, err = m.sinks(ctx, many); err != nil {
		return nil, err
	}
	return m, nil
}

// look is the part of the machinery that makes nothing.
func (a *app) look(ctx context.Context, flags runFlags) (*machinery, error) {
	m := &machinery{app: a, flags: flags, facts: machine.Look(ctx, "/"), state: a.stateDir(), started: time.Now(), granted: map[grantee]bool{}}
	m.scratch = scratchDir(m.state)
	var err error
	m.chooser, err = newChooser(flags.runtime, m.state)
	return m, err
}

// stateDir is where journals, images and scratch files are kept: a whole path, as the
// journals list what lies below it for whoever sweeps, wherever that is done.
func (a *app) stateDir() string {
	dir := a.chosenState()
	if whole, err := filepath.Abs(dir); err == nil {
		return whole
	}
	return dir
}

// scratchDir holds the scratch directories of runs.
func scratchDir(state string) string { return filepath.Join(state, "scratch") }

func (a *app) chosenState() string {
	if a.state != "" {
		return a.state
	}
	if dir := os.Getenv("ISOLAB_STATE"); dir != "" {
		return dir
	}
	if os.Geteuid() == 0 {
		return "/var/lib/isolab"
	}
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "isolab")
	}
	if dir, err := os.UserHomeDir(); err == nil {
		return filepath.Join(dir, ".local", "state", "isolab")
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("isolab-%d", os.Geteuid()))
}

// makeState makes the state directory, or opens the way through one that is there:
// root in a container's user namespace is nobody special outside, and has to get to
// its files below. What is secret there has a mode of its own.
func makeState(dir string) error {
	const way = 0o711
	err := os.MkdirAll(dir, way)
	if info, there := os.Stat(dir); err == nil && there == nil && info.Mode().Perm()&0o011 != 0o011 {
		err = os.Chmod(dir, info.Mode().Perm()|0o011)
	}
	if err != nil {
		return fmt.Errorf("state directory: %w; name another with --state or ISOLAB_STATE", err)
	}
	return nil
}

// sinks is everything that reads the events: the reports, and the terminal. That one
// comes last, through a queue: a paused pager must not keep a run from its end.
func (m *machinery) sinks(ctx context.Context, many int) (event.Sink, error) {
	var sinks []event.Sink
	for _, wanted := range m.flags.reports {
		kind, path, ok := strings.Cut(wanted, "=")
		if !ok {
			return nil, usagef("--report %s: write it as kind=file, such as junit=result.xml", wanted)
		}
		sink, done, err := report.Open(kind, path)
		if err != nil {
			return nil, usageError{err}
		}
		sinks, m.closers = append(sinks, sink), append(m.closers, done)
	}
	if m.app.log.GetLevel() <= zerolog.DebugLevel {
		sinks = append(sinks, logged(m.app.log))
	}
	return event.Tee(append(sinks, m.screen(ctx, many))...), nil
}

// detail is how much the terminal shows: one scenario is told in full, many are
// listed.
func (a *app) detail(many int) console.Detail {
	switch {
	case a.quiet:
		return console.Quiet
	case a.verbose > 1:
		return console.Traced
	case a.verbose == 1 || many == 1:
		return console.Full
	}
	return console.Brief
}

// session makes an engine session. Built-in scenarios have every permission that
// they declare.
func (m *machinery) session(builtin bool) *engine.Session {
	return engine.NewSession(engine.Services{
		Runtimes:  m.chooser,
		Machine:   m,
		Journal:   m.journal,
		Removers:  removers(m.state, m.chooser.byName),
		Clock:     engine.RealClock(),
		Scratch:   m.scratch,
		Root:      "/",
		Grant:     m.grant(builtin),
		Pause:     m.pause,
		Inventory: m.inventory,
		Locate:    locate,
	}, m.sink, m.flags.keep)
}

// Lacks implements engine.Machine.
func (m *machinery) Lacks(ctx context.Context, requires schema.Requires, rt runtime.Runtime) []engine.Lack {
	var lacks []engine.Lack
	for _, lack := range m.facts.Lacks(ctx, requires, m.chooser.info(rt)) {
		lacks = append(lacks, engine.Lack(lack))
	}
	return lacks
}

// Describe implements engine.Machine.
func (m *machinery) Describe(context.Context) event.Session {
	return event.Session{
		Version: event.Version, Isolab: version, OS: goruntime.GOOS, Arch: goruntime.GOARCH,
		Kernel: m.facts.Kernel, CPUs: m.facts.CPUs, Memory: int64(m.facts.Memory), Cgroup: m.facts.CgroupVersion(),
	}
}

// grant decides whether a program may have the permissions it needs.
func (m *machinery) grant(builtin bool) func(context.Context, *engine.Program) error {
	return func(ctx context.Context, p *engine.Program) error {
		if builtin {
			return nil
		}
		var missing []actions.Permission
		for _, need := range p.Needs {
			if !slices.Contains(m.flags.allow, string(need)) {
				missing = append(missing, need)
			}
		}
		if len(missing) == 0 || m.ask(ctx, p.Name(), missing) {
			return nil
		}
		return denial(missing)
	}
}

// denial is the refusal, with the flags to copy.
func denial(missing []actions.Permission) error {
	var names, flags []string
	for _, p := range missing {
		names = append(names, fmt.Sprintf("%s (%s)", p, p.About()))
		flags = append(flags, "--allow "+string(p))
	}
	return fmt.Errorf("refused: it needs %s; to grant it, run again with %s", strings.Join(names, ", "), strings.Join(flags, " "))
}

// inventory counts what is on the machine, for the receipt.
func (m *machinery) inventory(ctx context.Context, rt runtime.Runtime, run string) receipt.Inventory {
	sources := append(receipt.Host("/"), receipt.Labelled(receipt.Containers, rt, actions.Label, run), receipt.FilesIn(m.scratch),
		receipt.Objects(receipt.Images, func(ctx context.Context) ([]receipt.Item, error) { return brought(ctx, m.journal, rt, run) }))
	if lister, ok := rt.(runtime.VolumeLister); ok {
		sources = append(sources, receipt.Labelled(receipt.Volumes, volumes{lister}, actions.Label, run))
	}
	taken, _ := receipt.Take(ctx, sources...) // what could not be counted is in it
	return taken
}

// volumes lists volumes in the place of containers.
type volumes struct{ runtime.VolumeLister }

// List implements receipt.Lister.
func (v volumes) List(ctx context.Context, label, value string) ([]string, error) {
	return v.Volumes(ctx, label, value)
}

// brought lists the images that the run ever wrote down, and that are there. An
// image carries no mark of who brought it, and may be anybody's under the same name:
// it has to be the one that was written down.
func brought(ctx context.Context, j *journal.Journal, rt runtime.Runtime, run string) ([]receipt.Item, error) {
	var items []receipt.Item
	for _, entry := range j.Intended(run, "image") {
		found, err := rt.Images().Resolve(ctx, entry.Name)
		if errors.Is(err, runtime.ErrNotFound) {
			continue
		}
		if err != nil {
			return items, err
		}
		if id := entry.Attrs["id"]; id == "" || id == found.ID {
			items = append(items, receipt.Item{Name: entry.Name, ID: found.ID, Run: run})
		}
	}
	return items, nil
}

// start opens the log.
func (m *machinery) start(ctx context.Context, programs []program) {
	session := m.Describe(ctx)
	for _, p := range programs {
		session.Selected = append(session.Selected, p.Name())
	}
	m.sink(event.Event{Kind: event.SessionStart, Time: time.Now(), Session: &session})
}

// finish closes the log, removes what the session shared, and chooses the exit
// code.
func (m *machinery) finish(ctx context.Context, summaries []engine.Summary) error {
	totals := &event.Totals{Scenarios: map[event.Outcome]int{}, Duration: time.Since(m.started)}
	for _, s := range summaries {
		if s.Name != "" {
			totals.Scenarios[s.Outcome]++
			totals.Claims = totals.Claims.Plus(s.Claims)
		}
	}
	closing := m.close(ctx)
	m.sink(event.Event{Kind: event.SessionEnd, Time: time.Now(), Totals: totals})
	if err := m.showAll(ctx); err != nil && closing == nil && !interrupted(ctx) {
		closing = err
	}
	for _, done := range m.closers {
		if err := done(); err != nil && closing == nil {
			closing = fmt.Errorf("write the report: %w", err)
		}
	}
	if closing != nil {
		return closing
	}
	return exitFor(ctx, summaries)
}

func (m *machinery) close(ctx context.Context) error {
	err := m.journal.Close(ctx, removers(m.state, m.chooser.byName)).Err()
	m.letGo()
	return err
}

// letGo takes away what is not needed any more.
func (m *machinery) letGo() {
	m.chooser.Close()
	for _, dir := range []string{m.scratch, filepath.Join(m.state, "journal"), m.state} {
		os.Remove(dir) // only when it is empty
	}
}

// pause is the presenter's stop: it waits for Enter when a person watches.
func (m *machinery) pause(ctx context.Context, prompt string) error {
	if !m.app.interactive() || !term.IsTerminal(int(m.app.out.Fd())) {
		return nil
	}
	if prompt == "" {
		prompt = "Enter goes on"
	}
	if err := m.shown(ctx); err != nil {
		return err
	}
	fmt.Fprintf(m.app.err, "      %s ", console.Clean(prompt))
	if err := readLine(ctx, m.app.in, io.Discard); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

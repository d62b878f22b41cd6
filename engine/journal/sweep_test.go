package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"isolab/actions"
)

// lastLife is a process that had this one's id before it.
func lastLife(t testing.TB) owner {
	t.Helper()
	who, err := self()
	must(t, err)
	who.Start--
	return who
}

// leave writes the files of a session: the lock of its owner, and a journal.
func leave(t testing.TB, dir, session string, who owner, lines ...string) {
	t.Helper()
	head := line1(t, record{Op: opBegin, Version: version, Session: session, Owner: &who})
	must(t, os.WriteFile(filepath.Join(dir, session+lockExt), []byte(head), 0o600),
		os.WriteFile(filepath.Join(dir, session+journalExt), []byte(head+strings.Join(lines, "")), 0o600))
}

func intent(t testing.TB, kind, name string) string {
	return line1(t, record{Op: opIntend, Run: "r", Kind: kind, Name: name})
}

func files(t testing.TB, dir string) string { return strings.Join(names(t, dir), " ") }

func sweepDir(dir string, r *recorder, options SweepOptions) (Report, error) {
	return Sweep(context.Background(), dir, r.removers(), options)
}

func TestSweepOfNothing(t *testing.T) {
	report, err := Sweep(context.Background(), filepath.Join(t.TempDir(), "missing"), nil, SweepOptions{})
	if err != nil || report.String() != "0 removed" {
		t.Errorf("%v, %v", report, err)
	}
}

func TestSweepRemovesADeadSessionsThingsInReverse(t *testing.T) {
	dir, r := t.TempDir(), &recorder{}
	leave(t, dir, "dead", lastLife(t), intent(t, "object", "1"), intent(t, "object", "2"), intent(t, "image", "3"),
		line1(t, record{Op: opDone, Run: "r", Kind: "object", Name: "2"}), intent(t, "object", "half")[:20])
	report, err := sweepDir(dir, r, SweepOptions{})
	if err != nil || !slices.Equal(r.order, []string{"3", "1"}) || len(report.Removed) != 2 || files(t, dir) != "" {
		t.Errorf("order %v, report %+v, error %v, files %q", r.order, report, err, files(t, dir))
	}
}

// A sweep that has no time for the second look leaves all of it to the next one.
func TestSweepIsCutShortInThePause(t *testing.T) {
	dir, r := t.TempDir(), &recorder{}
	leave(t, dir, "one", lastLife(t), intent(t, "container", "1"), intent(t, "container", "2"))
	leave(t, dir, "two", lastLife(t), intent(t, "container", "3"))
	removers := map[string]actions.Remover{"container": r.removers()["object"]}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	report, _ := Sweep(ctx, dir, removers, SweepOptions{Late: after(time.Minute)})
	if len(report.Left) != 3 || len(report.Sessions) != 0 {
		t.Errorf("left %v, sessions %v", report.Left, report.Sessions)
	}
	report, err := Sweep(context.Background(), dir, removers, SweepOptions{Late: after(time.Millisecond)})
	if err != nil || len(report.Removed) != 3 || files(t, dir) != "" {
		t.Errorf("then removed %v, files %q, %v", report.Removed, files(t, dir), err)
	}
}

// A sweep waits for what may come late, and looks at nothing else twice.
func TestSweepWaitsForTheLateOnly(t *testing.T) {
	dir, r := t.TempDir(), &recorder{}
	leave(t, dir, "dead", lastLife(t), intent(t, "object", "early"), intent(t, "object", "late"))
	late := func(e Entry) time.Duration {
		if e.Name == "late" {
			return time.Millisecond
		}
		return 0
	}
	if _, err := sweepDir(dir, r, SweepOptions{Late: late}); err != nil || !slices.Equal(r.order, []string{"late", "early", "late"}) {
		t.Errorf("removed %v, %v", r.order, err)
	}
}

func TestSweepLeavesTheLivingAlone(t *testing.T) {
	dir, r := t.TempDir(), &recorder{}
	j := openJournal(t, dir, Options{})
	must(t, j.Run("r").Intend("object", "mine", nil))
	who, err := self()
	must(t, err)
	leave(t, dir, "lockless", who, intent(t, "object", "theirs"))
	must(t, os.Remove(filepath.Join(dir, "lockless"+lockExt)))
	before := files(t, dir)
	report, err := sweepDir(dir, r, SweepOptions{})
	if err != nil || len(r.order) != 0 || len(report.Live) != 2 || files(t, dir) != before {
		t.Errorf("removed %v, report %+v, error %v, files %q", r.order, report, err, files(t, dir))
	}
}

func TestSweepWhenTheLockFileIsGone(t *testing.T) {
	dir, r := t.TempDir(), &recorder{}
	leave(t, dir, "dead", lastLife(t), intent(t, "object", "x"))
	must(t, os.Remove(filepath.Join(dir, "dead"+lockExt)))
	if _, err := sweepDir(dir, r, SweepOptions{}); err != nil || len(r.order) != 1 || files(t, dir) != "" {
		t.Errorf("removed %v, error %v, files %q", r.order, err, files(t, dir))
	}
}

func TestSweepLeavesOtherMachinesAlone(t *testing.T) {
	dir, r := t.TempDir(), &recorder{}
	who := lastLife(t)
	who.Machine, who.Boot = "another", "another"
	leave(t, dir, "remote", who, intent(t, "object", "x"))
	before := files(t, dir)
	report, err := sweepDir(dir, r, SweepOptions{})
	if err != nil || len(r.order) != 0 || len(report.Elsewhere) != 1 || files(t, dir) != before {
		t.Errorf("removed %v, report %+v, error %v", r.order, report, err)
	}
}

// A machine that got another name is the same one, to its dead and to its living.
func TestSweepAfterTheMachineIsRenamed(t *testing.T) {
	if bootID() == "" {
		t.Skip("this system does not tell its boots apart")
	}
	dir, r := t.TempDir(), &recorder{}
	gone := lastLife(t)
	lives, err := self()
	must(t, err)
	gone.Machine, lives.Machine = "the name before", "the name before"
	leave(t, dir, "gone", gone, intent(t, "object", "x"))
	leave(t, dir, "lives", lives, intent(t, "object", "y"))
	must(t, os.Remove(filepath.Join(dir, "lives"+lockExt))) // nobody holds it here
	report, err := sweepDir(dir, r, SweepOptions{})
	if err != nil || !slices.Equal(r.order, []string{"x"}) || len(report.Live) != 1 || len(report.Elsewhere) != 0 {
		t.Errorf("removed %v, report %+v, error %v", r.order, report, err)
	}
}

func TestSweepSetsDamagedJournalsAside(t *testing.T) {
	for name, test := range map[string]struct {
		lines   []string
		garbage string
		removed string
	}{
		"one line damaged":    {lines: []string{intent(t, "object", "1"), "0" + intent(t, "object", "2"), intent(t, "object", "3")}, removed: "3 1"},
		"not a journal":       {garbage: "object precious\n"},
		"empty":               {garbage: "\n"},
		"first line too long": {garbage: strings.Repeat("x", maxRecord+1)},
	} {
		t.Run(name, func(t *testing.T) {
			dir, r := t.TempDir(), &recorder{}
			leave(t, dir, "dead", lastLife(t), test.lines...)
			if test.garbage != "" {
				must(t, os.WriteFile(filepath.Join(dir, "dead"+journalExt), []byte(test.garbage), 0o600))
			}
			report, err := sweepDir(dir, r, SweepOptions{})
			if !errors.Is(err, ErrCorrupt) || len(report.Corrupt) != 1 || strings.Join(r.order, " ") != test.removed {
				t.Errorf("removed %v, report %+v, error %v", r.order, report, err)
			}
			if _, err := sweepDir(dir, r, SweepOptions{}); err != nil || files(t, dir) != "dead.journal.corrupt" {
				t.Errorf("second sweep: %v, files %q", err, files(t, dir))
			}
		})
	}
}

func TestSweepLeavesALaterVersionAlone(t *testing.T) {
	dir, r := t.TempDir(), &recorder{}
	who := lastLife(t)
	leave(t, dir, "later", who)
	later := line1(t, record{Op: opBegin, Version: version + 1, Owner: &who}) + intent(t, "object", "x")
	must(t, os.WriteFile(filepath.Join(dir, "later"+journalExt), []byte(later), 0o600))
	_, err := sweepDir(dir, r, SweepOptions{})
	if !errors.Is(err, ErrNewer) || len(r.order) != 0 || files(t, dir) != "later.journal later.lock" {
		t.Errorf("removed %v, error %v, files %q", r.order, err, files(t, dir))
	}
}

func TestSweepKeepsWhatItDoesNotKnow(t *testing.T) {
	dir, r := t.TempDir(), &recorder{}
	leave(t, dir, "dead", lastLife(t), intent(t, "object", "1"), intent(t, "spaceship", "2"), intent(t, "object", "torn")[:9])
	for round, want := range []int{1, 1} { // the second finds that the object was crossed out
		report, err := sweepDir(dir, r, SweepOptions{})
		if !errors.Is(err, ErrUnknownKind) || len(r.order) != want || len(report.Left) != 1 {
			t.Errorf("round %d: removed %v, report %+v, error %v", round, r.order, report, err)
		}
	}
	removers := r.removers()
	removers["spaceship"] = r.remove
	if _, err := Sweep(context.Background(), dir, removers, SweepOptions{}); err != nil || files(t, dir) != "" {
		t.Errorf("once it is known: %v, files %q", err, files(t, dir))
	}
}

func TestKeptRunStaysUntilItIsAskedFor(t *testing.T) {
	dir, r := t.TempDir(), &recorder{}
	j := openJournal(t, dir, Options{})
	must(t, j.Run("kept").Share("image", "w", nil), j.Run("kept").Intend("object", "k", nil), j.Run("r").Intend("object", "1", nil), j.Keep("kept"))
	if report := j.Close(context.Background(), r.removers()); !report.Clean() || len(report.Kept) != 2 || len(report.Removed) != 1 {
		t.Errorf("close: %+v", report)
	}
	if report, err := sweepDir(dir, r, SweepOptions{}); err != nil || len(report.Kept) != 2 || !slices.Equal(r.order, []string{"1"}) {
		t.Errorf("sweep: %+v, %v, removed %v", report, err, r.order)
	}
	if report, err := sweepDir(dir, r, SweepOptions{Kept: true}); err != nil || len(report.Removed) != 2 || files(t, dir) != "" {
		t.Errorf("sweep of kept: %+v, %v, files %q", report, err, files(t, dir))
	}
}

// TestContainerThatAppearsAfterItsRemoval: the daemon works on a dead client's
// request, so removing what is not there yet is not enough.
func TestContainerThatAppearsAfterItsRemoval(t *testing.T) {
	dir, s := t.TempDir(), store(t.TempDir())
	leave(t, dir, "dead", lastLife(t), intent(t, "container", "slow"))
	removers := map[string]actions.Remover{"container": s.remove}
	appeared := false
	late := func(point string) {
		if point == "sweep: late" {
			appeared = true
			must(t, s.make("slow", func(string) {}))
		}
	}
	report, err := Sweep(context.Background(), dir, removers, SweepOptions{Late: after(time.Millisecond), Crash: late})
	if err != nil || !appeared || len(report.Removed) != 1 || len(s.list(t)) != 0 {
		t.Errorf("appeared %v, left %v, report %+v, error %v", appeared, s.list(t), report, err)
	}
}

func TestSweepGivesWayToAnotherOne(t *testing.T) {
	dir, r := t.TempDir(), &recorder{}
	leave(t, dir, "dead", lastLife(t), intent(t, "object", "x"))
	f, err := open(filepath.Join(dir, "dead"+journalExt))
	must(t, err)
	defer f.Close()
	if locked, err := tryLock(f); !locked {
		t.Fatal(err)
	}
	report, err := sweepDir(dir, r, SweepOptions{Patience: 30 * time.Millisecond})
	if err != nil || len(report.Busy) != 1 || len(r.order) != 0 {
		t.Errorf("report %+v, error %v, removed %v", report, err, r.order)
	}
}

func TestSweepsAtOnceRemoveEachThingOnce(t *testing.T) {
	dir := t.TempDir()
	for _, session := range []string{"a", "b", "c", "d"} {
		leave(t, dir, session, lastLife(t), intent(t, "object", "1-"+session), intent(t, "object", "2-"+session))
	}
	var mu sync.Mutex
	calls := map[string]int{}
	removers := map[string]actions.Remover{"object": func(_ context.Context, name string, _ map[string]string) error {
		mu.Lock()
		defer mu.Unlock()
		calls[name]++
		return nil
	}}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := Sweep(context.Background(), dir, removers, SweepOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for name, n := range calls {
		if n != 1 {
			t.Errorf("%s was removed %d times", name, n)
		}
	}
	if len(calls) != 8 || files(t, dir) != "" {
		t.Errorf("calls %v, files %q", calls, files(t, dir))
	}
}

func TestSweepDropsWhatNeverBegan(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "dead.lock.new"), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "lost.journal.new"), nil, 0o600))
	beginning, err := create(filepath.Join(dir, "live.lock.new"))
	must(t, err)
	defer beginning.Close()
	if locked, err := tryLock(beginning); !locked {
		t.Fatal(err)
	}
	if _, err := sweepDir(dir, &recorder{}, SweepOptions{}); err != nil || files(t, dir) != "live.lock.new" {
		t.Errorf("%v, files %q", err, files(t, dir))
	}
}

// TestBeginningSurvivesASweep sweeps at each step of a session's beginning.
func TestBeginningSurvivesASweep(t *testing.T) {
	dir, r := t.TempDir(), &recorder{}
	sweeps := 0
	j := openJournal(t, dir, Options{Crash: func(point string) {
		if sweeps++; strings.HasPrefix(point, "begin:") && sweeps < 8 {
			if _, err := sweepDir(dir, r, SweepOptions{}); err != nil {
				t.Error(point, err)
			}
		}
	}})
	if err := j.Run("r").Intend("object", "x", nil); err != nil {
		t.Fatal(err)
	}
	if want := j.Session() + ".journal " + j.Session() + ".lock"; files(t, dir) != want || len(r.order) > 0 {
		t.Errorf("files %q, want %q", files(t, dir), want)
	}
}

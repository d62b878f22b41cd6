package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"isolab/actions"
)

func openJournal(t testing.TB, dir string, options Options) *Journal {
	t.Helper()
	j, err := Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close(context.Background(), nil) })
	return j
}

// recorder is a set of removers that remember the order.
type recorder struct {
	order []string
	fails map[string]int // how often the removal of a name fails
}

func (r *recorder) remove(_ context.Context, name string, _ map[string]string) error {
	r.order = append(r.order, name)
	if r.fails[name] > 0 {
		r.fails[name]--
		return errors.New("device or resource busy")
	}
	return nil
}

func (r *recorder) removers() map[string]actions.Remover {
	return map[string]actions.Remover{"object": r.remove, "image": r.remove}
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsWrittenBeforeTheFirstIntent(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "state")
	j := openJournal(t, dir, Options{Reaper: []string{"/nonexistent"}, Note: func(s string) { t.Error(s) }})
	must(t, j.Run("r").Done("object", "never made"), j.Keep("r"))
	if report := j.Close(context.Background(), nil); !report.Clean() || len(names(t, dir)) != 0 {
		t.Errorf("%v, files %v", report, names(t, dir))
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v, %v", info.Mode(), err)
	}
}

func TestIntentIsOnTheDiskWhenItReturns(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir, Options{})
	must(t, j.Run("r").Intend("object", "with \"quotes\"\nand lines", map[string]string{"path": "/x y"}))
	data, err := os.ReadFile(filepath.Join(dir, j.Session()+journalExt))
	must(t, err)
	says, err := parse(data)
	must(t, err)
	want := Entry{Run: "r", Kind: "object", Name: "with \"quotes\"\nand lines", Attrs: map[string]string{"path": "/x y"}}
	if len(says.open) != 1 || says.open[0].key() != want.key() || says.open[0].Attrs["path"] != "/x y" {
		t.Errorf("read back %+v", says.open)
	}
}

func TestIntentAgainAddsWhatIsKnownByThen(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir, Options{})
	r := j.Run("r")
	must(t, r.Intend("object", "a", nil), r.Intend("object", "b", nil), r.Intend("object", "a", map[string]string{"id": "1"}))
	data, err := os.ReadFile(filepath.Join(dir, j.Session()+journalExt))
	must(t, err)
	says, err := parse(data)
	must(t, err)
	if len(says.open) != 2 || says.open[0].Name != "a" || says.open[0].Attrs["id"] != "1" || j.Entries()[0].Attrs["id"] != "1" {
		t.Errorf("read back %+v", says.open)
	}
	must(t, r.Done("object", "a"), j.Run("other").Intend("object", "c", nil))
	if all := j.Intended("r", "object"); len(all) != 2 || all[0].Attrs["id"] != "1" {
		t.Errorf("it was intended %+v", all)
	}
}

func TestCleanupRemovesTheRunsThingsInReverse(t *testing.T) {
	j := openJournal(t, t.TempDir(), Options{})
	mine, other := j.Run("mine"), j.Run("other")
	must(t, mine.Share("image", "workload", nil), mine.Intend("object", "1", nil), other.Intend("object", "theirs", nil),
		mine.Intend("object", "2", nil), mine.Intend("object", "3", nil), mine.Intend("object", "2", nil), mine.Done("object", "1"))
	r := &recorder{}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if report := j.Cleanup(ended, "mine", r.removers()); !report.Clean() || !slices.Equal(r.order, []string{"3", "2"}) {
		t.Errorf("order %v, report %v", r.order, report)
	}
	if mine.Holds("object", "2") || !other.Holds("object", "theirs") || !mine.Holds("image", "workload") || other.Holds("image", "workload") {
		t.Error("Holds disagrees with what was made")
	}
	r.order = nil
	if report := j.Close(ended, r.removers()); !report.Clean() || !slices.Equal(r.order, []string{"theirs", "workload"}) {
		t.Errorf("order %v, report %v", r.order, report)
	}
	if left := names(t, j.dir); len(left) > 0 {
		t.Errorf("files left: %v", left)
	}
	if err := mine.Intend("object", "late", nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("an intent after Close: %v", err)
	}
}

func TestSharedThingCrossedOutByItsUserOnly(t *testing.T) {
	j := openJournal(t, t.TempDir(), Options{})
	must(t, j.Run("a").Share("image", "w", nil), j.Run("b").Done("image", "w"))
	if len(j.Entries()) != 1 {
		t.Error("a run that does not use it crossed it out")
	}
	must(t, j.Run("a").Done("image", "w"))
	if len(j.Entries()) != 0 {
		t.Error("its user could not cross it out")
	}
}

func TestCleanupTriesAgainWhatWasBusy(t *testing.T) {
	j := openJournal(t, t.TempDir(), Options{})
	must(t, j.Run("r").Intend("object", "group", nil), j.Run("r").Intend("object", "member", nil))
	r := &recorder{fails: map[string]int{"member": 1, "group": 2}}
	report := j.Cleanup(context.Background(), "r", r.removers())
	if want := []string{"member", "group", "member", "group", "group"}; !report.Clean() || !slices.Equal(r.order, want) {
		t.Errorf("order %v, report %v", r.order, report.Err())
	}
}

func TestCleanupNamesWhatItCouldNotRemove(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir, Options{Timeout: time.Second})
	l := j.Run("r")
	for _, name := range []string{"fine", "stuck", "panics", "fails"} {
		must(t, l.Intend(name, name, nil))
	}
	must(t, l.Intend("unheard-of", "u", nil))
	removers := map[string]actions.Remover{
		"fine":   func(context.Context, string, map[string]string) error { return nil },
		"stuck":  func(context.Context, string, map[string]string) error { select {} },
		"panics": func(context.Context, string, map[string]string) error { panic("oh") },
		"fails":  func(context.Context, string, map[string]string) error { return os.ErrPermission },
	}
	report := j.Cleanup(context.Background(), "r", removers)
	if err := report.Err(); !errors.Is(err, os.ErrPermission) || !errors.Is(err, ErrUnknownKind) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("errors: %v", err)
	}
	if len(report.Removed) != 1 || report.Removed[0].Kind != "fine" || len(report.Left) != 4 {
		t.Errorf("removed %v, left %v", report.Removed, report.Left)
	}
	if report := j.Close(context.Background(), nil); len(report.Left) != 4 || len(names(t, dir)) != 2 {
		t.Errorf("the journal must stay while something does: %v, %v", report, names(t, dir))
	}
	store := &recorder{}
	all := map[string]actions.Remover{"stuck": store.remove, "panics": store.remove, "fails": store.remove, "unheard-of": store.remove}
	if report, err := Sweep(context.Background(), dir, all, SweepOptions{}); err != nil || len(report.Removed) != 4 || len(names(t, dir)) != 0 {
		t.Errorf("sweep of this process's own closed session: %v, %v", report, err)
	}
}

func TestIntentThatCannotBeReadBackIsRefused(t *testing.T) {
	j := openJournal(t, t.TempDir(), Options{})
	l := j.Run("r")
	for what, err := range map[string]error{
		"name that is not UTF-8":      l.Intend("object", "a\xff", nil),
		"attribute that is not UTF-8": l.Intend("object", "a", map[string]string{"path": "\xff"}),
		"record beyond the bound":     l.Intend("object", strings.Repeat("x", maxRecord), nil),
	} {
		if err == nil {
			t.Errorf("%s was accepted", what)
		}
	}
	if len(j.Entries()) != 0 {
		t.Errorf("entries %v", j.Entries())
	}
}

func TestIntentFailsWhenTheJournalWasTakenAway(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir, Options{})
	must(t, j.Run("r").Intend("object", "1", nil), os.Remove(filepath.Join(dir, j.Session()+journalExt)))
	if err := j.Run("r").Intend("object", "2", nil); err == nil || j.Run("r").Holds("object", "2") {
		t.Errorf("an intent that no sweep would find: %v", err)
	}
}

func TestStateDirectoryOfOthersIsRefused(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Symlink(dir, filepath.Join(dir, "link")), os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	for _, path := range []string{filepath.Join(dir, "link"), filepath.Join(dir, "file")} {
		if _, err := Open(path, Options{}); err == nil {
			t.Errorf("%s was accepted", path)
		}
	}
	must(t, os.Chmod(dir, 0o777))
	openJournal(t, dir, Options{})
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Errorf("mode is %v", info.Mode())
	}
}

func BenchmarkIntendAndDone(b *testing.B) {
	j := openJournal(b, b.TempDir(), Options{})
	l := j.Run("r")
	must(b, l.Intend("object", "first", nil))
	for b.Loop() {
		must(b, l.Intend("object", "isolab-k3f9x2a1-hungry", nil), l.Done("object", "isolab-k3f9x2a1-hungry"))
	}
}

func BenchmarkFirstIntentWithReaper(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		j, err := Open(dir, Options{Reaper: []string{"/proc/self/exe"}})
		must(b, err, j.Run("r").Intend("object", "x", nil), j.Run("r").Done("object", "x"))
		must(b, j.Close(context.Background(), nil).Err())
	}
}

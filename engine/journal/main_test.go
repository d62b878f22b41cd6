package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"isolab/actions"
)

// The test binary is three programs: the tests, an engine that makes and removes
// files in a store, and a sweeper. The two latter kill themselves at the step whose
// number is in crashEnv.
const (
	crashEnv = "ISOLAB_CRASH_AT"
	roleEnv  = "ISOLAB_JOURNAL_ROLE"
	storeEnv = "ISOLAB_JOURNAL_STORE"
	stateEnv = "ISOLAB_JOURNAL_STATE"
	// noReaperEnv leaves the work to the next sweep.
	noReaperEnv = "ISOLAB_JOURNAL_NO_REAPER"
)

// foreignObject is what an engine exits with when something of its own was gone.
const foreignObject = 3

func TestMain(m *testing.M) {
	store := store(os.Getenv(storeEnv))
	if ReaperMain(os.Args, store.removers, SweepOptions{}) {
		return
	}
	// A binary built with -race sleeps a second when it ends, unless told not to.
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	switch os.Getenv(roleEnv) {
	case "engine":
		os.Exit(engineProgram(store, 3))
	case "busy engine":
		for {
			if code := engineProgram(store, 1); code != 0 {
				os.Exit(code)
			}
		}
	case "sweeper":
		report, err := Sweep(context.Background(), os.Getenv(stateEnv), store.removers(), SweepOptions{
			Late: after(time.Millisecond), Crash: crasher(),
		})
		fmt.Println(report, err)
		return
	}
	os.Exit(m.Run())
}

// after is a SweepOptions.Late for which containers may come late.
func after(d time.Duration) func(Entry) time.Duration {
	return func(e Entry) time.Duration {
		if e.Kind == "container" {
			return d
		}
		return 0
	}
}

// crasher returns a hook that kills the process at the step of crashEnv.
func crasher() func(string) {
	at, _ := strconv.Atoi(os.Getenv(crashEnv))
	step := 0
	return func(string) {
		if step++; step == at {
			kill(os.Getpid())
			select {}
		}
	}
}

// store is a directory in which a file or a directory is an object: something that
// outlives its maker.
type store string

// make takes two steps, as a container or a cgroup does.
func (s store) make(name string, boundary func(string)) error {
	if err := os.Mkdir(filepath.Join(string(s), name), 0o700); err != nil {
		return err
	}
	boundary("act: half made")
	return os.WriteFile(filepath.Join(string(s), name, "part"), nil, 0o600)
}

func (s store) has(name string) bool {
	_, err := os.Stat(filepath.Join(string(s), name, "part"))
	return err == nil
}

func (s store) remove(_ context.Context, name string, _ map[string]string) error {
	return os.RemoveAll(filepath.Join(string(s), name))
}

func (s store) removers() map[string]actions.Remover {
	return map[string]actions.Remover{"object": s.remove, "image": s.remove, "box": s.remove, "container": s.remove}
}

func (s store) list(t testing.TB) []string {
	t.Helper()
	return names(t, string(s))
}

func names(t testing.TB, dir string) []string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, file := range files {
		all = append(all, file.Name())
	}
	return all
}

// engineProgram is what a session does: several runs that make things, remove some
// by themselves, and leave the others to the cleanup.
func engineProgram(s store, runs int) int {
	boundary := crasher()
	options := Options{Reaper: []string{"/proc/self/exe"}, Crash: boundary}
	if os.Getenv(noReaperEnv) != "" {
		options.Reaper = nil
	}
	j, err := Open(os.Getenv(stateEnv), options)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for run := range runs {
		if err := engineRun(j, s, fmt.Sprintf("%d-%d-%d", os.Getpid(), time.Now().UnixNano(), run), boundary); err != nil {
			fmt.Println(err)
			if errors.Is(err, errForeign) {
				return foreignObject
			}
			return 1
		}
	}
	if report := j.Close(context.Background(), s.removers()); !report.Clean() {
		fmt.Println(report.Err())
		return 1
	}
	return 0
}

var errForeign = errors.New("somebody else removed it")

func engineRun(j *Journal, s store, id string, boundary func(string)) error {
	l := j.Run(id)
	shared := fmt.Sprintf("image-of-%d-%p", os.Getpid(), j)
	if err := l.Share("image", shared, nil); err != nil {
		return err
	}
	if err := makeOnce(s, shared, boundary); err != nil {
		return err
	}
	kind := "box"
	if os.Getenv(noReaperEnv) != "" {
		kind = "container" // of which a sweep takes longer
	}
	objects := []struct{ kind, name string }{{"object", "a-" + id}, {kind, "b-" + id}, {"object", "c-" + id}}
	for _, o := range objects {
		if err := l.Intend(o.kind, o.name, map[string]string{"run": id}); err != nil {
			return err
		}
		boundary("act: before")
		if err := s.make(o.name, boundary); err != nil {
			return err
		}
		boundary("act: made")
	}
	time.Sleep(time.Millisecond)
	for _, o := range objects {
		if !s.has(o.name) || !s.has(shared) {
			return fmt.Errorf("%s: %w", o.name, errForeign)
		}
	}
	if err := s.remove(context.Background(), "a-"+id, nil); err != nil {
		return err
	}
	boundary("act: removed")
	if err := l.Done("object", "a-"+id); err != nil {
		return err
	}
	return j.Cleanup(context.Background(), id, s.removers()).Err()
}

func makeOnce(s store, name string, boundary func(string)) error {
	if s.has(name) {
		return nil
	}
	boundary("act: before sharing")
	return s.make(name, boundary)
}

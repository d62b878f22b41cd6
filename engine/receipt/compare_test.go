package receipt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seen takes an inventory of literal items.
func seen(t testing.TB, items ...Item) Inventory {
	t.Helper()
	var sources []Source
	for _, kind := range order() {
		sources = append(sources, Objects(kind, func(context.Context) ([]Item, error) {
			var mine []Item
			for _, item := range items {
				if item.Kind == kind {
					mine = append(mine, item)
				}
			}
			return mine, nil
		}))
	}
	inventory, err := Take(context.Background(), sources...)
	if err != nil {
		t.Fatal(err)
	}
	return inventory
}

func TestCompare(t *testing.T) {
	group := Item{Kind: Cgroups, Name: "/sys/fs/cgroup/memory/isolab/run-ab1"}
	foreign := Item{Kind: Cgroups, Name: "/sys/fs/cgroup/memory/isolab/run-ab12"}
	process := Item{Kind: Processes, Name: "7 sleep", ID: "100", Run: "ab1"}
	other := Item{Kind: Processes, Name: "7 sleep", ID: "90", Run: "zz"}
	mount := Item{Kind: Mounts, Name: "/mnt", ID: "9", Detail: "tmpfs isolab-ab1-scratch"}
	file := Item{Kind: Descriptors, Name: "7 /tmp/x"}
	socket := Item{Kind: Descriptors, Name: "8 socket:[1]", Detail: reused}
	for name, test := range map[string]struct {
		before, after []Item
		left          []Item
		meanwhile     []Change
	}{
		"nothing":                           {},
		"nothing changed":                   {before: []Item{foreign, file}, after: []Item{foreign, file}},
		"by its name":                       {after: []Item{group}, left: []Item{group}},
		"by its mark":                       {after: []Item{process}, left: []Item{process}},
		"by its source":                     {after: []Item{mount}, left: []Item{mount}},
		"marked, though it was there":       {before: []Item{group}, after: []Item{group}, left: []Item{group}},
		"another run's":                     {after: []Item{foreign}, meanwhile: []Change{{Item: foreign}}},
		"a process id used again":           {before: []Item{other}, after: []Item{process}, left: []Item{process}, meanwhile: []Change{{other, true}}},
		"somebody's thing vanished":         {before: []Item{foreign}, meanwhile: []Change{{foreign, true}}},
		"the run's own thing vanished":      {before: []Item{group}},
		"a descriptor":                      {after: []Item{file}, left: []Item{file}},
		"a connection kept for reuse":       {after: []Item{socket}, meanwhile: []Change{{Item: socket}}},
		"a descriptor that was open before": {before: []Item{file}, after: []Item{file, group}, left: []Item{group}},
	} {
		t.Run(name, func(t *testing.T) {
			r := Compare(seen(t, test.before...), seen(t, test.after...), []string{"", "ab1"})
			if diff := cmp.Diff(test.left, r.Left, emptyIsNil()); diff != "" {
				t.Errorf("left:\n%s", diff)
			}
			if diff := cmp.Diff(test.meanwhile, r.Meanwhile, emptyIsNil()); diff != "" {
				t.Errorf("meanwhile:\n%s", diff)
			}
			if r.Clean() != (len(test.left) == 0) {
				t.Error("Clean disagrees")
			}
		})
	}
}

func emptyIsNil() cmp.Option {
	return cmp.FilterValues(func(a, b []Item) bool { return len(a)+len(b) == 0 }, cmp.Ignore())
}

func TestReceiptInOneLine(t *testing.T) {
	group := Item{Kind: Cgroups, Name: "/sys/fs/cgroup/memory/isolab/run-ab1"}
	before := seen(t, Item{Kind: Mounts, Name: "/"})
	for name, test := range map[string]struct {
		after Inventory
		want  string
	}{
		"nothing": {seen(t, Item{Kind: Mounts, Name: "/"}), "left behind: nothing (containers 0→0, networks 0→0, volumes 0→0, images 0→0, cgroups 0→0, mounts 1→1, " +
			"processes 0→0, swap areas 0→0, loop devices 0→0, files 0→0, descriptors 0→0, looked for 0s)"},
		"something": {seen(t, group, Item{Kind: Processes, Name: "7 sleep", Run: "ab1"}), "left behind: cgroup /sys/fs/cgroup/memory/isolab/run-ab1, process 7 sleep " +
			"(containers 0→0, networks 0→0, volumes 0→0, images 0→0, cgroups 0→1, mounts 1→0, processes 0→1, swap areas 0→0, loop devices 0→0, files 0→0, descriptors 0→0, 1 changed meanwhile, not ours, looked for 0s)"},
	} {
		t.Run(name, func(t *testing.T) {
			r := Compare(before, test.after, []string{"ab1"})
			r.Took = 0
			if diff := cmp.Diff(test.want, r.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestManyLeftoversAreCounted(t *testing.T) {
	var items []Item
	for i := range named + 3 {
		items = append(items, Item{Kind: Files, Name: fmt.Sprintf("/x/isolab-ab1-%d", i)})
	}
	if text := Compare(seen(t), seen(t, items...), []string{"ab1"}).String(); !strings.Contains(text, "isolab-ab1-4, 3 more (") {
		t.Error(text)
	}
}

// TestUnknownIsNotNothing: a daemon that does not answer has not been looked at.
func TestUnknownIsNotNothing(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	hangs := Objects(Containers, func(context.Context) ([]Item, error) { select {} })
	fails := Objects(Images, func(context.Context) ([]Item, error) { return nil, errors.New("no such socket") })
	works := Objects(Files, func(context.Context) ([]Item, error) { return []Item{{Name: "/f"}}, nil })
	after, err := Take(ctx, hangs, fails, works)
	if !errors.Is(err, context.DeadlineExceeded) || len(after.Items) != 1 {
		t.Errorf("items %v, error %v", after.Items, err)
	}
	r := Compare(seen(t, Item{Kind: Containers, Name: "theirs"}), after, []string{"ab1"})
	if r.Clean() || len(r.Unknown) != 2 || !strings.Contains(r.String(), "not known: containers: context deadline exceeded") {
		t.Errorf("%v\nunknown %v", r, r.Unknown)
	}
	for _, change := range r.Meanwhile {
		if change.Kind == Containers {
			t.Errorf("what could not be looked for has not vanished: %v", change)
		}
	}
}

func TestReceiptAsJSON(t *testing.T) {
	text, err := json.Marshal(Compare(seen(t), seen(t, Item{Kind: Loops, Name: "/dev/loop0", Run: "ab1"}), []string{"ab1"}))
	if err != nil || !strings.Contains(string(text), `"left":[{"kind":"loop devices","name":"/dev/loop0","run":"ab1"}]`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestHasWord(t *testing.T) {
	for text, want := range map[string]bool{
		"ab1": true, "run-ab1": true, "ab1/x": true, "/isolab-ab1-hungry": true, "xab1 ab1": true,
		"": false, "ab": false, "ab12": false, "xab1": false, "AB1": false,
	} {
		if hasWord(text, "ab1") != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

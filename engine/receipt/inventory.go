package receipt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Kind is a kind of thing that can be left behind, in the plural.
type Kind string

// The kinds, in the order of a receipt.
const (
	Containers  Kind = "containers"
	Networks    Kind = "networks"
	Volumes     Kind = "volumes"
	Images      Kind = "images"
	Cgroups     Kind = "cgroups"
	Mounts      Kind = "mounts"
	Processes   Kind = "processes"
	Swaps       Kind = "swap areas"
	Loops       Kind = "loop devices"
	Files       Kind = "files"
	Descriptors Kind = "descriptors"
)

func order() []Kind {
	return []Kind{Containers, Networks, Volumes, Images, Cgroups, Mounts, Processes, Swaps, Loops, Files, Descriptors}
}

// Item is one thing that is there.
type Item struct {
	Kind   Kind   `json:"kind" expr:"kind" doc:"What it is: containers, cgroups, mounts, processes and so on."`
	Name   string `json:"name" expr:"name" doc:"Its name or path."`
	ID     string `json:"id,omitempty" expr:"id" doc:"What tells it from an earlier one of the same name: a process's start time, a mount's number."`
	Run    string `json:"run,omitempty" expr:"run" doc:"The run whose mark it carries."`
	Detail string `json:"detail,omitempty" expr:"detail" doc:"Its state, or what it belongs to."`
}

type key struct {
	kind     Kind
	name, id string
}

func (i Item) key() key { return key{i.Kind, i.Name, i.ID} }

// Source lists the things of one kind.
type Source struct {
	kind Kind
	list func(ctx context.Context) ([]Item, error)
}

// Objects is a source of what only the caller can list, such as a daemon's
// networks. An item without Run is attributed by its name.
func Objects(kind Kind, list func(ctx context.Context) ([]Item, error)) Source {
	return Source{kind, list}
}

// Lister is a container runtime, as far as an inventory needs one.
type Lister interface {
	// List names what carries the label with this value, in every state.
	List(ctx context.Context, label, value string) ([]string, error)
}

// Labelled is a source of what a runtime lists for the given runs.
func Labelled(kind Kind, lister Lister, label string, runs ...string) Source {
	return Source{kind, func(ctx context.Context) ([]Item, error) {
		var items []Item
		for _, run := range runs {
			names, err := lister.List(ctx, label, run)
			if err != nil {
				return nil, err
			}
			for _, name := range names {
				items = append(items, Item{Name: name, Run: run})
			}
		}
		return items, nil
	}}
}

// Inventory is what was there at one moment.
type Inventory struct {
	Items   []Item
	Taken   time.Time
	Took    time.Duration
	looked  map[Kind]bool
	unknown map[Kind]error
}

// Take asks the sources, all at once; for descriptors it asks last, as the others
// open some. The inventory is usable in spite of an error, which names the kinds
// that could not be listed. A source that does not return in time is not waited
// for beyond the end of ctx.
func Take(ctx context.Context, sources ...Source) (Inventory, error) {
	began := time.Now()
	inventory := Inventory{Taken: began, looked: map[Kind]bool{}, unknown: map[Kind]error{}}
	isLast := func(s Source) bool { return s.kind == Descriptors }
	inventory.ask(ctx, slices.DeleteFunc(slices.Clone(sources), isLast))
	inventory.ask(ctx, slices.DeleteFunc(slices.Clone(sources), func(s Source) bool { return !isLast(s) }))
	slices.SortFunc(inventory.Items, compareItems)
	inventory.Took = time.Since(began)
	return inventory, inventory.err()
}

func (i *Inventory) ask(ctx context.Context, sources []Source) {
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, source := range sources {
		i.looked[source.kind] = true
		group.Go(func() {
			items, err := inTime(ctx, source)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				i.unknown[source.kind] = errors.Join(i.unknown[source.kind], err)
			}
			i.Items = append(i.Items, items...)
		})
	}
	group.Wait()
}

// inTime lists a source, and gives up with ctx: reading of a process that hangs in
// the kernel may hang too.
func inTime(ctx context.Context, source Source) ([]Item, error) {
	type answer struct {
		items []Item
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		items, err := source.list(ctx)
		for n := range items {
			items[n].Kind = source.kind
		}
		done <- answer{items, err}
	}()
	select {
	case a := <-done:
		return a.items, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (i *Inventory) err() error {
	var all error
	for _, kind := range order() {
		if err := i.unknown[kind]; err != nil {
			all = errors.Join(all, fmt.Errorf("take inventory of %s: %w", kind, err))
		}
	}
	return all
}

func (i *Inventory) count(kind Kind) int {
	n := 0
	for _, item := range i.Items {
		if item.Kind == kind {
			n++
		}
	}
	return n
}

func compareItems(a, b Item) int {
	kinds := order()
	return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)),
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
}

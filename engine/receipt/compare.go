package receipt

import (
	"slices"
	"strings"
	"time"
)

// Receipt is what a run left behind, and what else changed.
type Receipt struct {
	Counts    []Count       `json:"counts" expr:"counts" doc:"How many there were before and after, for each kind that was looked for."`
	Left      []Item        `json:"left" expr:"left" doc:"What is there because of the run."`
	Meanwhile []Change      `json:"meanwhile,omitempty" expr:"meanwhile" doc:"What changed during the run and is not of its making, as far as can be told."`
	Unknown   []string      `json:"unknown,omitempty" expr:"unknown" doc:"The kinds that could not be looked for, and why."`
	Took      time.Duration `json:"took" expr:"took" doc:"How long both looks took together."`
}

// Count is how many there were of a kind.
type Count struct {
	Kind   Kind `json:"kind" expr:"kind" doc:"What was counted."`
	Before int  `json:"before" expr:"before" doc:"How many there were before the run."`
	After  int  `json:"after" expr:"after" doc:"How many there are after it."`
}

// Change is a difference that is not the run's.
type Change struct {
	Item
	Gone bool `json:"gone,omitempty" expr:"gone" doc:"True when it was there before and is not any more."`
}

// Clean reports whether everything could be looked for and nothing was left.
func (r Receipt) Clean() bool { return len(r.Left) == 0 && len(r.Unknown) == 0 }

// Compare makes the receipt of the given runs. Something that carries a run's mark
// counts as left behind even if it was there before. Besides run ids, runs may
// hold any other word by which things of the run are known, such as the id of a
// container that it had made.
func Compare(before, after Inventory, runs []string) Receipt {
	r := Receipt{Left: []Item{}, Took: before.Took + after.Took}
	was, is := index(before.Items), index(after.Items)
	for _, item := range after.Items {
		_, there := was[item.key()]
		switch {
		case item.of(runs), !there && item.ownDescriptor():
			r.Left = append(r.Left, item)
		case !there && before.knows(item.Kind):
			r.Meanwhile = append(r.Meanwhile, Change{Item: item})
		}
	}
	for _, item := range before.Items {
		if _, there := is[item.key()]; !there && after.knows(item.Kind) && !item.of(runs) {
			r.Meanwhile = append(r.Meanwhile, Change{Item: item, Gone: true})
		}
	}
	r.sum(before, after)
	return r
}

// sum counts, and says what could not be counted.
func (r *Receipt) sum(before, after Inventory) {
	for _, kind := range order() {
		if !before.looked[kind] && !after.looked[kind] {
			continue
		}
		if err := after.unknown[kind]; err != nil {
			r.Unknown = append(r.Unknown, string(kind)+": "+err.Error())
			continue
		}
		r.Counts = append(r.Counts, Count{kind, before.count(kind), after.count(kind)})
	}
}

// knows reports whether a kind was looked for, with success.
func (i *Inventory) knows(kind Kind) bool { return i.looked[kind] && i.unknown[kind] == nil }

func index(items []Item) map[key]Item {
	all := make(map[key]Item, len(items))
	for _, item := range items {
		all[item.key()] = item
	}
	return all
}

// of reports whether the item carries the mark of one of the runs.
func (i Item) of(runs []string) bool {
	return slices.ContainsFunc(runs, func(run string) bool {
		return run != "" && (i.Run == run || hasWord(i.Name, run) || hasWord(i.Detail, run))
	})
}

// reused is the detail of a descriptor that is kept open for later use.
const reused = "kept for reuse"

// ownDescriptor reports whether it is open because this process opened it and has
// not closed it. A connection is kept for reuse, and no sign of forgetting.
func (i Item) ownDescriptor() bool { return i.Kind == Descriptors && i.Detail != reused }

// hasWord reports whether word occurs in text with no letter or digit beside it:
// the run ab1 has nothing to do with /run-ab12.
func hasWord(text, word string) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return false
		}
		start := from + at
		end := start + len(word)
		if (start == 0 || !alphanumeric(text[start-1])) && (end == len(text) || !alphanumeric(text[end])) {
			return true
		}
		from = start + 1
	}
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

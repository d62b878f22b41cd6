package journal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// Entry is something that was made, or was about to be made.
type Entry struct {
	Run   string            `json:"run,omitempty"` // empty: shared by the runs of the session
	Kind  string            `json:"kind"`
	Name  string            `json:"name"`
	Attrs map[string]string `json:"attrs,omitempty"` // what its Remover needs besides the name
}

// String is how a report names the entry.
func (e Entry) String() string { return e.Kind + " " + e.Name }

type key struct{ run, kind, name string }

func (e Entry) key() key { return key{e.Run, e.Kind, e.Name} }

// ErrCorrupt is wrapped by the error about a journal that cannot be read as it was
// written.
var ErrCorrupt = errors.New("damaged journal")

// ErrNewer is wrapped by the error about a journal that a later version wrote.
var ErrNewer = errors.New("journal of a later version")

// contents is what a log says, taken together. The zero value is an empty log.
type contents struct {
	begin *record
	open  []Entry // in the order of their intents
	kept  map[string]bool
	size  int64 // bytes up to the end of the last whole line
}

// apply adds one record. Crossing out what is not there is no error: it may have
// been crossed out twice.
func (c *contents) apply(r record) error {
	switch r.Op {
	case opBegin:
		if c.begin != nil {
			return errors.New("a second beginning")
		}
		c.begin = &r
	case opIntend, opShare:
		c.add(Entry{Run: r.Run, Kind: r.Kind, Name: r.Name, Attrs: r.Attrs})
	case opDone:
		c.cross(key{r.Run, r.Kind, r.Name})
	case opKeep:
		c.keep(r.Run)
	default:
		return fmt.Errorf("unknown operation %q", r.Op)
	}
	return nil
}

// add notes an entry at the end; one that is there keeps its place, and gets the
// attributes that are known by now.
func (c *contents) add(e Entry) {
	if i := c.index(e.key()); i >= 0 {
		c.open[i] = e
		return
	}
	c.open = append(c.open, e)
}

func (c *contents) cross(k key) {
	if i := c.index(k); i >= 0 {
		c.open = slices.Delete(c.open, i, i+1)
	}
}

func (c *contents) keep(run string) {
	if c.kept == nil {
		c.kept = map[string]bool{}
	}
	c.kept[run] = true
}

func (c *contents) index(k key) int {
	return slices.IndexFunc(c.open, func(e Entry) bool { return e.key() == k })
}

// reversed returns the open entries for which want holds, the latest first: the
// order of removal.
func (c *contents) reversed(want func(Entry) bool) []Entry {
	var found []Entry
	for _, e := range slices.Backward(c.open) {
		if want(e) {
			found = append(found, e)
		}
	}
	return found
}

// parse reads a log. The last line may be torn, which is the trace of a crash and
// no damage; any other line that is not as it was written makes the error wrap
// ErrCorrupt, and what the remaining lines say is returned all the same, since
// each vouches for itself. Without a readable first line nothing is returned.
func parse(data []byte) (contents, error) {
	var c contents
	var damage error
	whole := int64(len(data))
	for number := 1; len(data) > 0; number++ {
		line, rest, ended := bytes.Cut(data, []byte("\n"))
		r, err := decode(line)
		torn := !ended || err != nil && len(bytes.Trim(rest, "\x00")) == 0
		if torn && number > 1 {
			break
		}
		if err == nil {
			err = c.accept(r, number)
		}
		if errors.Is(err, ErrNewer) {
			return contents{}, err
		}
		if err != nil {
			damage = errors.Join(damage, fmt.Errorf("%w: line %d: %w", ErrCorrupt, number, err))
		}
		data = rest
		c.size = whole - int64(len(rest))
	}
	if c.begin == nil {
		return contents{}, errors.Join(damage, fmt.Errorf("%w: no first line", ErrCorrupt))
	}
	return c, damage
}

// spares reports whether an entry stays on purpose: what a kept run made, and all
// that is shared while anything is kept.
func (c *contents) spares(e Entry) bool {
	return c.kept[e.Run] || e.Run == "" && len(c.kept) > 0
}

// accept applies a record: the first line, and only that, says who writes.
func (c *contents) accept(r record, number int) error {
	if r.Op == opBegin && r.Version > version {
		return fmt.Errorf("%w: %d, this one knows %d", ErrNewer, r.Version, version)
	}
	if (r.Op == opBegin) != (number == 1) {
		return fmt.Errorf("operation %q", r.Op)
	}
	return c.apply(r)
}

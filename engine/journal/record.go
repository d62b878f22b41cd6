package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"unicode/utf8"
)

// version is the format of the log. A reader leaves a later one alone.
const version = 1

// maxRecord bounds a line of the log, in bytes: a name and its attributes are
// well below it, and a reader needs no more memory than this for a damaged one.
const maxRecord = 64 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// What a record says.
const (
	opBegin  = "begin"  // the first line: which session of which process this is
	opIntend = "intend" // something of a run is about to be made
	opShare  = "share"  // something of the session is about to be made
	opDone   = "done"   // it was removed
	opKeep   = "keep"   // what the run made is kept on purpose
)

// record is one line of the log.
type record struct {
	Op      string            `json:"op"`
	Run     string            `json:"run,omitempty"`
	Kind    string            `json:"kind,omitempty"`
	Name    string            `json:"name,omitempty"`
	Attrs   map[string]string `json:"attrs,omitempty"`
	Version int               `json:"version,omitempty"`
	Session string            `json:"session,omitempty"`
	Owner   *owner            `json:"owner,omitempty"`
}

// encode returns the record as a line. It refuses text that JSON would alter, as
// the name read back must be the name that was made.
func encode(r record) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	line := fmt.Appendf(nil, "%08x %s\n", crc32.Checksum(text, castagnoli), text)
	if len(line) > maxRecord {
		return nil, fmt.Errorf("record of %d bytes: at most %d fit", len(line), maxRecord)
	}
	return line, nil
}

func (r record) check() error {
	for _, text := range []string{r.Run, r.Kind, r.Name} {
		if !utf8.ValidString(text) {
			return fmt.Errorf("name %q is not valid UTF-8", text)
		}
	}
	for k, v := range r.Attrs {
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			return fmt.Errorf("attribute %q=%q is not valid UTF-8", k, v)
		}
	}
	return nil
}

// decode reads one line, without its newline.
func decode(line []byte) (record, error) {
	if len(line) < 10 || len(line) >= maxRecord || line[8] != ' ' {
		return record{}, errors.New("not a record")
	}
	sum, err := strconv.ParseUint(string(line[:8]), 16, 32)
	if err != nil || uint32(sum) != crc32.Checksum(line[9:], castagnoli) {
		return record{}, errors.New("wrong checksum")
	}
	var r record
	if err := json.Unmarshal(line[9:], &r); err != nil {
		return record{}, fmt.Errorf("unreadable record: %w", err)
	}
	return r, nil
}

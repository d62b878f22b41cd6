package schema

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
)

// ReadFile reads a scenario from a file. What it includes is read from the file's
// folder and nowhere else.
//
// The Scenario is never nil: with diagnostics it holds what could be read, for
// messages to quote, and must not be run.
func ReadFile(name string) (*Scenario, Diagnostics) {
	data, err := readLimited(func() (io.ReadCloser, error) { return os.Open(name) })
	if err != nil {
		return unreadable(name, err)
	}
	dir := filepath.Dir(name)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return unreadable(name, err)
	}
	defer root.Close()
	show := func(file string) string { return filepath.Join(dir, file) }
	if dir == "." && !filepath.IsAbs(name) {
		show = func(file string) string { return file }
	}
	return read(name, filepath.Base(name), data, &folder{fsys: root.FS(), show: show})
}

// ReadFS reads a scenario from a file system, such as the embedded lessons.
func ReadFS(fsys fs.FS, name string) (*Scenario, Diagnostics) {
	data, err := readLimited(func() (io.ReadCloser, error) { return fsys.Open(name) })
	if err != nil {
		return unreadable(name, err)
	}
	dir := path.Dir(name)
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		return unreadable(name, err)
	}
	show := func(file string) string { return path.Join(dir, file) }
	return read(name, path.Base(name), data, &folder{fsys: sub, show: show})
}

// Read reads a scenario from bytes; file is the name that messages show. It has
// no folder, so an include is a mistake.
func Read(file string, data []byte) (*Scenario, Diagnostics) {
	return read(file, filepath.Base(file), data, nil)
}

// folder is where included files are read from.
type folder struct {
	fsys fs.FS
	show func(file string) string // a file's name in messages
}

// readLimited reads at most one byte more than a file may have.
func readLimited(open func() (io.ReadCloser, error)) ([]byte, error) {
	file, err := open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, MaxFile+1))
}

func unreadable(name string, err error) (*Scenario, Diagnostics) {
	return &Scenario{File: name}, Diagnostics{{Pos: Pos{File: name}, Code: CodeFile, Message: "cannot read " + reason(name, err)}}
}

// reason says why a file cannot be read, without repeating its path.
func reason(name string, err error) string {
	var pathError *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("%s: there is no such file", name)
	case errors.As(err, &pathError):
		return fmt.Sprintf("%s: %s", name, pathError.Err)
	}
	return fmt.Sprintf("%s: %s", name, err)
}

func read(file, base string, data []byte, from *folder) (*Scenario, Diagnostics) {
	r := reader{from: from, sources: map[string][]string{}, seen: map[string]bool{base: true}}
	root := r.parse(file, data)
	if root == nil {
		return &Scenario{File: file, Text: r.sources[file], sources: r.sources}, r.diags.Sorted()
	}
	root = r.resolve(root, []string{base})
	s, diags := decodeScenario(root, file, r.sources)
	return s, append(r.diags, diags...).Sorted()
}

// decodeScenario decodes a whole document and checks that its parts fit together.
func decodeScenario(root *Node, file string, sources map[string][]string) (*Scenario, Diagnostics) {
	s := &Scenario{}
	if root.Kind != Map {
		message := fmt.Sprintf("a scenario is a map, found %s", root.Kind)
		s.File, s.Text, s.Root, s.sources = file, sources[file], root, sources
		return s, Diagnostics{{Pos: root.Pos, Width: root.width(), Code: CodeWrongKind, Message: message, Hint: "it begins with isolab: 1"}}
	}
	d := decoder{}
	d.value(root, reflect.ValueOf(s).Elem(), slot{name: "the scenario"})
	s.File, s.Text, s.Root, s.sources = file, sources[file], root, sources
	c := checker{Scenario: s, diags: d.diags}
	c.check()
	return s, c.diags.Sorted()
}

// Files lists what was read: the document, and the files that it includes.
func (s *Scenario) Files() []string { return slices.Sorted(maps.Keys(s.sources)) }

// SourceLine is a line of the document or of a file it includes, counting from 1;
// for Diagnostics.Render.
func (s *Scenario) SourceLine(file string, line int) (string, bool) {
	lines := s.sources[file]
	if lines == nil && file == s.File {
		lines = s.Text
	}
	if line < 1 || line > len(lines) {
		return "", false
	}
	return lines[line-1], true
}

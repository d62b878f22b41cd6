package cgroup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"isolab/schema/unit"
)

// Read reads everything that the kernel tells about the group. What it does not
// offer is zero and listed in Missing with the reason; that is no error. The
// error wraps fs.ErrNotExist when the group does not exist, and is otherwise the
// context's.
func (g *Group) Read(ctx context.Context) (Reading, error) {
	if err := ctx.Err(); err != nil {
		return Reading{}, fmt.Errorf("read cgroup %s: %w", g.Name(), err)
	}
	if !g.Exists() {
		return Reading{}, fmt.Errorf("read cgroup %s: none of %s is there: %w", g.Name(), strings.Join(g.dirs(), " "), fs.ErrNotExist)
	}
	r := &reader{group: g, files: map[string]content{}, into: &Reading{
		Version: g.host.Version(), Missing: map[string]string{}, origins: map[string]string{}}}
	for _, controller := range []string{"memory", "cpu", "cpuacct", "cpuset", "pids"} {
		r.controller(controller)
	}
	r.workOut()
	r.io()
	r.pressure()
	if err := r.state(); err != nil {
		return Reading{}, fmt.Errorf("read cgroup %s: %w", g.Name(), err)
	}
	return *r.into, nil
}

// reader fills one Reading; each file is read once.
type reader struct {
	group *Group
	into  *Reading
	files map[string]content
}

type content struct {
	File
	err error
}

func (r *reader) file(path string) content {
	if c, ok := r.files[path]; ok {
		return c
	}
	text, err := os.ReadFile(path)
	c := content{File: parseFile(path, string(text)), err: err}
	r.files[path] = c
	return c
}

// controller fills the fields that one controller knows.
func (r *reader) controller(name string) {
	m := r.group.member(name)
	if m == nil {
		for _, s := range append(sourcesV1(name), sourcesV2(name)...) {
			r.into.Missing[s.field] = "this machine has no " + name + " controller mounted"
		}
		return
	}
	maps.Copy(r.into.Missing, neverOf(name, m.tree.version))
	for _, s := range sources(m.tree.version, name) {
		r.read(*m, s)
	}
}

// neverOf picks one controller's fields by their prefix; only memory has any.
func neverOf(controller string, version Version) map[string]string {
	if controller != "memory" {
		return nil
	}
	return never(version)
}

// read fills one field from one source, unless an earlier source already has.
func (r *reader) read(m member, s source) {
	if r.into.origins[s.field] != "" {
		return
	}
	path := filepath.Join(m.dir, s.file)
	c := r.file(path)
	if c.err != nil {
		r.into.Missing[s.field] = absence(m, s, c.err)
		return
	}
	if err := set(r.into, s, c.File); err != nil {
		r.into.Missing[s.field] = fmt.Sprintf("%s: %v", path, err)
		return
	}
	r.into.origins[s.field] = path
	delete(r.into.Missing, s.field)
}

// absence says in one line why a file could not be read.
func absence(m member, s source, err error) string {
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return err.Error()
	case m.rel == "":
		return "the root group, the whole machine, has no " + s.file
	case m.tree.version == V1 && !isDir(m.dir):
		controller, _, _ := strings.Cut(s.file, ".")
		return fmt.Sprintf("the group was made without the controller %s: there is no %s", canonical(controller), m.dir)
	case m.tree.version == V2 && !enabled(m.dir, s.file):
		return fmt.Sprintf("there is no %s: the controller is not enabled for this group (cgroup.subtree_control above it)", filepath.Join(m.dir, s.file))
	}
	return fmt.Sprintf("there is no %s: %s", filepath.Join(m.dir, s.file), why(s.file))
}

// enabled reports whether a v2 group has the controller that a file's name starts
// with.
func enabled(dir, file string) bool {
	controller, _, _ := strings.Cut(file, ".")
	return slices.Contains(strings.Fields(readText(filepath.Join(dir, "cgroup.controllers"))), controller)
}

// set stores one value in the field of that dotted name.
func set(into *Reading, s source, file File) error {
	field := lookup(reflect.ValueOf(into).Elem(), s.field)
	if field.Kind() == reflect.String {
		field.SetString(file.Text)
		return nil
	}
	value, err := pick(file, s.key)
	if err != nil {
		return err
	}
	if field.Kind() == reflect.Bool {
		field.SetBool(value != 0)
		return nil
	}
	field.SetInt(scaled(value, s.scale))
	return nil
}

// pick takes the number that a source speaks of out of a file.
func pick(file File, key string) (int64, error) {
	text := file.Text
	if word, ok := strings.CutPrefix(key, "#"); ok {
		words := strings.Fields(text)
		n, err := strconv.Atoi(word)
		if err != nil || n >= len(words) {
			return 0, fmt.Errorf("%q has no word %s", text, word)
		}
		text = words[n]
	} else if key != "" {
		value, ok := file.Keys[key]
		if !ok {
			return 0, fmt.Errorf("no %s in it", key)
		}
		return value, nil
	}
	value, ok := parseNumber(text)
	if !ok {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return value, nil
}

// scaled keeps "no limit" at the largest number.
func scaled(value, scale int64) int64 {
	if scale <= 1 || value == math.MaxInt64 {
		return value
	}
	if value > math.MaxInt64/scale {
		return math.MaxInt64
	}
	return value * scale
}

// lookup finds a field by its dotted json name.
func lookup(v reflect.Value, dotted string) reflect.Value {
	name, rest, deeper := strings.Cut(dotted, ".")
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("json") != name {
			continue
		}
		if deeper {
			return lookup(v.Field(i), rest)
		}
		return v.Field(i)
	}
	panic("cgroup: no field " + dotted)
}

// state fills what is about the group as a whole.
func (r *reader) state() error {
	frozen, err := r.group.Frozen()
	if err != nil {
		return err
	}
	populated, err := r.group.Populated()
	if err != nil {
		return err
	}
	r.into.Processes, err = r.group.Procs()
	if err != nil {
		return err
	}
	r.into.Frozen, r.into.Populated = frozen, populated
	listed := r.group.listed()
	if len(listed) == 0 {
		return nil
	}
	last := listed[len(listed)-1] // the v2 tree where there is one
	r.into.origins["processes"] = filepath.Join(last.dir, "cgroup.procs")
	r.into.origins["populated"] = r.into.origins["processes"]
	if events := filepath.Join(last.dir, "cgroup.events"); isFile(events) {
		r.into.origins["populated"], r.into.origins["frozen"] = events, events
	}
	if state := r.group.freezerState(); state != "" && (frozen || r.into.origins["frozen"] == "") {
		r.into.origins["frozen"] = state
	}
	return nil
}

// unlimited makes every form of "no limit" the same.
func unlimited(size unit.Size) unit.Size {
	if size.IsUnlimited() {
		return unit.Unlimited
	}
	return size
}

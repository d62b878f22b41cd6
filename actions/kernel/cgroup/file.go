package cgroup

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"isolab/schema/unit"
)

// File is one file of a group as the kernel shows it.
type File struct {
	Path  string           `json:"path" expr:"path" doc:"Absolute path of the file."`
	Text  string           `json:"text" expr:"text" doc:"Its content without the last line break."`
	Value int64            `json:"value" expr:"value" doc:"The content where it is a single number; max is the largest number."`
	Keys  map[string]int64 `json:"keys" expr:"keys" doc:"The numbers of a file with a name in each line, such as keys.oom_kill; deeper ones are joined by a dot."`
}

// ReadFile reads one of the group's files by its kernel name, such as memory.max
// or memory.limit_in_bytes. The part before the dot says which controller's
// directory it is in; cgroup.* is read from the v2 tree where there is one. The
// error wraps fs.ErrNotExist when no directory of the group has such a file.
func (g *Group) ReadFile(name string) (File, error) {
	path, err := g.find(name)
	if err != nil {
		return File{}, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return File{}, fmt.Errorf("read cgroup %s: %w", g.Name(), err)
	}
	return parseFile(path, string(text)), nil
}

// WriteFile writes one of the group's files by its kernel name. It refuses
// release_agent, which names a program that the kernel runs as root on the host,
// and every file of the root group. A rejected value is the kernel's error
// (EINVAL, EBUSY, …) with the path.
func (g *Group) WriteFile(name, value string) error {
	if err := g.guard("write " + name + " of"); err != nil {
		return err
	}
	if name == "release_agent" {
		return fmt.Errorf("write %s of cgroup %s: %w", name, g.Name(), fs.ErrPermission)
	}
	path, err := g.find(name)
	if err != nil {
		return err
	}
	if m := g.memberAt(filepath.Dir(path)); m == nil || m.rel != g.name {
		return fmt.Errorf("write cgroup %s: %s belongs to another group: %w", g.Name(), path, fs.ErrPermission)
	}
	if err := writeFile(path, value); err != nil {
		return fmt.Errorf("write %q to cgroup %s: %w", value, g.Name(), err)
	}
	return nil
}

// writeFile writes in one call, as kernel files demand, and never creates.
func writeFile(path, value string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(value)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

func (g *Group) memberAt(dir string) *member {
	i := slices.IndexFunc(g.members, func(m member) bool { return m.dir == dir })
	if i < 0 {
		return nil
	}
	return &g.members[i]
}

// find looks for a file in the directory its name speaks of, then the v2 tree,
// then all others.
func (g *Group) find(name string) (string, error) {
	if name == "" || name != filepath.Base(name) || name == "." || name == ".." {
		return "", fmt.Errorf("cgroup file %q: want a file name, such as memory.max", name)
	}
	prefix, _, _ := strings.Cut(name, ".")
	candidates := []*member{g.member(prefix), g.member(unifiedKey)}
	if prefix == "cgroup" {
		slices.Reverse(candidates)
	}
	for i := range g.members {
		candidates = append(candidates, &g.members[i])
	}
	for _, m := range candidates {
		if m != nil && isFile(filepath.Join(m.dir, name)) {
			return filepath.Join(m.dir, name), nil
		}
	}
	return "", fmt.Errorf("read cgroup %s: no %s in %s: %w", g.Name(), name, strings.Join(g.dirs(), " "), fs.ErrNotExist)
}

// dirs lists the distinct directories of the group.
func (g *Group) dirs() []string {
	var dirs []string
	for _, m := range g.members {
		dirs = append(dirs, m.dir)
	}
	return dirs
}

// parseFile understands the kernel's four formats: one value, values by line,
// name and value by line, and name with key=value pairs
// (cgroup-v2.html#format).
func parseFile(path, text string) File {
	file := File{Path: path, Text: strings.TrimRight(text, "\n"), Keys: map[string]int64{}}
	file.Value, _ = parseNumber(file.Text)
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		prefix := ""
		for i, word := range words {
			name, value, pair := strings.Cut(word, "=")
			switch v, ok := parseNumber(value); {
			case pair && ok:
				file.Keys[words[0]+"."+name] = v
			case !pair && i == len(words)-1:
				if v, ok := parseNumber(word); ok {
					file.Keys[prefix] = v
				}
			}
			prefix = strings.TrimPrefix(prefix+"."+word, ".")
		}
	}
	return file
}

// parseNumber reads a decimal number; "max" and what is above the 64-bit range
// is the largest one.
func parseNumber(text string) (int64, bool) {
	if text == "max" {
		return math.MaxInt64, true
	}
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		return v, true
	}
	if _, err := strconv.ParseUint(text, 10, 64); err == nil {
		return math.MaxInt64, true
	}
	return 0, false
}

func readText(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func readSize(path string) (unit.Size, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	v, ok := parseNumber(strings.TrimSpace(string(text)))
	if !ok {
		return 0, fmt.Errorf("read %s: %q is not a number", path, text)
	}
	return unit.Size(v), nil
}

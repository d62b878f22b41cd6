package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"isolab/cmd/isolab/console"
	"isolab/scenarios"
	"isolab/schema"
)

// source is a scenario and where it comes from.
type source struct {
	scenario *schema.Scenario
	mistakes schema.Diagnostics // found in reading it; with any, it must not run
	builtin  bool
}

// sound is the mistakes of all sources that were found in reading them.
func sound(sources []source) error {
	var all schema.Diagnostics
	for _, s := range sources {
		all = append(all, s.mistakes...)
	}
	return all.Err()
}

// selection is how a user says which scenarios are meant.
type selection struct {
	names []string             // names of built-in scenarios, files or folders
	all   bool                 // every built-in scenario
	named bool                 // there is no --all to name them
	tags  []string             // only those with one of these tags
	leave func(paths []string) // told what of folders is left out; nil for nobody
}

// load reads what was selected: what is named in that order, then with all the other
// built-in ones, each once. Mistakes in a file are kept with it, so that all of
// all files can be told at once: compileAll and sound do.
func (s selection) load() ([]source, error) {
	switch {
	case slices.Contains(s.tags, ""):
		return nil, usagef("--tag: it is empty")
	case len(s.names) == 0 && s.named:
		return nil, usagef("name a scenario, a file or a folder; `isolab list` shows what is built in")
	case len(s.names) == 0 && !s.all:
		return nil, usagef("name a scenario, a file or a folder, or use --all; `isolab list` shows what is built in")
	}
	var sources []source
	names := slices.Clone(s.names)
	if s.all {
		names = append(names, slices.DeleteFunc(builtinNames(), func(name string) bool { return slices.Contains(names, name) })...)
	}
	var leftOut []string
	for _, name := range names {
		found, others, err := loadOne(name)
		if err != nil {
			return nil, err
		}
		sources, leftOut = append(sources, found...), append(leftOut, others...)
	}
	if len(leftOut) > 0 && s.leave != nil {
		s.leave(leftOut)
	}
	tags := tagsOf(sources)
	sources = s.tagged(sources)
	if len(sources) == 0 && len(tags) == 0 {
		return nil, usagef("no scenario has the tag %s; there is none with a tag", strings.Join(s.tags, " or "))
	}
	if len(sources) == 0 {
		return nil, usagef("no scenario has the tag %s; there is %s", strings.Join(s.tags, " or "), strings.Join(tags, ", "))
	}
	return sources, nil
}

// tagsOf lists all tags, each once.
func tagsOf(sources []source) (tags []string) {
	for _, s := range sources {
		tags = append(tags, s.scenario.Tags...)
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}

func (s selection) tagged(sources []source) []source {
	if len(s.tags) == 0 {
		return sources
	}
	return slices.DeleteFunc(sources, func(one source) bool {
		return len(one.mistakes) == 0 && !slices.ContainsFunc(s.tags, func(tag string) bool { return slices.Contains(one.scenario.Tags, tag) })
	})
}

// tellLeftOut names what of a folder was not taken for scenarios: the key may be
// misspelt.
func (a *app) tellLeftOut(paths []string) {
	const most = 5
	if more := len(paths) - most; more > 1 {
		paths = append(slices.Clone(paths[:most]), fmt.Sprintf("and %d more", more))
	}
	if !a.quiet {
		a.log.Info().Msgf("left out, without the key isolab: %s", console.Clean(strings.Join(paths, ", ")))
	}
}

// loadOne reads a built-in scenario by name, a file, or every scenario of a folder;
// leftOut is what of the folder was taken for none.
func loadOne(name string) (sources []source, leftOut []string, err error) {
	if slices.Contains(builtinNames(), name) {
		scenario, mistakes := loadBuiltin(name)
		return []source{{scenario, mistakes, true}}, nil, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		if near := schema.Nearest(name, builtinNames()); near != "" {
			return nil, nil, usagef("no scenario, file or folder is called %q; did you mean %q?", name, near)
		}
		return nil, nil, usagef("no scenario, file or folder is called %q; `isolab list` shows what is built in", name)
	}
	if !info.IsDir() {
		scenario, mistakes := schema.ReadFile(name)
		return []source{{scenario, mistakes, false}}, nil, nil
	}
	return loadFolder(name)
}

// loadFolder reads every .yaml and .yml file below a folder that is a scenario.
// What is left out are other YAML files, and links to folders, which are not
// followed; a file that is made to be included is nothing to speak of.
func loadFolder(dir string) (sources []source, leftOut []string, err error) {
	err = filepath.WalkDir(dir+string(filepath.Separator), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
		case leadsToFolder(path, entry):
			leftOut = append(leftOut, path+" (a link to a folder)")
		case !isYAML(path):
		default:
			text, err := readFile(path)
			switch {
			case err != nil || !isUTF16(text) && !hasKey(text, "isolab"):
				leftOut = append(leftOut, path)
			case isUTF16(text) || hasKey(text, "name") || hasKey(text, "title"):
				scenario, mistakes := schema.ReadFile(path)
				sources = append(sources, source{scenario, mistakes, false})
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("look for scenarios: %w", err)
	}
	if len(sources) == 0 {
		return nil, nil, usagef("no scenario in %s; a scenario is a .yaml file with the keys isolab and name", dir)
	}
	return sources, leftOut, nil
}

func isYAML(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	return ext == ".yaml" || ext == ".yml"
}

// leadsToFolder reports whether an entry of a folder is a link to another one.
func leadsToFolder(path string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isUTF16 recognises a byte order mark; the reader says that it is not UTF-8.
func isUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff"))
}

// hasKey reports whether a line begins with a key.
func hasKey(data []byte, key string) bool {
	text := strings.TrimPrefix(string(data), "\ufeff")
	return strings.HasPrefix(text, key+":") || strings.Contains(text, "\n"+key+":")
}

// builtinNames lists the scenarios in the binary.
func builtinNames() []string {
	matches, err := fs.Glob(scenarios.FS, "*/scenario.yaml")
	if err != nil {
		panic(err) // a bad pattern is a programmer's mistake
	}
	names := make([]string, len(matches))
	for i, match := range matches {
		names[i] = strings.TrimSuffix(match, "/scenario.yaml")
	}
	sort.Strings(names)
	return names
}

func loadBuiltin(name string) (*schema.Scenario, schema.Diagnostics) {
	return schema.ReadFS(scenarios.FS, name+"/scenario.yaml")
}

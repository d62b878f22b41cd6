package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

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
	names []string // names of built-in scenarios, files or folders
	all   bool     // every built-in scenario
	tags  []string // only those with one of these tags
}

// load reads what was selected: what is named in that order, then with all the other
// built-in ones, each once. Mistakes in a file are kept with it, so that all of
// all files can be told at once: compileAll and sound do.
func (s selection) load() ([]source, error) {
	if len(s.names) == 0 && !s.all {
		return nil, usagef("name a scenario, a file or a folder, or use --all; `isolab list` shows what is built in")
	}
	var sources []source
	names := slices.Clone(s.names)
	if s.all {
		names = append(names, slices.DeleteFunc(builtinNames(), func(name string) bool { return slices.Contains(names, name) })...)
	}
	for _, name := range names {
		found, err := loadOne(name)
		if err != nil {
			return nil, err
		}
		sources = append(sources, found...)
	}
	tags := tagsOf(sources)
	sources = s.tagged(sources)
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

// loadOne reads a built-in scenario by name, a file, or every scenario of a folder.
func loadOne(name string) ([]source, error) {
	if slices.Contains(builtinNames(), name) {
		scenario, mistakes := loadBuiltin(name)
		return []source{{scenario, mistakes, true}}, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		if near := schema.Nearest(name, builtinNames()); near != "" {
			return nil, usagef("no scenario, file or folder is called %q; did you mean %q?", name, near)
		}
		return nil, usagef("no scenario, file or folder is called %q; `isolab list` shows what is built in", name)
	}
	if !info.IsDir() {
		scenario, mistakes := schema.ReadFile(name)
		return []source{{scenario, mistakes, false}}, nil
	}
	return loadFolder(name)
}

// loadFolder reads every .yaml and .yml file below a folder that is a scenario;
// other YAML files lack the key isolab, and included ones have no name and title.
func loadFolder(dir string) (sources []source, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		ext := filepath.Ext(path)
		if entry.IsDir() || ext != ".yaml" && ext != ".yml" || !looksLikeScenario(path) {
			return nil
		}
		scenario, mistakes := schema.ReadFile(path)
		sources = append(sources, source{scenario, mistakes, false})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for scenarios: %w", err)
	}
	if len(sources) == 0 {
		return nil, usagef("no scenario in %s; a scenario is a .yaml file with the keys isolab and name", dir)
	}
	return sources, nil
}

// looksLikeScenario reports whether a file has the key isolab at the start of a
// line, and a key that a file made to be included cannot have.
func looksLikeScenario(path string) bool {
	data, err := readFile(path)
	return err == nil && hasKey(data, "isolab") && (hasKey(data, "name") || hasKey(data, "title"))
}

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

package main

import (
	"os"
	"path/filepath"
	"strings"
)

// apart refuses a report that would write over a scenario of the run, or over
// another report.
func (f *runFlags) apart(sources []source) error {
	taken := map[string]string{}
	for _, s := range sources {
		if s.builtin {
			continue
		}
		for _, file := range s.scenario.Files() {
			taken[place(file)] = "the scenario " + s.scenario.Name + " is read from it"
		}
	}
	for _, wanted := range f.reports {
		_, path, ok := strings.Cut(wanted, "=")
		if !ok || path == "" {
			continue // told where it is opened
		}
		if why, twice := taken[place(path)]; twice {
			return usagef("--report %s: %s; name another file", wanted, why)
		}
		taken[place(path)] = "--report " + wanted + " goes there"
	}
	return nil
}

// place is the one name of a file, which need not be there yet.
func place(path string) string {
	if whole, err := filepath.EvalSymlinks(path); err == nil {
		path = whole
	} else if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// spare refuses to write over a file that holds something.
func spare(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() && info.Size() > 0 {
		return usagef("%s is there already; remove it, or name another file", path)
	}
	return nil
}

package journal

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	journalExt = ".journal"
	lockExt    = ".lock"
	newExt     = ".new"     // being written; renamed when whole
	corruptExt = ".corrupt" // kept aside for a person to look at
)

// prepare makes the state directory, for this user alone. One that somebody else
// could write to is refused: what a journal lists is removed with our rights.
func prepare(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("state directory: %w", err)
	}
	err = persist(time.Second, func() error { // whoever ends meanwhile takes away what is empty
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		return trusted(dir)
	})
	if err != nil {
		return "", fmt.Errorf("state directory: %w", err)
	}
	return dir, nil
}

// persist does something again as long as other sessions, by ending or by sweeping,
// take away what it has made, but not for longer than the time given.
func persist(most time.Duration, do func() error) error {
	deadline := time.Now().Add(most)
	for {
		err := do()
		taken := errors.Is(err, errSwept) || errors.Is(err, os.ErrNotExist)
		if !taken || time.Now().After(deadline) {
			return err
		}
	}
}

// trusted narrows the directory's mode to 0700 and checks whose it is.
func trusted(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if info.IsDir() && info.Mode().Perm()&0o077 != 0 {
		err = errors.Join(err, os.Chmod(dir, 0o700))
		info, _ = os.Lstat(dir)
	}
	if err != nil || info == nil || !info.IsDir() || !ownedByUs(info) {
		return errors.Join(fmt.Errorf("%s: not a directory of this user alone", dir), err)
	}
	return nil
}

// sessions lists the sessions that have a file in the directory, and the files
// that were never finished.
func sessions(dir string) (names, unfinished []string, err error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("list state directory: %w", err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		name := file.Name()
		ext := filepath.Ext(name)
		base := strings.TrimSuffix(name, ext)
		switch {
		case !file.Type().IsRegular():
		case ext == newExt && filepath.Ext(base) == lockExt:
			unfinished = append(unfinished, filepath.Join(dir, name))
		case ext == newExt && filepath.Ext(base) == journalExt:
			seen[strings.TrimSuffix(base, journalExt)] = true
		case ext == journalExt || ext == lockExt:
			seen[base] = true
		}
	}
	return slices.Sorted(maps.Keys(seen)), unfinished, nil
}

// readOwned reads a whole open file of ours, within a bound.
func readOwned(f *os.File, bound int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	if !info.Mode().IsRegular() || !ownedByUs(info) || info.Size() > bound {
		return nil, fmt.Errorf("read %s: not a file of this user alone, of at most %d bytes", f.Name(), bound)
	}
	data := make([]byte, info.Size())
	n, err := f.ReadAt(data, 0)
	if n < len(data) {
		return nil, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	return data, nil
}

// remove deletes files; those that are not there are no error.
func remove(paths ...string) error {
	var all error
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}

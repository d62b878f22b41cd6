// Package report writes what a run showed for other programs to read. Each kind
// of report reads events and nothing else.
package report

import (
	"fmt"
	"os"
	"strings"

	"isolab/engine/event"
)

// Open starts a report of a kind, json or junit, that goes to a file. The second
// value finishes the report and closes the file; it returns what went wrong while
// writing.
func Open(kind, path string) (event.Sink, func() error, error) {
	make, ok := kinds()[kind]
	if !ok {
		return nil, nil, fmt.Errorf("unknown kind of report %q; there is %s", kind, strings.Join(Kinds(), " and "))
	}
	if path == "" {
		return nil, nil, fmt.Errorf("report %s: it has no file name; write %s=file", kind, kind)
	}
	if path == "-" {
		return nil, nil, fmt.Errorf("report %s: it goes to a file, and - is none", kind)
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, nil, fmt.Errorf("write the report: %w", err)
	}
	sink, finish := make(file)
	return sink, func() error {
		if err := finish(); err != nil {
			file.Close()
			return err
		}
		return file.Close()
	}, nil
}

// Kinds lists the kinds of reports.
func Kinds() []string { return []string{"json", "junit"} }

type maker func(*os.File) (event.Sink, func() error)

func kinds() map[string]maker {
	return map[string]maker{
		"json":  func(f *os.File) (event.Sink, func() error) { return event.Writer(f) },
		"junit": func(f *os.File) (event.Sink, func() error) { return JUnit(f) },
	}
}

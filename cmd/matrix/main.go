// Command matrix prints which scenario passed on which machine, from the event logs
// of `isolab run --all --report json=file`: one column for each log, and under the
// table why what was skipped was skipped.
//
//	matrix docker=docker.jsonl embedded=embedded.jsonl
//
// The exit code is 1 when a scenario failed or was in error somewhere, and when a
// log is missing or ends before its session does.
package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"isolab/engine/event"
)

func main() {
	sound, err := run(os.Stdout, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
	}
	if err != nil || !sound {
		os.Exit(1)
	}
}

func run(out io.Writer, args []string) (sound bool, err error) {
	var m matrix
	for _, arg := range args {
		name, path, ok := strings.Cut(arg, "=")
		if !ok {
			return false, fmt.Errorf("%s: write name=log", arg)
		}
		c, err := readColumn(name, path)
		if err != nil {
			return false, err
		}
		m.columns = append(m.columns, c)
	}
	return m.sound(), m.print(out)
}

// column is one machine: how each scenario ended there.
type column struct {
	name  string
	ends  map[string]event.End
	whole bool // the session came to its end
}

func readColumn(name, path string) (column, error) {
	c := column{name: name, ends: map[string]event.End{}}
	file, err := os.Open(path)
	if err != nil {
		return c, err
	}
	defer file.Close()
	err = event.Read(file, func(e event.Event) error {
		switch e.Kind {
		case event.ScenarioEnd:
			c.ends[e.Name] = *e.End
		case event.SessionEnd:
			c.whole = true
		}
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("%s is not an event log: %w", path, err)
	}
	return c, nil
}

type matrix struct {
	columns []column
	notes   []string // why something did not pass, each once
	blank   bool     // whether a scenario is missing somewhere
}

func (m *matrix) scenarios() []string {
	all := map[string]bool{}
	for _, c := range m.columns {
		for name := range c.ends {
			all[name] = true
		}
	}
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// sound reports whether nothing failed anywhere.
func (m *matrix) sound() bool {
	for _, c := range m.columns {
		if !c.whole {
			return false
		}
		for _, end := range c.ends {
			if event.Worse(end.Outcome, event.Failed) == end.Outcome {
				return false
			}
		}
	}
	return true
}

func (m *matrix) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	head := "scenario"
	for _, c := range m.columns {
		head += "\t" + c.name
	}
	fmt.Fprintln(table, head)
	for _, name := range m.scenarios() {
		line := name
		for _, c := range m.columns {
			line += "\t" + m.cell(c, name)
		}
		fmt.Fprintln(table, line)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if m.blank {
		fmt.Fprintln(out, "-   was not chosen to run there")
	}
	for i, note := range m.notes {
		fmt.Fprintf(out, "[%d] %s\n", i+1, note)
	}
	for _, c := range m.columns {
		if !c.whole {
			fmt.Fprintf(out, "%s: the run was cut off\n", c.name)
		}
	}
	return nil
}

// cell is an outcome, with the number of its reason where it did not pass.
func (m *matrix) cell(c column, name string) string {
	end, ran := c.ends[name]
	if !ran {
		m.blank = true
		return "-"
	}
	if end.Outcome == event.Passed {
		return string(event.Passed)
	}
	note := cmp.Or(end.Reason, "no reason given")
	at := slices.Index(m.notes, note)
	if at < 0 {
		m.notes = append(m.notes, note)
		at = len(m.notes) - 1
	}
	return fmt.Sprintf("%s [%d]", end.Outcome, at+1)
}

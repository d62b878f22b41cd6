package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"isolab/engine/event"
	"isolab/engine/handout"
)

func (a *app) handoutCommand() *cobra.Command {
	var logs []string
	var write bool
	cmd := &cobra.Command{
		Use:   "handout <scenario | file | folder>…",
		Short: "Write a scenario as a page for the class, with what a run measured",
		Long: `Handout prints a Markdown page: what the scenario shows, each step with the commands
that a person would type, the claims, and what a recorded run measured. With --write
the page becomes README.md beside the scenario's file; measurements that are there
stay, unless --recorded has newer ones.`,
		Example: `  isolab run mine.yaml --report json=run.jsonl
  isolab handout mine.yaml --recorded run.jsonl > README.md`,
		RunE: func(_ *cobra.Command, args []string) error {
			sources, err := selection{names: args, named: true, leave: a.tellLeftOut}.load()
			if err != nil {
				return err
			}
			recordings, err := readRecordings(logs)
			if err != nil {
				return err
			}
			programs, err := compileAll(sources, nil, false)
			if err != nil {
				return err
			}
			for _, p := range programs {
				if err := a.handout(p, recordings[p.Name()], write); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&logs, "recorded", nil, "the log of a run, from --report json=file (repeatable; the first that passed counts)")
	cmd.Flags().BoolVar(&write, "write", false, "write README.md beside the scenario's file")
	return cmd
}

// readRecordings reads all logs; of two recordings the one that passed wins, or
// else that of the earlier log.
func readRecordings(logs []string) (map[string]*handout.Recording, error) {
	all := map[string]*handout.Recording{}
	for _, path := range logs {
		file, err := os.Open(path)
		if err != nil {
			return nil, usageError{err}
		}
		found, err := handout.Read(file)
		file.Close()
		if err != nil {
			return nil, usageError{fmt.Errorf("%s is not an event log: %w", path, err)}
		}
		maps.DeleteFunc(found, func(name string, r *handout.Recording) bool {
			earlier := all[name]
			return earlier != nil && (earlier.Outcome == event.Passed || r.Outcome != event.Passed)
		})
		maps.Copy(all, found)
	}
	return all, nil
}

func (a *app) handout(p program, recording *handout.Recording, write bool) error {
	if !write {
		return handout.Write(a.out, p.Program, recording)
	}
	if p.builtin {
		return usagef("%s is built in; to write beside a scenario's file, name the file", p.Name())
	}
	var page strings.Builder
	if err := handout.Write(&page, p.Program, recording); err != nil {
		return err
	}
	path, text := filepath.Join(filepath.Dir(p.Scenario.File), "README.md"), page.String()
	if earlier, err := os.ReadFile(path); err == nil && recording == nil {
		text = handout.Keep(text, string(earlier))
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return err
	}
	fmt.Fprintln(a.out, path)
	return nil
}

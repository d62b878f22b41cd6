package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"isolab/cmd/isolab/console"
)

func (a *app) listCommand() *cobra.Command {
	var asJSON bool
	var tags []string
	cmd := &cobra.Command{
		Use:     "list [folder]…",
		Short:   "List the built-in scenarios, or those of a folder",
		Example: "  isolab list\n  isolab list --tag memory",
		RunE: func(_ *cobra.Command, args []string) error {
			sources, err := selection{names: args, all: len(args) == 0, tags: tags, leave: a.tellLeftOut}.load()
			if err == nil {
				err = sound(sources)
			}
			if err != nil {
				return err
			}
			if asJSON {
				return a.listJSON(sources)
			}
			width := 0
			for _, s := range sources {
				width = max(width, len(s.scenario.Name))
			}
			for _, s := range sources {
				console.Hang(a.out, fmt.Sprintf("%-*s  ", width, s.scenario.Name), s.scenario.Title)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringArrayVar(&tags, "tag", nil, "only scenarios with this tag (repeatable)")
	return cmd
}

func (a *app) listJSON(sources []source) error {
	type line struct {
		Name    string   `json:"name"`
		Title   string   `json:"title"`
		Tags    []string `json:"tags,omitempty"`
		Source  string   `json:"source,omitempty"`
		Builtin bool     `json:"builtin"`
		File    string   `json:"file"`
	}
	encoder := json.NewEncoder(a.out)
	for _, s := range sources {
		if err := encoder.Encode(line{s.scenario.Name, s.scenario.Title, s.scenario.Tags, strings.TrimSpace(s.scenario.Source), s.builtin, s.scenario.File}); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) showCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "show <scenario>",
		Short:   "Print a scenario's file, to read it or to start from it",
		Example: "  isolab show memory-limit > mine.yaml",
		Args:    one("the scenario to print"),
		RunE: func(_ *cobra.Command, args []string) error {
			sources, _, err := loadOne(args[0])
			if err != nil {
				return err
			}
			for _, s := range sources {
				if len(s.scenario.Text) == 0 && len(s.mistakes) > 0 {
					return s.mistakes
				}
				for _, line := range s.scenario.Text {
					fmt.Fprintln(a.out, line)
				}
			}
			return nil
		},
	}
}

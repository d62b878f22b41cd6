package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"isolab/cmd/isolab/console"
	"isolab/engine/event"
)

func (a *app) replayCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "replay <log>",
		Short:   "Show a recorded run again",
		Example: "  isolab run memory-limit --report json=run.jsonl\n  isolab replay run.jsonl",
		Args:    one("the log of a run"),
		RunE: func(_ *cobra.Command, args []string) error {
			var in io.Reader = a.in
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return usageError{err}
				}
				defer file.Close()
				in = file
			}
			options := console.For(a.out, a.detail(1))
			options.Live = false
			screen := console.New(options)
			last := event.Kind("")
			show := func(e event.Event) error { screen.Show(e); last = e.Kind; return nil }
			if err := event.Read(in, show); err != nil {
				return usageError{fmt.Errorf("%s cannot be replayed: %w", args[0], err)}
			}
			if last != event.SessionEnd {
				return fmt.Errorf("%s ends before the run does", args[0])
			}
			return nil
		},
	}
}

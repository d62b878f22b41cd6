package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"isolab/engine/journal"
)

func (a *app) cleanCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "clean",
		Short: "Remove what runs that were killed, or kept with --keep, have left",
		Long: `Clean removes exactly what the journals of ended runs list. Runs that are still
going are not touched. Every other command does the same for killed runs; clean
also removes what --keep left in place.`,
		Example: "  isolab clean",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.makes.Store(true)
			report, err := a.sweep(cmd.Context(), true)
			for _, entry := range report.Removed {
				fmt.Fprintf(a.out, "removed %s\n", entry)
			}
			fmt.Fprintln(a.out, report)
			return err
		},
	}
}

// sweepDead removes what killed runs have left, before a command does its own
// work. What fails is said, and is no reason to refuse the command.
func (a *app) sweepDead(ctx context.Context) {
	entries, err := os.ReadDir(filepath.Join(a.stateDir(), "journal"))
	if err != nil || len(entries) == 0 {
		return
	}
	report, err := a.sweep(ctx, false)
	if len(report.Removed) > 0 && !a.quiet {
		a.log.Info().Msgf("cleaned up after an earlier run: %s", report)
	}
	if err != nil {
		a.log.Warn().Msgf("clean up after an earlier run: %v", err)
	}
}

func (a *app) sweep(ctx context.Context, kept bool) (journal.Report, error) {
	options := sweepOptions()
	options.Kept = kept
	report, err := journal.Sweep(ctx, filepath.Join(a.stateDir(), "journal"), orphaned(a.stateDir()), options)
	for _, path := range report.Corrupt {
		a.log.Warn().Msgf("a damaged journal is set aside, to be looked at: %s", path)
	}
	return report, err
}

// sweepOptions: a daemon goes on working for a dead client. It may still make a
// container, whose image cannot be removed before it; and of an image whose id was
// never written down nobody knows whether it is still being loaded, which on a slow
// disk takes several seconds.
func sweepOptions() journal.SweepOptions {
	return journal.SweepOptions{Late: func(e journal.Entry) time.Duration {
		switch {
		case e.Kind == "image" && e.Attrs["id"] == "":
			return 10 * time.Second
		case e.Kind == "image" || e.Kind == "container":
			return 2 * time.Second
		}
		return 0
	}}
}

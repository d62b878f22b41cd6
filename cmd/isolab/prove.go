package main

import (
	"time"

	"github.com/spf13/cobra"

	"isolab/engine"
	"isolab/schema"
)

func (a *app) proveCommand() *cobra.Command {
	var flags runFlags
	var repeat int
	cmd := &cobra.Command{
		Use:   "prove [scenario | file | folder]…",
		Short: "Run scenarios and their controls: show that the claims can fail",
		Long: `Prove runs a scenario, then each of its controls: the same scenario with its
cause taken away, such as a limit. A control must break exactly the steps that it
names; a claim that cannot break proves nothing. With --repeat, each claim is listed
with how often it held, and by which margin when it was closest to being false.`,
		Example: `  isolab prove out-of-memory
  isolab prove --all --repeat 5`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			if repeat < 1 {
				return usagef("--repeat %d: it runs at least once", repeat)
			}
			sources, err := selection{names: args, all: flags.all, tags: flags.tags, leave: a.tellLeftOut}.load()
			if err != nil {
				return err
			}
			if err := flags.apart(sources); err != nil {
				return err
			}
			return a.prove(cmd, sources, flags, repeat)
		},
	}
	flags.register(cmd)
	cmd.Flags().IntVar(&repeat, "repeat", 1, "run the scenario itself this many times")
	return cmd
}

func (a *app) prove(cmd *cobra.Command, sources []source, flags runFlags, repeat int) error {
	ctx, cancel := flags.within(cmd.Context())
	defer cancel()
	set, err := parseSet(flags.set)
	if err != nil {
		return err
	}
	programs, err := compileAll(sources, set, true)
	if err != nil {
		return err
	}
	m, err := a.open(ctx, flags, len(sources))
	if err != nil {
		return err
	}
	m.start(ctx, programs)
	began := time.Now()
	var summaries []engine.Summary
	var problems schema.Diagnostics
	for _, s := range sources {
		if end := flags.over(ctx, began); end != nil {
			summaries = append(summaries, m.notStarted(s.scenario.Name, end))
			continue
		}
		proof, diags := m.session(s.builtin).Prove(ctx, s.scenario, catalog(), engine.Options{Set: set}, repeat)
		problems = append(problems, diags...)
		if len(diags) == 0 {
			summaries = append(summaries, proofSummary(proof))
		}
	}
	if err := m.finish(ctx, summaries); err != nil || len(problems) == 0 {
		return err
	}
	return problems
}

// proofSummary is a proof as the totals count it: one scenario with the claims of
// all its runs.
func proofSummary(p engine.Proof) engine.Summary {
	return engine.Summary{Name: p.Name, Outcome: p.Outcome, Reason: p.Reason, Claims: p.Tally, Denied: p.Denied}
}

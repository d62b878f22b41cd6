package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"isolab/actions/machine"
	"isolab/cmd/isolab/console"
	"isolab/engine"
)

func (a *app) planCommand() *cobra.Command {
	var set []string
	var runtime string
	cmd := &cobra.Command{
		Use:   "plan <scenario | file>…",
		Short: "Show what a scenario would do, as commands a person would type",
		Long: `Plan shows each step with the commands that do the same by hand, its claims,
and the permissions that the scenario needs. Nothing is run. The image workload in
them is the built-in one: isolab workload --save - | docker load`,
		Example: `  isolab plan memory-limit
  isolab plan ./mine.yaml --set limit=200MiB`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if runtime != "docker" && runtime != "embedded" {
				return usagef("--runtime %s: there is docker and embedded", runtime)
			}
			sources, err := selection{names: args, named: true, leave: a.tellLeftOut}.load()
			if err != nil {
				return err
			}
			values, err := parseSet(set)
			if err != nil {
				return err
			}
			programs, err := compileAll(sources, values, false)
			if err != nil {
				return err
			}
			for _, p := range programs {
				a.printPlan(cmd.Context(), p, runtime)
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&set, "set", nil, "give a param a value: --set limit=200MiB (repeatable)")
	cmd.Flags().StringVar(&runtime, "runtime", "docker", "whose commands to show: docker or embedded")
	return cmd
}

func (a *app) printPlan(ctx context.Context, p program, runtime string) {
	fmt.Fprintf(a.out, "%s  %s\n", p.Name(), console.Clean(p.Scenario.Title))
	if len(p.Needs) > 0 {
		fmt.Fprintln(a.out, "\npermissions:")
		for _, need := range p.Needs {
			fmt.Fprintf(a.out, "  %-26s %s\n", need, need.About())
		}
	}
	if len(p.Scenario.Cases) > 0 {
		var names []string
		for _, row := range p.Scenario.Cases {
			names = append(names, row.Name)
		}
		fmt.Fprintf(a.out, "\ncases: %s (values below are of the first in which a step is done)\n", strings.Join(names, ", "))
	}
	for _, step := range engine.Plan(p.Program, runtime, machine.Look(ctx, "/").CgroupVersion()) {
		a.printPlannedStep(step)
	}
	for _, control := range p.Scenario.Controls {
		var breaks []string
		for _, b := range control.Breaks {
			breaks = append(breaks, b.String())
		}
		fmt.Fprintf(a.out, "\ncontrol %s must break %s: %s\n", control.Name, strings.Join(breaks, ", "), console.Clean(control.About))
	}
	fmt.Fprintln(a.out)
}

func (a *app) printPlannedStep(step engine.PlannedStep) {
	title := step.Title
	if title == "" {
		title = step.Action
	}
	if step.Finally {
		title += " (always runs)"
	}
	fmt.Fprintf(a.out, "\n%3d %s\n", step.Number, console.Clean(title))
	if step.When != "" {
		fmt.Fprintf(a.out, "    only when: %s\n", console.Clean(step.When))
	}
	for _, command := range step.Commands {
		fmt.Fprintf(a.out, "    $ %s\n", strings.ReplaceAll(console.Clean(command), "\n", "\n      "))
	}
	if step.Repeats != "" {
		fmt.Fprintf(a.out, "    repeated: %s\n", step.Repeats)
	}
	for _, claim := range step.Claims {
		fmt.Fprintf(a.out, "    ? %s\n", console.Clean(claim.Text))
	}
}

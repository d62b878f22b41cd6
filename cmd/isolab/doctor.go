package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"isolab/actions/kernel/cgroup"
	"isolab/schema"
)

func (a *app) doctorCommand() *cobra.Command {
	var runtime string
	cmd := &cobra.Command{
		Use:   "doctor [scenario | file | folder]…",
		Short: "Say what will run on this machine, and what would help where it will not",
		Example: `  isolab doctor
  isolab doctor --runtime embedded memory-limit`,
		RunE: func(cmd *cobra.Command, args []string) error {
			sources, err := selection{names: args, all: len(args) == 0}.load()
			if err == nil {
				err = sound(sources)
			}
			if err != nil {
				return err
			}
			m, err := a.open(cmd.Context(), runFlags{runtime: runtime, json: true}, len(sources))
			if err != nil {
				return err
			}
			defer m.close(cmd.Context())
			m.describeMachine(cmd.Context())
			return m.diagnose(cmd.Context(), sources)
		},
	}
	cmd.Flags().StringVar(&runtime, "runtime", "auto", "where containers would run: auto, docker or embedded")
	return cmd
}

// describeMachine prints what this machine is and offers.
func (m *machinery) describeMachine(ctx context.Context) {
	out, f := m.app.out, m.facts
	fmt.Fprintf(out, "machine     %s %s, %d CPUs, %s memory (%s available), swap %s\n", f.OS, f.Kernel, f.CPUs, f.Memory, f.MemoryAvailable, f.Swap)
	if f.Cgroups != nil {
		fmt.Fprintf(out, "cgroups     %s, controllers %s\n", f.CgroupVersion(), strings.Join(f.Cgroups.Controllers(), " "))
		for _, feature := range []cgroup.Feature{cgroup.FeatureSwap, cgroup.FeatureIOThrottle, cgroup.FeaturePressure, cgroup.FeatureKill} {
			if err := f.Cgroups.Supports(feature); err != nil {
				fmt.Fprintf(out, "            %v\n", err)
			}
		}
	} else {
		fmt.Fprintf(out, "cgroups     none: %v\n", f.CgroupsWhy)
	}
	if !f.Root {
		fmt.Fprintln(out, "user        not root: much will be skipped; sudo helps")
	}
	for _, name := range []string{"docker", "embedded"} {
		o := m.chooser.open(ctx, name)
		if o.err != nil {
			fmt.Fprintf(out, "%-11s no: %v\n", name, o.err)
			continue
		}
		fmt.Fprintf(out, "%-11s yes: %s%s, isolation %s\n", name, o.info.Version, api(o.info.API), strings.Join(o.info.Isolation, ", "))
		if o.info.NoLimits != "" {
			fmt.Fprintf(out, "            no limits: %s\n", o.info.NoLimits)
		}
		for _, warning := range o.info.Warnings {
			fmt.Fprintf(out, "            %s\n", warning)
		}
	}
	fmt.Fprintln(out)
}

func api(version string) string {
	if version == "" {
		return ""
	}
	return " (API " + version + ")"
}

// diagnose says for each scenario whether it will run here.
func (m *machinery) diagnose(ctx context.Context, sources []source) error {
	width := 0
	for _, s := range sources {
		width = max(width, len(s.scenario.Name))
	}
	able := 0
	for _, s := range sources {
		verdict, help, ok := m.verdict(ctx, s.scenario)
		if ok {
			able++
		}
		fmt.Fprintf(m.app.out, "%-*s  %s\n", width, s.scenario.Name, verdict)
		if help != "" {
			fmt.Fprintf(m.app.out, "%-*s  help: %s\n", width, "", help)
		}
	}
	fmt.Fprintf(m.app.out, "\n%d of %d scenarios will run here\n", able, len(sources))
	if able == 0 {
		return exitCode(exitNothing)
	}
	return nil
}

func (m *machinery) verdict(ctx context.Context, scenario *schema.Scenario) (verdict, help string, ok bool) {
	rt, why, err := m.chooser.Choose(ctx, scenario.Requires.Runtime)
	if err != nil {
		return "skipped: " + err.Error(), "", false
	}
	if lacks := m.Lacks(ctx, scenario.Requires, rt); len(lacks) > 0 {
		return "skipped: " + lacks[0].Reason, lacks[0].Help, false
	}
	return fmt.Sprintf("will run on the %s runtime (%s)", rt.Name(), why), "", true
}

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/target"
	"isolab/cmd/isolab/console"
	"isolab/schema"
)

func (a *app) doctorCommand() *cobra.Command {
	var runtime string
	cmd := &cobra.Command{
		Use:   "doctor [scenario | file | folder]…",
		Short: "Say what will run here, and what would help where it will not",
		Example: `  isolab doctor
  isolab doctor --runtime embedded memory-limit`,
		RunE: func(cmd *cobra.Command, args []string) error {
			sources, err := selection{names: args, all: len(args) == 0, leave: a.tellLeftOut}.load()
			if err == nil {
				err = sound(sources)
			}
			if err != nil {
				return err
			}
			m, err := a.look(cmd.Context(), runFlags{runtime: runtime})
			if err != nil {
				return err
			}
			defer m.letGo()
			screen := console.New(console.For(a.out, console.Brief))
			m.describeMachine(cmd.Context(), screen)
			return m.diagnose(cmd.Context(), sources, screen)
		},
	}
	cmd.Flags().StringVar(&runtime, "runtime", "auto", "where containers would run: auto, docker or embedded")
	return cmd
}

// describeMachine prints what this machine is and offers.
func (m *machinery) describeMachine(ctx context.Context, screen *console.Console) {
	f := m.facts
	screen.Row("machine", fmt.Sprintf("%s %s, %d CPUs, %s memory (%s available), swap %s", f.OS, f.Kernel, f.CPUs, f.Memory, f.MemoryAvailable, f.Swap))
	if f.Cgroups != nil {
		screen.Row("cgroups", fmt.Sprintf("%s, controllers %s", f.CgroupVersion(), strings.Join(f.Cgroups.Controllers(), " ")))
		for _, feature := range []cgroup.Feature{cgroup.FeatureSwap, cgroup.FeatureIOThrottle, cgroup.FeaturePressure, cgroup.FeatureKill} {
			if err := f.Cgroups.Supports(feature); err != nil {
				screen.Row("", err.Error())
			}
		}
	} else {
		screen.Row("cgroups", fmt.Sprintf("none: %v", f.CgroupsWhy))
	}
	if !f.Root {
		screen.Row("user", "not root: much will be skipped; sudo helps")
	}
	if err := makeState(m.state); err != nil {
		screen.Row("state", "nothing runs without a "+err.Error())
	}
	for _, name := range []string{"docker", "embedded"} {
		o := m.chooser.open(ctx, name)
		if o.err != nil {
			screen.Row(name, fmt.Sprintf("no: %v", o.err))
			continue
		}
		screen.Row(name, fmt.Sprintf("yes: %s%s, isolation %s", o.info.Version, api(o.info.API), strings.Join(o.info.Isolation, ", ")))
		if o.info.NoLimits != "" {
			screen.Row("", "no limits: "+o.info.NoLimits)
		}
		if o.info.NoWorkload != "" {
			screen.Row("", "no image workload: "+o.info.NoWorkload)
		}
		for _, warning := range o.info.Warnings {
			screen.Row("", warning)
		}
	}
	fmt.Fprintln(m.app.out)
}

func api(version string) string {
	if version == "" {
		return ""
	}
	return " (API " + version + ")"
}

// verdict is what becomes of a scenario here.
type verdict struct{ word, reason, help string }

const willRun = "runs"

// diagnose says which scenarios will run here, and which not: together those that
// have the same reason.
func (m *machinery) diagnose(ctx context.Context, sources []source, screen *console.Console) error {
	var verdicts []verdict // in the order of their first scenarios
	names, able := map[verdict][]string{}, 0
	for _, s := range sources {
		v := m.verdict(ctx, s.scenario)
		if names[v] == nil {
			verdicts = append(verdicts, v)
		}
		names[v] = append(names[v], s.scenario.Name)
		if v.word == willRun {
			able++
		}
	}
	for _, v := range verdicts {
		screen.Alike(v.word, names[v], v.reason, v.help)
	}
	fmt.Fprintf(m.app.out, "\n%d of %s will run here\n", able, plural(len(sources), "scenario"))
	if able == 0 {
		return exitCode(exitNothing)
	}
	return nil
}

func (m *machinery) verdict(ctx context.Context, scenario *schema.Scenario) verdict {
	rt, why, err := m.chooser.Choose(ctx, scenario.Requires.Runtime)
	if err != nil {
		return verdict{"skipped", err.Error(), ""}
	}
	if lacks := m.Lacks(ctx, scenario.Requires, rt); len(lacks) > 0 {
		return verdict{"skipped", lacks[0].Reason, lacks[0].Help}
	}
	if why := m.chooser.info(rt).NoWorkload; why != "" && usesWorkload(scenario) {
		return verdict{"error", "there is no image workload on the " + rt.Name() + " runtime", why}
	}
	return verdict{willRun, fmt.Sprintf("on the %s runtime: %s", rt.Name(), why), ""}
}

// usesWorkload reports a scenario with a container of the built-in image.
func usesWorkload(scenario *schema.Scenario) bool {
	for _, entry := range scenario.Containers {
		var image schema.Image
		if node := entry.Value.Get("image"); node != nil {
			schema.Decode(node, &image, nil)
		}
		if image == (schema.Image{}) || image.Ref == target.Workload {
			return true
		}
	}
	return false
}

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"isolab/actions"
	"isolab/engine"
	"isolab/engine/event"
	"isolab/schema"
)

// runFlags are the flags that run and prove share.
type runFlags struct {
	runtime string
	set     []string
	allow   []string
	tags    []string
	reports []string
	all     bool
	keep    bool
	json    bool
	jobs    int
	timeout time.Duration
	budget  time.Duration
}

func (f *runFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.runtime, "runtime", "auto", "where containers run: auto, docker or embedded")
	flags.StringArrayVar(&f.set, "set", nil, "give a param a value: --set limit=200MiB (repeatable)")
	flags.StringArrayVar(&f.allow, "allow", nil, "grant a permission that the scenario declares: --allow network (repeatable)")
	flags.StringArrayVar(&f.tags, "tag", nil, "only scenarios with this tag (repeatable)")
	flags.StringArrayVar(&f.reports, "report", nil, "also write a report: --report junit=out.xml or json=run.jsonl (repeatable)")
	flags.BoolVar(&f.all, "all", false, "every built-in scenario")
	flags.BoolVar(&f.keep, "keep", false, "leave what was made, for looking around; the command clean removes it")
	flags.BoolVar(&f.json, "json", false, "print the event log, as JSON lines")
	flags.IntVar(&f.jobs, "jobs", 1, "how many scenarios run at the same time; more than one disturbs measurements")
	flags.DurationVar(&f.timeout, "timeout", 0, "end everything after this long")
	flags.DurationVar(&f.budget, "budget", 0, "start no scenario after this long, and skip those that are left")
}

// check finds what no flag type can: values out of range, and unknown permissions.
func (f *runFlags) check() error {
	switch {
	case f.jobs < 1:
		return usagef("--jobs %d: at least 1 scenario runs at a time", f.jobs)
	case f.timeout < 0:
		return usagef("--timeout %s: it is negative; write a duration such as 5m", f.timeout)
	case f.budget < 0:
		return usagef("--budget %s: it is negative; write a duration such as 5m", f.budget)
	}
	var known []string
	for _, p := range actions.Permissions() {
		known = append(known, string(p))
	}
	for _, name := range f.allow {
		if slices.Contains(known, name) {
			continue
		}
		if strings.Contains(name, ",") {
			return usagef("--allow %s: write --allow once for each permission", name)
		}
		if near := schema.Nearest(name, known); near != "" {
			return usagef("--allow %s: there is no such permission; did you mean %q?", name, near)
		}
		return usagef("--allow %s: there is no such permission; there is %s", name, strings.Join(known, ", "))
	}
	return nil
}

func (a *app) runCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run [scenario | file | folder]…",
		Short: "Run scenarios and judge their claims",
		Example: `  isolab run memory-limit
  isolab run --all --runtime embedded
  isolab run ./lessons --report junit=result.xml
  isolab run memory-limit --set limit=200MiB`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			sources, err := selection{names: args, all: flags.all, tags: flags.tags, leave: a.tellLeftOut}.load()
			if err != nil {
				return err
			}
			if err := flags.apart(sources); err != nil {
				return err
			}
			set, err := parseSet(flags.set)
			if err != nil {
				return err
			}
			programs, err := compileAll(sources, set, false)
			if err != nil {
				return err
			}
			return a.run(cmd.Context(), programs, flags)
		},
	}
	flags.register(cmd)
	return cmd
}

// program is a compiled scenario and whether it is built in.
type program struct {
	*engine.Program
	builtin bool
}

// compileAll compiles every scenario, and with controls each of its controls too,
// before any of them runs. All mistakes are returned at once.
func compileAll(sources []source, set map[string]string, controls bool) ([]program, error) {
	options := engine.Options{Set: set}
	var programs []program
	var all schema.Diagnostics
	for _, s := range sources {
		if len(s.mistakes) > 0 {
			all = append(all, engine.Further(s.scenario, catalog(), options, s.mistakes)...)
			continue
		}
		compiled, diags := engine.Compile(s.scenario, catalog(), options)
		if controls && len(diags) == 0 {
			_, diags = engine.CompileControls(s.scenario, catalog(), options)
		}
		all = append(all, diags...)
		programs = append(programs, program{compiled, s.builtin})
	}
	if len(all) > 0 {
		return nil, all
	}
	return programs, nil
}

func parseSet(list []string) (map[string]string, error) {
	values := map[string]string{}
	for _, one := range list {
		name, value, ok := strings.Cut(one, "=")
		if !ok || name == "" {
			return nil, usagef("--set %s: write it as name=value", one)
		}
		values[name] = value
	}
	return values, nil
}

// run runs the programs and turns their outcomes into the exit code.
func (a *app) run(ctx context.Context, programs []program, flags runFlags) error {
	ctx, cancel := flags.within(ctx)
	defer cancel()
	m, err := a.open(ctx, flags, len(programs))
	if err != nil {
		return err
	}
	summaries := make([]engine.Summary, len(programs))
	m.start(ctx, programs)
	began := time.Now()
	each(programs, flags.jobs, func(i int, p program) {
		if end := flags.over(ctx, began); end != nil {
			summaries[i] = m.notStarted(p.Name(), end)
			return
		}
		summaries[i] = m.session(p.builtin).Run(ctx, p.Program)
	})
	return m.finish(ctx, summaries)
}

// each runs the programs, so many at a time; one that changes the machine as a whole
// runs beside no other.
func each(programs []program, jobs int, run func(int, program)) {
	var machine sync.RWMutex
	group := errgroup.Group{}
	group.SetLimit(max(jobs, 1))
	for i, p := range programs {
		group.Go(func() error {
			lock := machine.RLocker()
			if p.Alone() {
				lock = &machine
			}
			lock.Lock()
			defer lock.Unlock()
			run(i, p)
			return nil
		})
	}
	group.Wait()
}

// within is a context that ends with --timeout.
func (f *runFlags) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if f.timeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, f.timeout, fmt.Errorf("the run took longer than --timeout %s", f.timeout))
}

// over tells how a scenario ends that is not started any more, because the whole run
// has ended or its budget is over; nil while there is time.
func (f *runFlags) over(ctx context.Context, began time.Time) *event.End {
	switch {
	case ctx.Err() != nil:
		return &event.End{Outcome: event.Errored, Reason: fmt.Sprintf("not started: %v", context.Cause(ctx))}
	case f.budget > 0 && time.Since(began) >= f.budget:
		return &event.End{Outcome: event.Skipped, Reason: fmt.Sprintf("not started: the run's budget of %s is over", f.budget), Help: "give it more with --budget"}
	}
	return nil
}

// notStarted tells of a scenario that the end of the run came before.
func (m *machinery) notStarted(name string, end *event.End) engine.Summary {
	m.sink(event.Event{Kind: event.ScenarioStart, Time: time.Now(), Run: name, Name: name, Scenario: &event.Scenario{}})
	m.sink(event.Event{Kind: event.ScenarioEnd, Time: time.Now(), Run: name, Name: name, End: end})
	return engine.Summary{Name: name, Outcome: end.Outcome, Reason: end.Reason, Help: end.Help}
}

// exitFor chooses the exit code for a set of outcomes. An inconclusive scenario is
// neither false nor an error, so beside others that passed it changes nothing.
func exitFor(ctx context.Context, summaries []engine.Summary) error {
	code, passed := exitPassed, 0
	for _, s := range summaries {
		switch s.Outcome {
		case event.Passed:
			passed++
		case event.Failed:
			code = worse(code, exitFailed)
		case event.Errored:
			if s.Denied {
				code = worse(code, exitUsage)
				continue
			}
			code = worse(code, exitError)
		}
	}
	switch {
	case interrupted(ctx):
		return exitCode(exitInterrupted)
	case code == exitPassed && passed == 0:
		return exitCode(exitNothing)
	case code == exitPassed:
		return nil
	}
	return exitCode(code)
}

// worse ranks exit codes: an error hides more than a false claim, and that more
// than a refusal.
func worse(a, b int) int {
	rank := map[int]int{exitPassed: 0, exitUsage: 1, exitFailed: 2, exitError: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// interrupted reports whether a signal ended the run.
func interrupted(ctx context.Context) bool {
	_, yes := context.Cause(ctx).(errInterrupted)
	return yes
}

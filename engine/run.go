package engine

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"isolab/actions"
	"isolab/engine/event"
	"isolab/engine/receipt"
)

// cleanupTime is the deadline of a cleanup, whatever became of the run's own.
const cleanupTime = 30 * time.Second

// run is one program being run. It is used by one goroutine.
type run struct {
	session *Session
	program *Program
	env     actions.Env
	before  receipt.Inventory
	summary Summary
	started time.Time
	caseID  string // name of the case that runs
	step    int    // number of the step that runs
}

// newRunID makes eight characters that no other run on the machine has.
func newRunID() string {
	raw := make([]byte, 5)
	rand.Read(raw) // never fails (crypto/rand)
	return strings.ToLower(base32.StdEncoding.EncodeToString(raw))
}

func (r *run) emit(e event.Event) {
	e.Time = r.session.services.Clock.Now()
	e.Run, e.Name, e.Case = r.env.Run.ID, r.program.Name(), r.caseID
	if e.Step == 0 {
		e.Step = r.step
	}
	r.session.sink(e)
}

// prepare finds out whether the program can run here, and leaves an outcome in
// the summary when it cannot.
func (r *run) prepare(ctx context.Context) {
	services := r.session.services
	scenario := r.program.Scenario
	rt, why, err := services.Runtimes.Choose(ctx, scenario.Requires.Runtime)
	started := &event.Scenario{
		Title: scenario.Title, About: scenario.About, Source: scenario.Source, File: scenario.File,
		RuntimeWhy: why, Steps: r.program.Steps(), Cases: len(scenario.Cases),
		Params: r.program.params.text(r.program.cases[0].params),
	}
	if err == nil {
		started.Runtime, r.summary.Runtime = rt.Name(), rt.Name()
	}
	r.emit(event.Event{Kind: event.ScenarioStart, Scenario: started})
	if err != nil {
		r.stop(event.Skipped, err.Error(), "")
		return
	}
	r.env.Runtime = rt
	if lacks := services.Machine.Lacks(ctx, scenario.Requires, rt); len(lacks) > 0 {
		r.stop(event.Skipped, lacks[0].Reason, lacks[0].Help)
		return
	}
	if err := services.Grant(ctx, r.program); err != nil {
		r.summary.Denied = true
		r.stop(event.Errored, err.Error(), "")
		return
	}
	if err := r.own(); err != nil {
		r.stop(event.Errored, err.Error(), "")
		return
	}
	r.before = services.Inventory(ctx, rt, r.env.Run.ID)
}

// own gives the run its names, which everything it makes carries, and its scratch
// directory.
func (r *run) own() error {
	id := r.env.Run.ID
	r.env.Run.Cgroup = "isolab/run-" + id
	r.env.Run.Dir = filepath.Join(r.session.services.Scratch, "run-"+id)
	if file := r.program.Scenario.File; file != "" {
		if info, err := os.Stat(file); err == nil && !info.IsDir() {
			r.env.Run.Source = filepath.Dir(file)
		}
	}
	r.env.Ledger = r.session.services.Journal.Run(id)
	return r.makeScratch()
}

func (r *run) makeScratch() error {
	return makeScratch(r.env.Ledger, r.env.Run.Dir)
}

// permit is the second gate: asked by actions at run time.
func (r *run) permit(p actions.Permission) error {
	if slices.Contains(r.program.Needs, p) {
		return nil
	}
	return fmt.Errorf("%w: no step was seen to need %s (%s) before the run, so it was not granted; what needs it has to stand in the file and not come from an expression", actions.ErrDenied, p, p.About())
}

// stop leaves an outcome; a graver one that is there already stays.
func (r *run) stop(o event.Outcome, reason, help string) {
	if event.Worse(r.summary.Outcome, o) != o || r.summary.Outcome == o {
		return
	}
	r.summary.Outcome, r.summary.Reason, r.summary.Help = o, reason, help
}

// cases runs the steps for each row of params. A case that the machine disturbed
// is run once more.
func (r *run) cases(ctx context.Context) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.program.Scenario.Timeout, errScenarioTime)
	defer cancel()
	for i, row := range r.program.cases {
		if i > 0 && ctx.Err() != nil {
			reason, help := r.interruption(ctx)
			r.stop(event.Errored, fmt.Sprintf("%s; case %s did not run", reason, row.name), help)
			break
		}
		if i > 0 && !r.afresh(ctx) {
			break
		}
		r.caseID = row.name
		result := r.oneCase(ctx, row)
		if result.outcome == event.Inconclusive && ctx.Err() == nil {
			r.emit(event.Event{Kind: event.StepNote, Text: "the machine was too noisy to tell; once more"})
			if r.afresh(ctx) {
				result = r.oneCase(ctx, row)
			}
		}
		r.summary.Claims = r.summary.Claims.Plus(result.claims)
		for id, outcome := range result.broke {
			r.summary.Broke[id] = event.Worse(r.summary.Broke[id], outcome)
		}
		r.stop(result.outcome, result.reason, result.help)
		if r.summary.Outcome == event.Errored || result.outcome == event.Skipped {
			break
		}
	}
	r.caseID, r.step = "", 0
	if r.summary.Outcome == event.Passed && r.summary.Claims.Passed == 0 {
		r.summary.Outcome = event.Skipped
		r.summary.Reason = "no claim was judged: every step with claims was left out"
		if r.summary.Claims.Total() > 0 {
			r.summary.Reason = "no claim holds: every step whose claims were judged may fail"
		}
	}
	if r.summary.Outcome == event.Skipped && r.summary.Claims.Passed > 0 {
		r.summary.Reason += " (what had been judged until then held)"
	}
}

func (r *run) oneCase(ctx context.Context, row caseRow) caseResult {
	if row.name != "" {
		r.emit(event.Event{Kind: event.CaseStart, Text: row.about,
			Scenario: &event.Scenario{Params: r.program.params.text(row.params)}})
	}
	c := newCaseRun(r, row)
	result := c.perform(ctx)
	if row.name != "" {
		r.emit(event.Event{Kind: event.CaseEnd, End: &event.End{Outcome: result.outcome, Reason: result.reason, Claims: result.claims}})
	}
	return result
}

// afresh removes what the run has made so far, as the steps will use the same names
// again, and makes its scratch directory anew. It reports false when that cannot be
// done; the run is over then.
func (r *run) afresh(ctx context.Context) bool {
	problems := r.removeAll(ctx)
	if len(problems) == 0 {
		if err := r.makeScratch(); err != nil {
			problems = []string{err.Error()}
		}
	}
	if len(problems) > 0 {
		r.stop(event.Errored, "the steps cannot begin afresh: "+strings.Join(problems, "; "), "`isolab clean` tries again")
	}
	return len(problems) == 0
}

// interruption says why the run's context has ended.
func (r *run) interruption(ctx context.Context) (reason, help string) {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, errScenarioTime):
		return fmt.Sprintf("the scenario took longer than its timeout of %s", r.program.Scenario.Timeout),
			"raise `timeout:` of the scenario, or look at the step that was running"
	case errors.Is(cause, context.Canceled):
		return "interrupted", ""
	}
	return cause.Error(), ""
}

// removeAll removes what the run has made so far, its scratch directory too.
func (r *run) removeAll(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	report := r.session.services.Journal.Cleanup(ctx, r.env.Run.ID, r.session.services.Removers)
	if report.Clean() {
		return nil
	}
	return strings.Split(report.Err().Error(), "\n")
}

// cleanup removes what the run has made, and then looks: what is still there is
// named and fails the run.
func (r *run) cleanup(ctx context.Context) {
	if r.session.keep {
		if err := r.session.services.Journal.Keep(r.env.Run.ID); err != nil {
			r.stop(event.Errored, err.Error(), "")
		}
		r.emit(event.Event{Kind: event.Cleanup, Receipt: &event.Receipt{
			Line: "kept for looking around; `isolab clean` removes it"}})
		return
	}
	problems := r.removeAll(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	after := r.session.services.Inventory(ctx, r.env.Runtime, r.env.Run.ID)
	compared := receipt.Compare(r.before, after, []string{r.env.Run.ID})
	told := &event.Receipt{Clean: len(problems) == 0 && compared.Clean(), Errors: problems, Line: compared.String()}
	for _, item := range compared.Left {
		told.Left = append(told.Left, item.String())
	}
	if told.Detail, _ = json.Marshal(compared); !told.Clean && len(told.Left)+len(problems) == 0 {
		told.Errors = compared.Unknown
	}
	r.emit(event.Event{Kind: event.Cleanup, Receipt: told})
	if !told.Clean {
		r.stop(event.Errored, "something was left behind: "+strings.Join(append(told.Left, told.Errors...), "; "),
			"`isolab clean` tries again")
	}
}

func (r *run) end() Summary {
	if r.summary.Outcome == "" {
		r.summary.Outcome = event.Passed
	}
	r.summary.Duration = r.session.services.Clock.Now().Sub(r.started)
	r.caseID, r.step = "", 0
	r.emit(event.Event{Kind: event.ScenarioEnd, End: &event.End{
		Outcome: r.summary.Outcome, Reason: r.summary.Reason, Help: r.summary.Help,
		Duration: r.summary.Duration, Claims: r.summary.Claims,
	}})
	return r.summary
}

// errScenarioTime is the cause of a context that ended because the scenario's own
// timeout was over.
var errScenarioTime = errors.New("the scenario's timeout is over")

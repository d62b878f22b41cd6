// Package event is the record of a run: what was done, what was seen, what was
// claimed and whether it held. It is the only thing that terminal output, reports
// and replay read, so whatever a person is shown can be shown again from the log.
//
// A log is JSON lines, one Event a line, in the order in which things happened.
// Fields are added, never renamed; Version grows when a meaning changes.
package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"isolab/schema"
)

// Version of the log format, in every session.start.
const Version = 1

// Kind says what an Event tells, and which of its fields are set.
type Kind string

// The kinds of events.
const (
	SessionStart  Kind = "session.start"  // Session
	ScenarioStart Kind = "scenario.start" // Scenario
	CaseStart     Kind = "case.start"     // Case, Scenario: its params
	StepStart     Kind = "step.start"     // Step
	StepNote      Kind = "step.note"      // Text
	StepTry       Kind = "step.try"       // Try: an eventually or always repeats
	StepResult    Kind = "step.result"    // Result
	ClaimJudged   Kind = "claim"          // Claim
	StepEnd       Kind = "step.end"       // End
	CaseEnd       Kind = "case.end"       // End
	Cleanup       Kind = "cleanup"        // Receipt
	ControlStart  Kind = "control.start"  // Control
	ControlEnd    Kind = "control.end"    // Control
	ProofEnd      Kind = "proof.end"      // Proof
	ScenarioEnd   Kind = "scenario.end"   // End
	SessionEnd    Kind = "session.end"    // Totals
)

// Event is one line of the log.
type Event struct {
	Kind Kind      `json:"kind"`
	Time time.Time `json:"time"`
	Run  string    `json:"run,omitempty"`      // id of the run, which is also the label of all that it makes
	Name string    `json:"scenario,omitempty"` // name of the scenario
	Case string    `json:"case,omitempty"`
	Step int       `json:"step,omitempty"` // from 1; finally steps count on

	Session  *Session        `json:"session,omitempty"`
	Scenario *Scenario       `json:"about,omitempty"`
	StepInfo *Step           `json:"info,omitempty"`
	Text     string          `json:"text,omitempty"`
	Try      *Try            `json:"try,omitempty"`
	Result   json.RawMessage `json:"result,omitempty"`
	// Origins gives, for dotted fields of Result, the file or call they came from.
	Origins map[string]string `json:"origins,omitempty"`
	Claim   *Claim            `json:"claim,omitempty"`
	End     *End              `json:"end,omitempty"`
	Receipt *Receipt          `json:"receipt,omitempty"`
	Control *Control          `json:"control,omitempty"`
	Proof   *Proof            `json:"proof,omitempty"`
	Totals  *Totals           `json:"totals,omitempty"`
}

// Session says what ran and where.
type Session struct {
	Version  int      `json:"log_version"`
	Isolab   string   `json:"isolab"`
	OS       string   `json:"os"`
	Arch     string   `json:"arch"`
	Kernel   string   `json:"kernel,omitempty"`
	CPUs     int      `json:"cpus"`
	Memory   int64    `json:"memory,omitempty"` // bytes
	Cgroup   string   `json:"cgroup,omitempty"` // v1, v2, hybrid
	Selected []string `json:"selected"`
}

// Scenario says what is about to be shown.
type Scenario struct {
	Title      string            `json:"title"`
	About      string            `json:"about,omitempty"`
	Source     string            `json:"source,omitempty"`
	File       string            `json:"file,omitempty"`
	Runtime    string            `json:"runtime,omitempty"`
	RuntimeWhy string            `json:"runtime_why,omitempty"`
	Params     map[string]string `json:"params,omitempty"`
	Steps      int               `json:"steps"`
	Cases      int               `json:"cases,omitempty"`
}

// Step says what a step is about to do.
type Step struct {
	ID       string     `json:"id,omitempty"`
	Title    string     `json:"title,omitempty"`
	Say      string     `json:"say,omitempty"`
	Look     string     `json:"look,omitempty"`
	Action   string     `json:"action"`
	Item     string     `json:"item,omitempty"` // of a foreach
	As       string     `json:"as,omitempty"`
	Commands []string   `json:"commands,omitempty"` // what a person would type
	Pos      schema.Pos `json:"pos"`
	Finally  bool       `json:"finally,omitempty"`
	LeftOut  bool       `json:"left_out,omitempty"` // its `when` is false
}

// Try is one round of an eventually or always.
type Try struct {
	Count   int           `json:"count"`
	Elapsed time.Duration `json:"elapsed"`
	Limit   time.Duration `json:"limit"`
	Holding int           `json:"holding"` // claims that held this time
	Claims  int           `json:"claims"`
}

// Claim is a claim and what became of it.
type Claim struct {
	Text     string     `json:"text"`
	Outcome  Outcome    `json:"outcome"` // passed, failed, error or inconclusive
	Why      string     `json:"why,omitempty"`
	Hint     string     `json:"hint,omitempty"`
	Missed   string     `json:"missed,omitempty"` // by how much: "13.4 MiB (8.9 %) over"
	Margin   string     `json:"margin,omitempty"` // how far a claim that holds is from being false: "13.4 MiB (8.9 %) below"
	Spare    float64    `json:"spare,omitempty"`  // the same as a part of the larger side
	Noise    string     `json:"noise,omitempty"`  // of one that holds: what else may have made it hold
	Reason   string     `json:"reason,omitempty"` // of an error, or of inconclusive
	Operands []Operand  `json:"operands,omitempty"`
	Pos      schema.Pos `json:"pos"`
}

// Operand is a part of a claim with the value it had.
type Operand struct {
	Text   string `json:"text"`
	Value  string `json:"value,omitempty"` // for people: "163.4 MiB (171302912)"
	Origin string `json:"origin,omitempty"`
	Depth  int    `json:"depth,omitempty"`
	NotRun bool   `json:"not_evaluated,omitempty"`
}

// End closes a step, a case or a scenario.
type End struct {
	Outcome  Outcome       `json:"outcome"`
	Reason   string        `json:"reason,omitempty"` // one sentence; empty when passed
	Help     string        `json:"help,omitempty"`   // what would help
	Duration time.Duration `json:"duration"`
	Claims   Tally         `json:"claims"`
	Allowed  bool          `json:"allowed,omitempty"`  // a step that may fail, and did
	LeftOut  bool          `json:"left_out,omitempty"` // a step whose `when` is false: neither passed nor skipped
}

// Tally counts claims by what became of them.
type Tally struct {
	Passed       int `json:"passed"`
	Failed       int `json:"failed,omitempty"`
	Error        int `json:"error,omitempty"`
	Inconclusive int `json:"inconclusive,omitempty"`
}

// Add counts another claim.
func (t *Tally) Add(o Outcome) {
	switch o {
	case Passed:
		t.Passed++
	case Failed:
		t.Failed++
	case Errored:
		t.Error++
	case Inconclusive:
		t.Inconclusive++
	}
}

// Plus adds two tallies.
func (t Tally) Plus(o Tally) Tally {
	return Tally{t.Passed + o.Passed, t.Failed + o.Failed, t.Error + o.Error, t.Inconclusive + o.Inconclusive}
}

// Total is the number of claims that were judged.
func (t Tally) Total() int { return t.Passed + t.Failed + t.Error + t.Inconclusive }

// Receipt says what the run left behind.
type Receipt struct {
	Clean  bool            `json:"clean"`
	Left   []string        `json:"left,omitempty"`   // what is still there, by name
	Errors []string        `json:"errors,omitempty"` // what could not be removed, and why
	Line   string          `json:"line"`             // the receipt in one line
	Detail json.RawMessage `json:"detail,omitempty"`
}

// Control is one control of a proof.
type Control struct {
	Name      string   `json:"name"`
	About     string   `json:"about,omitempty"`
	Change    []string `json:"change,omitempty"`    // "containers.hungry.limits.memory: none"
	Breaks    []string `json:"breaks"`              // steps whose claims must be false: "beyond", "beyond (run.oom_killed)"
	Broke     []string `json:"broke,omitempty"`     // steps whose claims were false
	Found     []string `json:"found,omitempty"`     // for each of these, the first claim that was false, with its values
	Holds     bool     `json:"holds,omitempty"`     // the proof holds: exactly the named steps broke
	Error     bool     `json:"error,omitempty"`     // it could not be run
	Undecided bool     `json:"undecided,omitempty"` // the machine was too noisy to tell, or cannot run it
	Reason    string   `json:"reason,omitempty"`
}

// Proof is what the runs of a scenario and of its controls show together.
type Proof struct {
	Outcome  Outcome  `json:"outcome"` // passed: every run passed and every control broke what it names
	Reason   string   `json:"reason,omitempty"`
	Runs     int      `json:"runs"`
	Held     int      `json:"held"` // runs that passed
	Controls int      `json:"controls"`
	Broke    int      `json:"broke"`              // controls that broke exactly what they name
	Unproven []string `json:"unproven,omitempty"` // claims that were judged, and that no control breaks
	Claims   []Record `json:"claims,omitempty"`
}

// Record is how a claim fared over all runs of a proof.
type Record struct {
	Case    string  `json:"case,omitempty"`
	ID      string  `json:"id,omitempty"` // of the step
	Step    string  `json:"step"`         // its number, and its id or title
	Item    string  `json:"item,omitempty"`
	Text    string  `json:"text"`
	Judged  int     `json:"judged"`
	Held    int     `json:"held"`
	Noisy   int     `json:"noisy,omitempty"` // of these, with noise that may have made it hold
	False   int     `json:"false,omitempty"`
	Why     string  `json:"why,omitempty"`     // the first time that it was false: the values
	Closest string  `json:"closest,omitempty"` // the smallest margin: "13.4 MiB (8.9 %) below"
	Spare   float64 `json:"spare,omitempty"`   // the same as a part of the larger side
}

// Totals counts scenarios by outcome.
type Totals struct {
	Scenarios map[Outcome]int `json:"scenarios"`
	Claims    Tally           `json:"claims"`
	Duration  time.Duration   `json:"duration"`
}

// Sink receives events, one at a time, in order.
type Sink func(Event)

// Tee hands every event to each sink, in turn, under one lock: scenarios that run
// at the same time may share it.
func Tee(sinks ...Sink) Sink {
	var mu sync.Mutex
	return func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		for _, sink := range sinks {
			sink(e)
		}
	}
}

// Writer is a Sink that writes JSON lines. Write errors are kept and returned by
// the second value, so that a full disk does not stop the run's cleanup.
func Writer(w io.Writer) (Sink, func() error) {
	var failed error
	encoder := json.NewEncoder(w)
	return func(e Event) {
		if err := encoder.Encode(e); err != nil && failed == nil {
			failed = err
		}
	}, func() error { return failed }
}

// Read calls visit for each event of a log, once it is known to have what its kind
// promises. The error says at which event a log is none, ends too early, or was
// written by a newer isolab.
func Read(r io.Reader, visit func(Event) error) error {
	decoder := json.NewDecoder(r)
	for count := 1; ; count++ {
		var e Event
		err := decoder.Decode(&e)
		switch {
		case errors.Is(err, io.EOF) && count > 1:
			return nil
		case errors.Is(err, io.EOF):
			return errors.New("it holds no event")
		case errors.Is(err, io.ErrUnexpectedEOF):
			return fmt.Errorf("it ends in the middle of event %d", count)
		case err == nil:
			err = e.whole()
		}
		if errors.As(err, new(*json.SyntaxError)) && count == 1 {
			return errors.New("it is no recorded run, which has one JSON object a line")
		}
		if err != nil {
			return fmt.Errorf("event %d: %w", count, err)
		}
		if err := visit(e); err != nil {
			return err
		}
	}
}

// whole checks that an event has the fields of its kind. One of a kind that is not
// known is left to the reader, who ignores it.
func (e Event) whole() error {
	has := map[Kind]bool{
		SessionStart: e.Session != nil, ScenarioStart: e.Scenario != nil, CaseStart: e.Scenario != nil, StepStart: e.StepInfo != nil, StepTry: e.Try != nil,
		ClaimJudged: e.Claim != nil, StepEnd: e.End != nil, CaseEnd: e.End != nil, Cleanup: e.Receipt != nil,
		ControlStart: e.Control != nil, ControlEnd: e.Control != nil, ProofEnd: e.Proof != nil, ScenarioEnd: e.End != nil, SessionEnd: e.Totals != nil,
	}
	if there, known := has[e.Kind]; known && !there {
		return fmt.Errorf("a %s without what belongs to it", e.Kind)
	}
	if e.Kind == "" {
		return errors.New("it has no kind")
	}
	if e.Kind == SessionStart && e.Session.Version > Version {
		return fmt.Errorf("log version %d was written by a newer isolab; this one reads %d", e.Session.Version, Version)
	}
	return nil
}

package engine

import (
	"context"
	"time"

	"isolab/actions"
	"isolab/actions/runtime"
	"isolab/engine/event"
	"isolab/engine/journal"
	"isolab/engine/receipt"
	"isolab/schema"
)

// Services is what the engine uses of the machine it runs on. Each is handed in,
// so that the engine itself knows no daemon, no kernel file and no terminal.
type Services struct {
	Runtimes Runtimes
	Machine  Machine
	Journal  *journal.Journal
	Removers map[string]actions.Remover
	Clock    actions.Clock
	Scratch  string // the run's scratch directories are made below it
	Root     string // where /proc and /sys are looked up: "/"

	// Grant decides whether a program may have the permissions it needs. Its
	// error is shown to the user and says what would grant them.
	Grant func(context.Context, *Program) error
	// Pause is the presenter's stop.
	Pause func(ctx context.Context, prompt string) error
	// Inventory counts what is on the machine, for the receipt of a run. What could
	// not be counted is in the inventory too, so it has no error.
	Inventory func(ctx context.Context, rt runtime.Runtime, run string) receipt.Inventory
	// Locate finds the cgroup path and host process id of a live container, for
	// the equivalent commands. It answers ok=false for what is not there.
	Locate func(ctx context.Context, env *actions.Env, target, controller string) (cgroup, pid string, ok bool)
}

// Runtimes chooses the runtime for a scenario.
type Runtimes interface {
	// Choose returns the runtime and, in one clause, why this one. want is what
	// the scenario requires: a name, or empty.
	Choose(ctx context.Context, want string) (rt runtime.Runtime, why string, err error)
}

// Machine knows what this machine offers.
type Machine interface {
	// Lacks compares a scenario's requirements with the machine.
	Lacks(ctx context.Context, requires schema.Requires, rt runtime.Runtime) []Lack
	// Describe fills in a session's machine facts.
	Describe(ctx context.Context) event.Session
}

// Lack is one requirement that the machine does not meet.
type Lack struct {
	Reason string // "needs 2 CPUs, has 1"
	Help   string // what would help; may be empty
}

// Session runs programs and tells what happens.
type Session struct {
	services Services
	sink     event.Sink
	newID    func() string
	keep     bool
}

// NewSession makes a session that tells everything to sink. keep leaves what the
// runs create in place, for looking around; `isolab clean` removes it later.
func NewSession(services Services, sink event.Sink, keep bool) *Session {
	return &Session{services: services, sink: sink, newID: newRunID, keep: keep}
}

// Summary is what became of one program.
type Summary struct {
	Name     string
	Outcome  event.Outcome
	Reason   string
	Help     string
	Denied   bool // refused for a missing permission, before the first step
	Claims   event.Tally
	Broke    map[string]event.Outcome // step id → its outcome, where it did not pass
	Ran      map[string]bool          // step id → whether it ran in some case, and was not left out
	Duration time.Duration
	Runtime  string
}

// Run runs a program and cleans up after it. It returns when nothing of the run
// is left, or the cleanup's own deadline is over.
func (s *Session) Run(ctx context.Context, program *Program) Summary {
	r := s.begin(program)
	r.prepare(ctx)
	if r.summary.Outcome == "" {
		r.cases(ctx)
		r.cleanup(ctx)
	}
	return r.end()
}

func (s *Session) begin(program *Program) *run {
	r := &run{session: s, program: program, started: s.services.Clock.Now()}
	r.summary = Summary{Name: program.Name(), Broke: map[string]event.Outcome{}, Ran: map[string]bool{}}
	r.env = actions.Env{
		Run:       actions.Run{ID: s.newID()},
		Clock:     s.services.Clock,
		Root:      s.services.Root,
		OutputMax: outputMax,
		Permit:    r.permit,
		Pause:     s.services.Pause,
	}
	return r
}

// outputMax is how many bytes of a command's output are kept; the rest is counted.
const outputMax = 1 << 20

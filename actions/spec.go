package actions

import (
	"context"
	"fmt"
	"reflect"
)

// Spec describes one action. P is the struct of what an author writes, R the
// struct of what later expressions see; both carry the field tags that package
// schema documents.
type Spec[P, R any] struct {
	// Name is family.verb, in the kernel's or Docker's own words.
	Name string
	// Summary is one sentence, without a full stop.
	Summary string
	// About is Markdown for the reference page: what to know, which kernel files
	// or calls it uses, on which systems it works.
	About string
	// Example is a step as an author would write it, with its claims. A test runs
	// `isolab check` on every example.
	Example string
	// Observes is true when doing it again changes nothing: such actions may be
	// repeated under eventually and always.
	Observes bool
	// Alone is true when it changes the machine as a whole, such as how much swap
	// there is: no other scenario of the command runs beside one that does it.
	Alone bool
	// FailsOn turns a result into a failure of the step unless the step expects
	// something of that result itself: a command that exited with 3, say. Nil:
	// only an error fails.
	FailsOn func(R) error
	// Verdict names the result fields that say how the action ended, such as
	// exit_code. A claim of the same step on one of them takes FailsOn's place.
	Verdict []string
	// Needs derives the permissions from the literal parameters. Nil: none.
	Needs func(P, Declared) []Permission
	// Makes names the image that later steps find under that reference, from the
	// literal parameters; empty when there is none. Nil: never.
	Makes func(P) string
	// Shell is what a person would type to do the same by hand, one command a
	// line. It must not touch the machine; it is called for plans too.
	Shell func(P, View) []string
	// Check finds mistakes that field tags cannot express, before anything runs; a
	// *Mistake among them tells its place. Nil: nothing to add.
	Check func(P, Declared) error
	// Run does it. An error wrapping Unsupported skips the scenario; any other
	// error fails or errs the step, see Failure.
	Run func(ctx context.Context, env *Env, params P) (R, error)
}

// Action is a Spec with its types erased: what the engine holds.
type Action struct {
	Name, Summary, About, Example string
	Observes, Alone               bool
	Verdict                       []string
	Params, Result                reflect.Type

	FailsOn func(result any) error
	Needs   func(params any, declared Declared) []Permission
	Makes   func(params any) string
	Shell   func(params any, view View) []string
	Check   func(params any, declared Declared) error
	Run     func(ctx context.Context, env *Env, params any) (any, error)
}

// Define turns a Spec into an Action. It panics when the Spec is incomplete: a
// programmer's mistake, seen at start.
func Define[P, R any](spec Spec[P, R]) Action {
	if spec.Name == "" || spec.Summary == "" || spec.Run == nil || spec.Shell == nil {
		panic(fmt.Sprintf("action %q: name, summary, shell and run are required", spec.Name))
	}
	action := Action{
		Name: spec.Name, Summary: spec.Summary, About: spec.About, Example: spec.Example,
		Observes: spec.Observes,
		Alone:    spec.Alone,
		Verdict:  spec.Verdict,
		Params:   reflect.TypeFor[P](),
		Result:   reflect.TypeFor[R](),
		FailsOn:  func(any) error { return nil },
		Needs:    func(any, Declared) []Permission { return nil },
		Makes:    func(any) string { return "" },
		Check:    func(any, Declared) error { return nil },
		Shell:    func(p any, view View) []string { return spec.Shell(p.(P), view) },
		Run: func(ctx context.Context, env *Env, p any) (any, error) {
			return spec.Run(ctx, env, p.(P))
		},
	}
	if spec.FailsOn != nil {
		action.FailsOn = func(r any) error { return spec.FailsOn(r.(R)) }
	}
	if spec.Needs != nil {
		action.Needs = func(p any, d Declared) []Permission { return spec.Needs(p.(P), d) }
	}
	if spec.Makes != nil {
		action.Makes = func(p any) string { return spec.Makes(p.(P)) }
	}
	if spec.Check != nil {
		action.Check = func(p any, d Declared) error { return spec.Check(p.(P), d) }
	}
	return action
}

// Mistake is what Check found at a certain place, where that is not the step.
type Mistake struct {
	Container string   // whose declaration holds it; empty: the step's own parameters
	Path      []string // the keys that lead there; of a list, the number of an item
	Message   string
	Hint      string // may be empty
}

func (m *Mistake) Error() string { return m.Message }

// Family is the part of the name before the dot.
func (a Action) Family() string {
	for i, r := range a.Name {
		if r == '.' {
			return a.Name[:i]
		}
	}
	return a.Name
}

// Sourced is implemented by results that know where their numbers came from:
// dotted field name (as expressions write it) → file, system call or API.
type Sourced interface {
	Origins() map[string]string
}

// MissingField is the name of the field, of type map[string]string, by which a
// result says what it could not read: dotted field name → reason. A claim that
// reads such a field can be neither true nor false; the engine makes it an error, as
// it does any other expression. The items of a list or a map that know what they lack
// have the field themselves.
const MissingField = "Missing"

// Noisy is implemented by results of measurements that know whether something
// else disturbed them. A claim that is false because of a disturbed figure is
// inconclusive.
type Noisy interface {
	// Noise says what disturbed the figure in a field (dotted, as expressions write
	// it), empty when nothing did, and by how much of itself the figure may be off:
	// 0.1 is a tenth, 1 is all of it. miss tells on which side of the claim the figure
	// is: some disturbances explain one side only.
	Noise(field string, miss Miss) (what string, share float64)
}

// Miss tells how a figure makes a claim false.
type Miss int

const (
	MissUnknown Miss = iota // the claim does more with it than to compare it
	MissLow                 // it is less than it should be
	MissHigh                // it is more than it should be
)

// Empty is the result of an action that has nothing to tell.
type Empty struct{}

package engine

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"isolab/schema"
)

// PlannedStep is a step that was not run: what it would do.
type PlannedStep struct {
	Number   int
	ID       string
	Title    string
	Say      string
	Look     string
	When     string // the condition under which it is done
	Action   string
	Commands []string // what a person would type, with placeholders
	Claims   []PlannedClaim
	Finally  bool
	Repeats  string // "until it holds, within 5s"; empty when done once
}

// PlannedClaim is a claim that was not judged.
type PlannedClaim struct{ Text, Why string }

// Plan says what a program would do on a runtime, without touching the machine.
// In texts a placeholder such as <srv.ip> stands for what comes from results of earlier
// steps; other parameters that do are zero. Where there are cases,
// each step has the values of the first one in which it is done.
func Plan(program *Program, runtimeName, cgroupVersion string) []PlannedStep {
	p := planner{program: program, view: planFor(program.Scenario.Requires, runtimeName, cgroupVersion)}
	var planned []PlannedStep
	for _, list := range [][]*step{program.steps, program.finally} {
		for _, s := range list {
			planned = append(planned, p.step(s))
		}
	}
	return planned
}

type planner struct {
	program *Program
	view    planView
	row     caseRow
	item    any // of the step's foreach, where that is known
}

// evaluate yields the values that are known without running, and placeholders for
// those of texts that are not.
func (p planner) evaluate(e schema.Expr, want reflect.Type) (any, error) {
	value, err := p.known(e, want)
	if text := want == nil || want.Kind() == reflect.String; value == nil && err == nil && text {
		return "<" + e.Source + ">", nil
	}
	return value, err
}

// known yields the values that are known without running: those of params.
func (p planner) known(e schema.Expr, _ reflect.Type) (any, error) {
	program := p.program.programs[e]
	for _, name := range program.Names() {
		if name != "params" && name != "case" && (name != "item" || p.item == nil) {
			return nil, nil
		}
	}
	return program.Eval(context.Background(), p.lookup)
}

// lookup knows the values of a case, and no results.
func (p planner) lookup(name string) (any, bool) {
	switch name {
	case "params":
		return p.row.params.Interface(), true
	case "case":
		return p.row.name, true
	case "item":
		return p.item, p.item != nil
	}
	return nil, false
}

// text is what the audience reads, its expressions evaluated; as in a run, one that has
// no value yet stays as the author wrote it.
func (p planner) text(s *step, key, plain string) string {
	node := s.Node.Get(key)
	var text string
	if !node.HasExpr() || len(schema.Decode(node, &text, p.known)) > 0 || text == "" {
		return plain
	}
	return text
}

// itemsShown is how many items of a foreach have their commands in a plan.
const itemsShown = 3

// items are those of a step's foreach; false where only a run knows them.
func (p planner) items(s *step) (reflect.Value, bool) {
	if s.foreach != nil {
		value, err := p.known(s.foreach.Source(), nil)
		return reflect.ValueOf(value), err == nil && value != nil
	}
	list := reflect.New(reflect.SliceOf(listItemType(s.Foreach)))
	diags := schema.Decode(s.Foreach, list.Interface(), p.evaluate)
	return list.Elem(), len(diags) == 0
}

// each are the commands for the items of a foreach, as far as they are shown and
// differ, and what is to be said of the others.
func (p planner) each(s *step) (commands []string, repeats string) {
	items, ok := p.items(s)
	if !ok {
		return p.commands(s), "for each item, which only a run knows"
	}
	var before []string
	for i := range min(items.Len(), itemsShown) {
		p.item = items.Index(i).Interface()
		if more := p.commands(s); !slices.Equal(more, before) {
			commands, before = append(commands, more...), more
		}
	}
	repeats = fmt.Sprintf("for each of %d items", items.Len())
	if items.Len() > itemsShown {
		repeats += fmt.Sprintf("; what stands here is for the first %d", itemsShown)
	}
	return commands, repeats
}

// commands are those of a step, or of one item of it.
func (p planner) commands(s *step) []string {
	params := reflect.New(s.action.Params)
	schema.Decode(s.Params, params.Interface(), p.evaluate)
	return s.action.Shell(params.Elem().Interface(), p.view)
}

func (p planner) declare() declared {
	d := declared{values: map[string]schema.Container{}}
	for _, entry := range p.program.Scenario.Containers {
		var container schema.Container
		schema.Decode(entry.Value, &container, p.evaluate)
		d.names = append(d.names, entry.Name)
		d.values[entry.Name] = container
	}
	return d
}

// doing is the first case in which a step is done, or may be: what results of the run
// decide is not known.
func (p planner) doing(s *step) caseRow {
	if s.when != nil {
		for _, p.row = range p.program.cases {
			if does, err := s.when.Eval(context.Background(), p.lookup); err != nil || does == true {
				return p.row
			}
		}
	}
	return p.program.cases[0]
}

func (p planner) step(s *step) PlannedStep {
	p.row = p.doing(s)
	p.view.declared = p.declare()
	p.view.reads = s.reads
	planned := PlannedStep{
		Number: s.number, ID: s.ID, Title: p.text(s, "title", s.Title), Say: p.text(s, "say", s.Say),
		Look: p.text(s, "look", s.Look), Action: s.Action, Finally: s.finally,
	}
	for _, claim := range s.claims {
		planned.Claims = append(planned.Claims, PlannedClaim{Text: claim.That.Source, Why: claim.Why})
	}
	if s.When != nil {
		planned.When = s.When.Source
	}
	if s.Foreach != nil {
		planned.Commands, planned.Repeats = p.each(s)
		return planned
	}
	planned.Commands = p.commands(s)
	switch {
	case s.Eventually != nil:
		planned.Repeats = "until it holds, within " + s.Eventually.Within.String()
	case s.Always != nil:
		planned.Repeats = "holds each time, for " + s.Always.For.String()
	}
	return planned
}

package engine

import (
	"reflect"
	"slices"

	"isolab/actions"
	"isolab/engine/expr"
	"isolab/schema"
)

// Program is a scenario that was checked and can run: every action is known,
// every expression compiled against the types it will see.
type Program struct {
	Scenario *schema.Scenario
	// Needs are the permissions that the actions and containers ask for, each
	// once, harmless first.
	Needs []actions.Permission

	params   paramSet
	cases    []caseRow
	steps    []*step
	finally  []*step
	programs programs
}

// caseRow is one run of the steps: the values of params, and a name when the
// scenario has cases.
type caseRow struct {
	name, about string
	params      reflect.Value // of paramSet.typ
}

// step is a compiled schema.Step.
type step struct {
	schema.Step
	number  int // from 1, finally steps count on
	finally bool
	action  actions.Action
	fixed   any // the parameters, when no expression is in them
	claims  []claim
	judges  bool     // a claim speaks of how the action ended, so FailsOn does not apply
	reads   []string // the fields of its result that expressions read, dotted
	foreach *expr.Program
	when    *expr.Program
}

// claim is a compiled schema.Claim.
type claim struct {
	schema.Claim
	program *expr.Program
}

// programs are compiled expressions by their source and place.
type programs map[schema.Expr]*expr.Program

// Name is the scenario's name.
func (p *Program) Name() string { return p.Scenario.Name }

// Steps is the number of steps, finally included.
func (p *Program) Steps() int { return len(p.steps) + len(p.finally) }

// Alone reports that a step changes the machine as a whole.
func (p *Program) Alone() bool {
	return slices.ContainsFunc(slices.Concat(p.steps, p.finally), func(s *step) bool { return s.action.Alone })
}

// Claims is the number of claims in one case.
func (p *Program) Claims() int {
	count := 0
	for _, list := range [][]*step{p.steps, p.finally} {
		for _, s := range list {
			count += len(s.claims)
		}
	}
	return count
}

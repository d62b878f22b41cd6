package engine

import (
	"slices"

	"isolab/engine/expr"
	"isolab/schema"
)

// The codes of diagnostics that need to know the actions and what they answer,
// besides those of package schema and package expr.
const (
	codeUnknownAction = "unknown-action"
	codeBadStep       = "bad-step"
	codeEmptyClaim    = "empty-claim"
	codeNotObserving  = "not-observing"
	codeUnusedResult  = "unused-result"
	codePermission    = "unknown-permission"
	codeUndeclared    = "undeclared-permission"
	codeUnknownParam  = "unknown-param"
	codeClaimsChanged = "claims-changed"
	codeBadSet        = "bad-set"
)

// Codes lists the codes of all diagnostics of a scenario, with what they say.
func Codes() []schema.CodeDoc {
	return slices.Concat(schema.Codes(), expr.Codes(), []schema.CodeDoc{
		{Code: codeUnknownAction, About: "There is no action of that name."},
		{Code: codeBadStep, About: "An action's params do not go together, or name what is not declared."},
		{Code: codeEmptyClaim, About: "A claim that reads no result or param: it is always the same."},
		{Code: codeNotObserving, About: "An action that changes something is repeated by eventually or always."},
		{Code: codeUnusedResult, About: "A result is named by as, and no expression reads it."},
		{Code: codeClaimsChanged, About: "A control changes the claims that it must break."},
		{Code: codePermission, About: "There is no permission of that name."},
		{Code: codeUndeclared, About: "The scenario needs a permission that it does not declare."},
		{Code: codeUnknownParam, About: "A param that is set on the command line is not declared."},
		{Code: codeBadSet, About: "A value that is set on the command line does not fit its param."},
	})
}

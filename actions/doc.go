// Package actions is the contract between the engine and what a step can do. An
// action is one file: a params struct, a result struct and one Spec value;
// everything else (validation, JSON Schema, reference page, expression types,
// permissions, the equivalent command, the plan) is derived from it.
//
// The engine knows only this package. The families (container, image, cgroup,
// host, measure, flow) live in folders below it and never import each other; they
// are listed in one place, in cmd.
package actions

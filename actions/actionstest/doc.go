// Package actionstest is what tests of actions need instead of an engine: an Env
// over a journal in memory, a runtime that only remembers what it was asked for,
// and the rules that every action keeps.
package actionstest

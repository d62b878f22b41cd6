// Package unit holds the quantities that scenarios speak of: bytes, CPUs, parts
// of a whole and spans of time. A quantity is a Go type of its own, so that a
// size compared with a time is a mistake the checker finds and not a number that
// happens to be larger.
//
// Each type parses what an author writes, prints what a person reads and travels
// through JSON as a plain number in its base unit.
package unit

// Package machine knows what this machine offers, and holds it against what a
// scenario requires. Every answer that is "no" says why in one line and, where
// there is one, what would help.
package machine

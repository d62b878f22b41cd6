// Package command runs programs on this machine for a run: bounded in what is
// kept of their output, marked with the run's nonce so that a sweep finds them,
// and ended as a whole tree when their time is over.
package command

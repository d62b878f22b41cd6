// Package applet is the contract between the multi-call program of the workload
// image and its commands: what a command is called, what it says about itself,
// and what it is handed when it runs.
//
// The exit codes are the same for all: 0 for done, 1 for a failure while running
// (one line "name: what: why" on standard error), 2 for a command line that is
// wrong (with the usage line). A command that ends on a signal reports 128 plus
// the signal's number, as shells do.
package applet

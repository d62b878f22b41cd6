// Package seccomp turns a Docker seccomp profile into the program that the
// kernel runs at every system call (seccomp(2)): which calls a container may
// make, with which arguments, and what it gets for the others.
//
// The default profile and the profile format are Docker's own
// (github.com/moby/profiles); the program is assembled in pure Go, without
// libseccomp. Two things differ from libseccomp: of several rules for one system
// call with different actions the first that matches decides, and system calls
// of another architecture's interface (32-bit programs on a 64-bit kernel) get
// the profile's default action.
package seccomp

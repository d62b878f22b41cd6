// Package stress is the classic load generator of the same name, as far as
// lessons use it: the same options, one process per hog, the same lines when a
// worker dies. The numbers in parentheses in its warnings are those that the
// classic prints there; course material quotes them.
//
// A worker is a fork of the parent with one thread (package fork), so it has the
// parent's command line and name, costs one task and no memory but its own hog.
package stress

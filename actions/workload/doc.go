// Package workload is the built-in container image: the isolab binary itself as a
// multi-call program, with a command ("applet") for everything a lesson wants to
// happen inside a container, and enough of a userland to look around.
//
// The binary is static, so it needs no root file system but itself: the image is
// one executable and a link /bin/<applet> to it for each applet. No lesson of the
// library therefore pulls anything.
//
// Applets are teaching tools, so they do exactly what they say: memory is touched
// page by page, a child process is one task, a signal has the effect that it has
// on a C program. The families are in the sub-packages; what they share is in
// package applet.
//
// # Which parts are not our own
//
// The shell is mvdan.cc/sh; cp, find, mktemp, mv, touch and xargs are u-root's.
// Other tools that u-root has as packages were measured and left: its mkdir and
// chmod report success after a failure or refuse set-uid modes, its ls prints
// errors to standard output and succeeds, its rm -f hides a read-only file
// system, its cat swallows the errno. A lesson about a refused system call cannot
// be built on those.
package workload

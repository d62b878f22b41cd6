// Package fork makes the smallest child process there is: a copy of this one
// with a single thread, which runs one function and nothing of the Go runtime.
//
// The exec of a Go program costs four or five threads, each of which counts in
// pids.current, and some MiB that count in memory.current. A lesson about
// pids.max or about a memory limit wants children that cost one task and a few
// pages, as those of a C program do. What such a child may do is narrow: system
// calls through unix.RawSyscall, arithmetic, memory it has mapped itself. It must
// not allocate, start goroutines, take locks, print through fmt or return to Go.
package fork

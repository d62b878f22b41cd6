// Package process holds the applets about processes: making many of them, using
// the CPU, living long, ignoring signals, leaving zombies and reaping them.
package process

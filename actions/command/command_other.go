//go:build !linux

package command

import (
	"context"
	"os"
	"os/exec"

	"isolab/actions"
)

// ownGroup leaves the program in isolab's group: only it is killed when its time
// is over.
func ownGroup(*exec.Cmd, string, *os.File) {}

// Enclose only makes sure that the journal knows of the run's processes.
func Enclose(env *actions.Env) (*os.File, error) { return nil, Journal(env) }

func exitOf(state *os.ProcessState) (code, signal int) { return state.ExitCode(), 0 }

func killMarked(string) error { return nil }

// Kill has nothing to find here: processes are told by /proc.
func Kill(context.Context, string) error { return nil }

// Of cannot tell here, so it answers no.
func Of(string, int) bool { return false }

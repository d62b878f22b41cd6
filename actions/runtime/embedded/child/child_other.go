//go:build !linux

package child

import (
	"fmt"
	"os"
)

// Init answers that there are no namespaces here.
func Init() int { return notHere(InitName) }

// Exec answers that there are no namespaces here.
func Exec() int { return notHere(ExecName) }

// Reap answers that there are no namespaces here.
func Reap([]string) int { return notHere(ReapName) }

// Probe answers that there are no namespaces here.
func Probe() int { return notHere(ProbeName) }

func notHere(name string) int {
	fmt.Fprintln(os.Stderr, name+": not on this system: needs Linux")
	return 1
}

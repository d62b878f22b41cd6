// Command isolab runs scenarios that prove how processes are isolated.
//
// One binary plays several parts: the command line, the built-in container image
// (started under an applet's name, such as stress), the first process of a
// container, and the reaper that cleans up after a killed run. Which part it is,
// is decided here by the name it was started under, before anything else.
package main

import (
	"os"

	"isolab/actions"
	"isolab/actions/cgroup"
	"isolab/actions/runtime/embedded"
	"isolab/actions/workload"
	"isolab/engine/journal"
)

func main() {
	if code, handled := part(os.Args); handled {
		os.Exit(code)
	}
	os.Exit(execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// part plays whichever part other than the command line this process was started
// for, and returns its exit code.
func part(argv []string) (code int, handled bool) {
	if code, handled := workload.Main(argv); handled {
		return code, true
	}
	if handled, code := embedded.Reexec(); handled {
		return code, true
	}
	if cgroup.Reexec() {
		return 0, true
	}
	removers := func() map[string]actions.Remover { return orphaned((&app{}).stateDir()) } // from the environment
	return 0, journal.ReaperMain(argv, removers, sweepOptions())
}

package embedded

import (
	"os"

	"isolab/actions/runtime/embedded/child"
)

// Reexec does the work of a container's process when this program was started as
// one, which argv[0] says. It belongs first in main, and in TestMain of packages
// that start containers:
//
//	if handled, code := embedded.Reexec(); handled {
//		os.Exit(code)
//	}
//
// In any other process it returns at once.
func Reexec() (handled bool, code int) {
	if len(os.Args) == 0 {
		return false, 0
	}
	switch os.Args[0] {
	case child.InitName:
		return true, child.Init()
	case child.ExecName:
		return true, child.Exec()
	case child.ProbeName:
		return true, child.Probe()
	case child.ReapName:
		return true, child.Reap(os.Args[1:])
	}
	return false, 0
}

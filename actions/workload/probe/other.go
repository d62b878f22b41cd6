//go:build !linux

package probe

import "isolab/actions/workload/applet"

var (
	runCaps, runOpenfiles, runSetuid = applet.NotHere, applet.NotHere, applet.NotHere
	runUnshare, runSyscall, runShm   = applet.NotHere, applet.NotHere, applet.NotHere
)

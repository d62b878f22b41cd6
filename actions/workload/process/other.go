//go:build !linux

package process

import "isolab/actions/workload/applet"

var (
	runForkbomb, runSpawn, runBurn = applet.NotHere, applet.NotHere, applet.NotHere
	runPinger, runIgnoreTerm       = applet.NotHere, applet.NotHere
	runZombies, runReap, runTimeit = applet.NotHere, applet.NotHere, applet.NotHere
	runUnshare                     = applet.NotHere
)

//go:build !linux

package memory

import "isolab/actions/workload/applet"

var runEatmemory, runMemhog = applet.NotHere, applet.NotHere

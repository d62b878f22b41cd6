//go:build !linux

package shell

import "isolab/actions/workload/applet"

var run = applet.NotHere

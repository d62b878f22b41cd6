//go:build !linux

package stress

import "isolab/actions/workload/applet"

var run = applet.NotHere

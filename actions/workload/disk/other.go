//go:build !linux

package disk

import "isolab/actions/workload/applet"

var run = applet.NotHere

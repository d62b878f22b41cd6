package disk

import "isolab/actions/workload/applet"

// Applets lists the family.
func Applets() []applet.Applet {
	return []applet.Applet{{
		Name: "disk", Summary: "Read or write a file in blocks and report IOPS and bytes/s",
		Usage: "[--mode write|read|randwrite|randread|randrw] [--bs SIZE] [--size SIZE] [--direct] " +
			"[--jobs N] [--time TIME] [--file PATH] [--fsync] [--keep] [--json]",
		Example: "disk --mode randwrite --bs 4KiB --size 8MiB --direct --time 5s", Run: run,
	}}
}

package stress

import "isolab/actions/workload/applet"

// Applets lists the family.
func Applets() []applet.Applet {
	return []applet.Applet{{
		Name: "stress", Summary: "Load CPU, memory, I/O and disk with one process per hog",
		Usage: "[-c N] [-i N] [-m N [--vm-bytes B] [--vm-stride B] [--vm-hang N] [--vm-keep]] " +
			"[-d N [--hdd-bytes B]] [-t TIME] [--backoff USEC] [-v | -q]",
		Example: "stress --cpu 4 --vm 2 --vm-bytes 128M --timeout 10s", Run: run,
	}}
}

package memory

import "isolab/actions/workload/applet"

// Applets lists the family.
func Applets() []applet.Applet {
	return []applet.Applet{
		{
			Name: "eatmemory", Summary: "Map memory, write to every page of it and hold it",
			Usage:   "[--rate SIZE/s] [--chunk SIZE] [--for TIME | --exit] SIZE",
			Example: "eatmemory 100MiB", Run: runEatmemory,
		},
		{
			Name: "memhog", Summary: "Map memory, write and read it some times, then end",
			Usage:   "[--sleep TIME] SIZE [REPEAT]",
			Example: "memhog 100MiB 3", Run: runMemhog,
		},
	}
}

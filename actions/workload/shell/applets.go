package shell

import "isolab/actions/workload/applet"

// Applets lists the family.
func Applets() []applet.Applet {
	return []applet.Applet{{
		Name: "sh", Summary: "Run shell commands",
		Usage:   "[-e] [-u] [-x] [-c COMMAND [NAME [ARGUMENT...]] | FILE [ARGUMENT...]]",
		Example: "sh -c 'eatmemory 50MiB & wait $!; echo $?'", Run: run, Piped: true,
	}}
}

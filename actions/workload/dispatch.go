package workload

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"isolab/actions/workload/applet"
)

// dispatch runs the applet that the first argument names, or lists them all.
func dispatch(args []string) int {
	if len(args) == 0 || args[0] == "--help" {
		List(os.Stdout)
		return applet.OK
	}
	found, ok := applet.Find(families(), args[0])
	if !ok {
		fmt.Fprintf(os.Stderr, "workload: there is no applet %q; called without one, the program lists them\n", args[0])
		return applet.Misuse
	}
	return found.Start(args[1:])
}

// List prints name and summary of every applet, one on a line.
func List(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, a := range Applets() {
		fmt.Fprintf(table, "%s\t%s\n", a.Name, a.Summary)
	}
	_ = table.Flush()
}

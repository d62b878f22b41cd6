// Command program is the workload image's binary and the first process of embedded
// containers, and nothing else: what tests need of isolab as a static program.
package main

import (
	"os"

	"isolab/actions/runtime/embedded"
	"isolab/actions/workload"
)

func main() {
	if handled, code := embedded.Reexec(); handled {
		os.Exit(code)
	}
	code, _ := workload.Main(os.Args)
	os.Exit(code)
}

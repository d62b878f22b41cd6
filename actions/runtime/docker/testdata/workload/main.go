// Command workload is the built-in image's program alone, for tests.
package main

import (
	"fmt"
	"os"

	"isolab/actions/workload"
)

func main() {
	code, handled := workload.Main(os.Args)
	if !handled {
		fmt.Fprintf(os.Stderr, "%s: not an applet\n", os.Args[0])
		code = 127
	}
	os.Exit(code)
}

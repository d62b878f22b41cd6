// Program is the multi-call program alone, without a test around it.
package main

import (
	"os"

	"isolab/actions/workload"
)

func main() {
	code, _ := workload.Main(os.Args)
	os.Exit(code)
}

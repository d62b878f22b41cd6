//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "labdaemon: not on this system: it needs Linux")
	os.Exit(125)
}

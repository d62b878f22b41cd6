//go:build !linux

package journal

import "os"

func kill(int) { os.Exit(137) }

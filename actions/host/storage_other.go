//go:build !linux

package host

import (
	"context"
	"fmt"

	"isolab/actions"
	"isolab/schema/unit"
)

func makeSwap(string, unit.Size) error {
	return fmt.Errorf("not on this system: swap files need a Linux kernel: %w", actions.ErrUnsupported)
}

func dropSwap(string) error { return nil }

func makeDisk(context.Context, *actions.Env, string, unit.Size) (DiskResult, error) {
	return DiskResult{}, fmt.Errorf("not on this system: loop devices need a Linux kernel: %w", actions.ErrUnsupported)
}

func dropDisk(context.Context, string) error { return nil }

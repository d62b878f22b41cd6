//go:build linux

package embedded_test

import (
	"testing"

	"isolab/actions/runtime"
	"isolab/actions/runtime/runtimetest"
)

func TestConformance(t *testing.T) {
	runtimetest.Run(t, func(t *testing.T) runtime.Runtime { return newRuntime(t) })
}

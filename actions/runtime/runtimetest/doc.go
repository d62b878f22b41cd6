// Package runtimetest is the conformance suite of package runtime: what a scenario
// may rely on, whichever runtime runs it. Each case is one claim, checked from the
// outside: by what the workload prints, and by what the kernel says of its
// processes.
//
//	func TestConformance(t *testing.T) {
//		runtimetest.Run(t, func(t *testing.T) runtime.Runtime { return open(t) })
//	}
//
// A case that needs something a runtime may lack is skipped with the text of its
// ErrUnsupported; in all other cases that error is a failure.
package runtimetest

//go:build race

package workload_test

// raceDetector: this test binary carries the race detector, whose shadow memory
// is resident too.
const raceDetector = true

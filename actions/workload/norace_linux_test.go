//go:build !race

package workload_test

// raceDetector: see race_linux_test.go.
const raceDetector = false

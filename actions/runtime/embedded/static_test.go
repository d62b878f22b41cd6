//go:build linux

package embedded_test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
)

// executable is the static program that tests hand to the runtime: this test
// binary, or one built for the purpose when this one is dynamically linked, as
// with -race.
var executable string

// findExecutable sets executable and returns a function that cleans up.
func findExecutable() (cleanUp func(), err error) {
	if static("/proc/self/exe") {
		executable = "/proc/self/exe"
		return func() {}, nil
	}
	dir, err := os.MkdirTemp("", "isolab-test")
	if err != nil {
		return nil, err
	}
	// Root of a user namespace must reach the program.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	executable = filepath.Join(dir, "static.test")
	build := exec.Command("go", "test", "-c", "-o", executable, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	return func() { _ = os.RemoveAll(dir) }, build.Run()
}

func static(path string) bool {
	file, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}

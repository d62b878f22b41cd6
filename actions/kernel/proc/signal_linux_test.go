package proc

import (
	"errors"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Kernels before 5.3 have no pidfd_open.
func TestSignalIf(t *testing.T) {
	for name, open := range map[string]func(int, int) (int, error){
		"by pidfd":        unix.PidfdOpen,
		"without a pidfd": func(int, int) (int, error) { return -1, unix.ENOSYS },
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("sleep", "1000")
			if err := cmd.Start(); err != nil {
				t.Skip(err)
			}
			if err := signalIf(cmd.Process.Pid, unix.SIGKILL, func() bool { return false }, open); !errors.Is(err, ErrGone) {
				t.Errorf("another process: %v", err)
			}
			if err := signalIf(cmd.Process.Pid, unix.SIGTERM, func() bool { return true }, open); err != nil {
				t.Fatal(err)
			}
			cmd.Wait()
			if by := cmd.ProcessState.Sys().(syscall.WaitStatus).Signal(); by != unix.SIGTERM {
				t.Errorf("it was ended by signal %v", by)
			}
			if err := signalIf(cmd.Process.Pid, unix.SIGKILL, func() bool { return true }, open); !errors.Is(err, ErrGone) {
				t.Errorf("one that has ended: %v", err)
			}
		})
	}
}

//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"isolab/schema/testenv"
)

// TestStateDirectoryIsFull runs on a state directory that has no room: nothing
// is made of which no record could be kept, and the reason is said.
func TestStateDirectoryIsFull(t *testing.T) {
	testenv.Need(t, testenv.Root)
	for name, disk := range map[string]struct {
		options string
		fill    int // bytes that are taken before
	}{
		"64 KiB and 8 inodes":    {"size=64k,nr_inodes=8", 0},
		"no byte":                {"size=64k", 64 << 10},
		"room for a journal":     {"size=64k", 52 << 10},
		"2 inodes":               {"size=64k,nr_inodes=2", 0},
		"4 inodes":               {"size=64k,nr_inodes=4", 0},
		"a journal and 6 inodes": {"size=1m,nr_inodes=6", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mount := t.TempDir()
			if err := unix.Mount("isolab-test", mount, "tmpfs", 0, disk.options); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { unix.Unmount(mount, unix.MNT_DETACH) })
			if disk.fill > 0 {
				os.WriteFile(filepath.Join(mount, "full"), make([]byte, disk.fill), 0o600)
			}
			onFullDisk(t, filepath.Join(mount, "state"))
		})
	}
}

func onFullDisk(t *testing.T, state string) {
	file := writeBusy(t, t.TempDir())
	code, out := isolab(t, state, "run", "--runtime", "embedded", "--json", file)
	if code != exitError || !strings.Contains(out, "no space left on device") {
		t.Errorf("exit code %d, want %d and the reason:\n%s", code, exitError, brief(out))
	}
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	isolab(t, state, "clean")
	if left := waitNothing(t, state, runsOf(t, log)); left != "" {
		t.Errorf("left behind:\n%s", left)
	}
	t.Logf("%.400s", brief(out))
}

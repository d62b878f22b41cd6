package host_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"isolab/actions"
	"isolab/actions/host"
	"isolab/actions/kernel/proc"
	"isolab/schema/testenv"
	"isolab/schema/unit"
)

func swapAreas(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/swaps")
	if err != nil {
		t.Skip(err)
	}
	return string(text)
}

func TestSwap(t *testing.T) {
	testenv.Need(t, testenv.Root)
	env := setup(t)
	before := swapAreas(t)
	r, err := do[host.SwapResult](t, env, host.Swap, host.SwapParams{Size: 8 * unit.MiB})
	if errors.Is(err, actions.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r.Size != 8*unit.MiB-unit.Size(os.Getpagesize()) || r.Total < r.Size || !strings.Contains(swapAreas(t), r.Path) {
		t.Errorf("got %+v", r)
	}
	remove := host.Removers()["swap"]
	for range 2 {
		if err := remove(context.Background(), r.Path, map[string]string{"under": env.Run.Dir}); err != nil {
			t.Fatal(err)
		}
	}
	if after := swapAreas(t); after != before {
		t.Errorf("swap before:\n%safter:\n%s", before, after)
	}
}

func TestDisk(t *testing.T) {
	testenv.Need(t, testenv.Root, testenv.Tool("mkfs.ext4", "e2fsprogs"))
	env := setup(t)
	r, err := do[host.DiskResult](t, env, host.Disk, host.DiskParams{Name: "small", Size: 16 * unit.MiB})
	if errors.Is(err, actions.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r.Size > 16*unit.MiB || r.Available > r.Size || r.Available < 8*unit.MiB {
		t.Errorf("got %+v", r)
	}
	err = os.WriteFile(filepath.Join(r.Path, "full"), make([]byte, 17*unit.MiB), 0o644)
	if !errors.Is(err, unix.ENOSPC) {
		t.Errorf("17 MiB were written to a disk of 16: %v", err)
	}
	if _, err := do[host.DiskResult](t, env, host.Disk, host.DiskParams{Name: "small", Size: 16 * unit.MiB}); err == nil {
		t.Error("the same disk was made twice")
	}
	remove := host.Removers()["disk"]
	for range 2 {
		if err := remove(context.Background(), r.Path, map[string]string{"under": env.Run.Dir}); err != nil {
			t.Fatal(err)
		}
	}
	fs, err := proc.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	mounts, err := fs.Mounts(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mounts {
		if m.Mountpoint == r.Path {
			t.Errorf("still mounted: %+v", m)
		}
	}
	if left, _ := os.ReadDir(env.Run.Dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestDisk_busy demands that a disk counts as there until its loop device is free.
func TestDisk_busy(t *testing.T) {
	testenv.Need(t, testenv.Root, testenv.Tool("mkfs.ext4", "e2fsprogs"))
	env := setup(t)
	r, err := do[host.DiskResult](t, env, host.Disk, host.DiskParams{Name: "busy", Size: 16 * unit.MiB})
	if errors.Is(err, actions.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	holder, err := os.Open(r.Path)
	if err != nil {
		t.Fatal(err)
	}
	remove := host.Removers()["disk"]
	ended, end := context.WithCancel(t.Context())
	end() // nobody waits
	if err := remove(ended, r.Path, map[string]string{"under": env.Run.Dir}); err == nil || !strings.Contains(err.Error(), r.Device+" is still taken") {
		t.Errorf("while it is held: %v", err)
	}
	holder.Close()
	if err := remove(t.Context(), r.Path, map[string]string{"under": env.Run.Dir}); err != nil {
		t.Errorf("when it is free: %v", err)
	}
}

func TestRemovers_touchOnlyOurs(t *testing.T) {
	under := t.TempDir()
	for _, kind := range []string{"swap", "disk"} {
		for _, path := range []string{"", "/", "/swapfile", under, filepath.Join(under, "other"), filepath.Join(under, kind+"-"), filepath.Join(under, "deep", kind+"-x"), kind + "-x"} {
			if err := host.Removers()[kind](context.Background(), path, map[string]string{"under": under}); err == nil {
				t.Errorf("%s %q would be removed", kind, path)
			}
		}
		if err := host.Removers()[kind](context.Background(), filepath.Join(under, kind+"-x"), map[string]string{"under": under}); err != nil {
			t.Errorf("removing a %s that is not there: %v", kind, err)
		}
	}
}

func TestStorage_needsItsPermissions(t *testing.T) {
	env := setup(t)
	env.Granted = []actions.Permission{}
	if _, err := do[host.SwapResult](t, env, host.Swap, host.SwapParams{Size: unit.GiB}); !errors.Is(err, actions.ErrDenied) {
		t.Errorf("swap: %v", err)
	}
	if _, err := do[host.DiskResult](t, env, host.Disk, host.DiskParams{Name: "x", Size: unit.GiB}); !errors.Is(err, actions.ErrDenied) {
		t.Errorf("disk: %v", err)
	}
	if len(env.Ledger.List()) != 0 {
		t.Errorf("the journal holds %q", env.Ledger.List())
	}
}

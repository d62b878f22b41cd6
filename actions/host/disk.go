package host

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/schema/unit"
)

// DiskParams are the parameters of host.disk.
type DiskParams struct {
	Name string    `json:"name" doc:"Name of the disk; a container mounts it as the volume disk:<name>." isolab:"main,required" example:"small"`
	Size unit.Size `json:"size" doc:"Size of the disk, at least 8 MiB." isolab:"required" example:"64MiB"`
}

// DiskResult is the result of host.disk.
type DiskResult struct {
	Path      string    `json:"path" expr:"path" doc:"Where it is mounted on the host."`
	Device    string    `json:"device" expr:"device" doc:"The loop device that it is behind."`
	Size      unit.Size `json:"size" expr:"size" doc:"What the file system can hold."`
	Available unit.Size `json:"available" expr:"available" doc:"What is free in it."`
}

// Disk is host.disk.
var Disk = actions.Define(actions.Spec[DiskParams, DiskResult]{
	Name:    "host.disk",
	Summary: "Make a file system of limited size for containers to mount",
	About: `Needs the permission ` + "`host.disk`" + `, root, loop devices and ` + "`mkfs.ext4`" + `. The disk is a sparse file in the
run's scratch directory with an ext4 file system on it, mounted through a loop device
(loop(4)); a container has it as a volume with the source ` + "`disk:<name>`" + `. It is for the lesson on
"No space left on device" where the runtime cannot limit a container's own layer. The end of the
run unmounts and removes it.`,
	Example: `host.disk: {name: small, size: 64MiB}
as: disk
expect:
  - disk.size <= 64MiB
`,
	Needs: func(DiskParams, actions.Declared) []actions.Permission {
		return []actions.Permission{actions.HostDisk}
	},
	Check: func(p DiskParams, _ actions.Declared) error {
		if p.Size != 0 && (p.Size < diskMin || p.Size.IsUnlimited()) {
			return fmt.Errorf("size %v: at least %v, and not without limit", p.Size, diskMin)
		}
		return checkDiskName(p.Name)
	},
	Shell: func(p DiskParams, _ actions.View) []string {
		image := p.Name + ".img"
		return []string{shell.Line("truncate", "-s", fmt.Sprint(int64(p.Size)), image), shell.Line("mkfs.ext4", "-q", "-m", "0", image),
			shell.Line("mount", "-o", "loop", image, "/mnt")}
	},
	Run: disk,
})

// diskMin is what mkfs.ext4 wants for a file system with a journal.
const diskMin = 8 * unit.MiB

func checkDiskName(name string) error {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return fmt.Errorf("name %q: want lower case letters, digits and dashes", name)
	}
	return nil
}

func disk(ctx context.Context, env *actions.Env, p DiskParams) (DiskResult, error) {
	if err := env.Permit(actions.HostDisk); err != nil {
		return DiskResult{}, err
	}
	if err := checkDiskName(p.Name); err != nil || p.Name == "" || p.Size < diskMin || p.Size.IsUnlimited() {
		return DiskResult{}, errors.Join(err, fmt.Errorf("disk %q of %v: want a name, and at least %v", p.Name, p.Size, diskMin))
	}
	dir := filepath.Join(env.Run.Dir, diskPrefix+p.Name)
	if env.Ledger.Holds("disk", dir) {
		return DiskResult{}, fmt.Errorf("this run has a disk %s already", p.Name)
	}
	if err := env.Ledger.Intend("disk", dir, map[string]string{"under": env.Run.Dir}); err != nil {
		return DiskResult{}, fmt.Errorf("journal disk %s: %w", dir, err)
	}
	result, err := makeDisk(ctx, env, dir, p.Size)
	if err != nil {
		return result, errors.Join(fmt.Errorf("make disk %s: %w", p.Name, err), dropDisk(context.WithoutCancel(ctx), dir))
	}
	return result, nil
}

// imageOf is the file behind a disk.
func imageOf(dir string) string { return dir + ".img" }

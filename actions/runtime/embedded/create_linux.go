package embedded

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded/child"
)

// defaultCgroup is where containers are put that name no run-level cgroup.
const defaultCgroup = "isolab"

// Create makes what a container needs before it can start: its record, its
// cgroup with the limits set, its writable layer and its volumes.
func (r *Runtime) Create(ctx context.Context, spec runtime.Spec) (runtime.Created, error) {
	if err := r.ready(); err != nil {
		return runtime.Created{}, err
	}
	if err := checkSpec(spec); err != nil {
		return runtime.Created{}, fmt.Errorf("create container %s: %w", spec.Name, err)
	}
	unlock, err := r.locks.lock(ctx, spec.Name)
	if err != nil {
		return runtime.Created{}, err
	}
	defer unlock()
	rec, err := r.reserve(spec)
	if err != nil {
		return runtime.Created{}, fmt.Errorf("create container %s: %w", spec.Name, err)
	}
	warnings, err := r.make(ctx, &rec)
	if err != nil {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTimeout)
		defer cancel()
		return runtime.Created{}, fmt.Errorf("create container %s: %w", spec.Name, errors.Join(err, r.discard(undo, spec.Name)))
	}
	r.headStart(ctx, rec)
	return runtime.Created{ID: rec.ID, Warnings: warnings}, nil
}

// reserve takes the name: the directory can be made by one caller only.
func (r *Runtime) reserve(spec runtime.Spec) (record, error) {
	group, err := r.cgroupName(spec)
	if err != nil {
		return record{}, err
	}
	if err := os.MkdirAll(r.dirs.containers(), 0o700); err != nil {
		return record{}, err
	}
	if err = os.Mkdir(r.dirs.container(spec.Name), 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return record{}, runtime.ErrConflict
		}
		return record{}, err
	}
	id := make([]byte, 32)
	rand.Read(id)
	rec := record{ID: hex.EncodeToString(id), Spec: spec, State: runtime.StateCreated, Cgroup: group, CreatedAt: time.Now()}
	if group != "" {
		err = os.Symlink(group, r.dirs.group(spec.Name))
	}
	if err = errors.Join(err, r.dirs.save(rec)); err != nil {
		return record{}, errors.Join(err, os.RemoveAll(r.dirs.container(spec.Name)))
	}
	return rec, nil
}

// make makes the parts, each of which the record already names.
func (r *Runtime) make(ctx context.Context, rec *record) (warnings []string, err error) {
	config, err := r.imageConfig(ctx, rec.Spec.Image)
	if err != nil {
		return nil, err
	}
	rec.Image = config.Image
	if rec.Command = command(rec.Spec, config); len(rec.Command) == 0 {
		return nil, errors.New("no command: neither the container nor its image names one")
	}
	group, err := r.makeGroup(*rec)
	if err != nil {
		return nil, err
	}
	if err := r.makeDirs(ctx, *rec, config); err != nil {
		return nil, err
	}
	if _, err := r.plan(*rec, config, group); err != nil {
		return nil, err
	}
	return r.warnings(rec.Spec), r.dirs.save(*rec)
}

// command joins entrypoint and command by Docker's rule: a new entrypoint drops
// the image's command too.
func command(spec runtime.Spec, config imageConfig) []string {
	entrypoint, args := config.Entrypoint, config.Command
	if len(spec.Entrypoint) > 0 {
		entrypoint, args = spec.Entrypoint, nil
	}
	if len(spec.Command) > 0 {
		args = spec.Command
	}
	return slices.Concat(entrypoint, args)
}

// makeGroup makes the container's cgroup and sets its limits; nil when it is to
// have none.
func (r *Runtime) makeGroup(rec record) (*cgroup.Group, error) {
	if rec.Cgroup == "" {
		return nil, nil
	}
	group, err := r.cgroups.Create(rec.Cgroup, cgroup.Options{})
	if err != nil {
		return nil, unsupported(err)
	}
	r.tell(rec.Spec.Name, "mkdir cgroup %s in %d hierarchies", rec.Cgroup, len(r.trees))
	limits, err := r.kernelLimits(rec.Spec.Limits, false)
	if err != nil || !limited(rec.Spec.Limits) {
		return group, err
	}
	if err := group.Set(limits); err != nil {
		return nil, unsupported(err)
	}
	r.tell(rec.Spec.Name, "set limits of cgroup %s", group.Name())
	return group, nil
}

// makeDirs makes the writable layer's directories, links to the image's layers,
// and the volumes.
func (r *Runtime) makeDirs(ctx context.Context, rec record, config imageConfig) error {
	base := r.dirs.layers(rec.Spec.Name)
	if err := makePrivate(r.dirs.data, filepath.Dir(base)); err != nil {
		return err
	}
	for _, name := range []string{"", child.RootDir, child.ImageDir, child.LowerDir, child.LayerDir, child.UpperDir, child.WorkDir} {
		if err := r.makeDir(filepath.Join(base, name), rec.Spec); err != nil {
			return err
		}
	}
	layers, err := r.forUsers(ctx, config, rec.Spec)
	if err != nil {
		return err
	}
	for i, layer := range layers {
		if err := os.Symlink(layer, filepath.Join(base, child.LowerDir, strconv.Itoa(i))); err != nil {
			return err
		}
	}
	return r.makeVolumes(rec.Spec)
}

// makePrivate makes directories that only root may pass, and the root of user
// namespaces by its group: what containers write below may be programs with the
// set-user-id bit, which no user of this machine must reach.
func makePrivate(dirs ...string) error {
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o710); err != nil {
			return err
		}
		if err := os.Chown(dir, -1, userBase); err != nil && isRoot() {
			return err
		}
	}
	return nil
}

// makeDir makes a directory that belongs to the container's root.
func (r *Runtime) makeDir(dir string, spec runtime.Spec) error {
	err := os.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil && isRoot() && spec.UserNS == "private" {
		err = os.Chown(dir, userBase, userBase)
	}
	return err
}

// warnings says what is done in another way than was asked for.
func (r *Runtime) warnings(spec runtime.Spec) (list []string) {
	if spec.Limits.Memory != nil && !spec.Limits.Memory.IsUnlimited() && spec.Limits.Swap == nil {
		if err := r.cgroups.Supports(cgroup.FeatureSwap); err != nil {
			list = append(list, fmt.Sprintf("swap is not limited: %v", err))
		}
	}
	if spec.StorageMax > 0 {
		list = append(list, fmt.Sprintf("the writable layer of %v is a tmpfs: what is written counts as the container's memory", spec.StorageMax))
	}
	return list
}

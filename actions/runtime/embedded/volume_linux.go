package embedded

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"

	"isolab/actions/runtime"
)

var _ runtime.VolumeLister = (*Runtime)(nil)

// RunLabel is the label whose value keeps the volumes of one run together.
const RunLabel = "isolab.run"

// volume is the directory of a named volume.
func (r *Runtime) volume(spec runtime.Spec, m runtime.Mount) string {
	run := spec.Labels[RunLabel]
	if run == "" {
		run = "none"
	}
	return filepath.Join(r.dirs.volumes(dirName(run)), dirName(m.Source))
}

// dirName makes one path element of a text that may hold anything.
func dirName(text string) string {
	if isName(text) {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (r *Runtime) makeVolumes(spec runtime.Spec) error {
	for _, m := range spec.Mounts {
		if m.Kind != runtime.MountVolume {
			continue
		}
		dir := r.volume(spec, m)
		if err := makePrivate(r.dirs.data, filepath.Dir(filepath.Dir(dir)), filepath.Dir(dir)); err != nil {
			return err
		}
		if err := r.makeDir(dir, spec); err != nil {
			return err
		}
	}
	return nil
}

// Volumes lists the directories of a run's volumes; the label that keeps them
// together is RunLabel, and no other.
func (r *Runtime) Volumes(_ context.Context, label, value string) ([]string, error) {
	if label != RunLabel || value == "" {
		return nil, nil
	}
	dir := r.dirs.volumes(dirName(value))
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, entry := range entries {
		names = append(names, filepath.Join(dir, entry.Name()))
	}
	return names, err
}

// removeVolumes removes those volumes of the container that no other one uses.
func (r *Runtime) removeVolumes(rec record) error {
	for _, m := range rec.Spec.Mounts {
		if m.Kind != runtime.MountVolume || r.inUse(rec, m) {
			continue
		}
		dir := r.volume(rec.Spec, m)
		if err := removeTree(dir); err != nil {
			return err
		}
		_ = os.Remove(filepath.Dir(dir))
	}
	return nil
}

func (r *Runtime) inUse(rec record, m runtime.Mount) bool {
	names, _ := r.List(context.Background(), "", "")
	for _, name := range names {
		other, err := r.dirs.load(name)
		if err != nil || name == rec.Spec.Name {
			continue
		}
		for _, o := range other.Spec.Mounts {
			if o.Kind == runtime.MountVolume && r.volume(other.Spec, o) == r.volume(rec.Spec, m) {
				return true
			}
		}
	}
	return false
}

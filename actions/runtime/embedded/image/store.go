package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// ErrNotFound is returned for an image that is not in the store.
var ErrNotFound = errors.New("no such image here")

// Store is a directory of images. It is made on first use.
type Store struct{ dir string }

// Open names a store; it makes nothing.
func Open(dir string) *Store { return &Store{dir: dir} }

// Image is what a reference stands for.
type Image struct {
	Ref        string   `json:"ref"`
	ID         string   `json:"id"`     // digest of the configuration, sha256:…
	Layers     []string `json:"layers"` // hexadecimal sha256 of each, the lowest first
	Size       int64    `json:"size"`   // bytes of the unpacked files
	OS         string   `json:"os"`
	Arch       string   `json:"arch"`
	Entrypoint []string `json:"entrypoint,omitempty"`
	Command    []string `json:"command,omitempty"`
	Env        []string `json:"env,omitempty"`
	WorkDir    string   `json:"work_dir,omitempty"`
	User       string   `json:"user,omitempty"`
}

// Find returns an image by reference, by the path it was loaded from, or by its
// id. The error wraps ErrNotFound.
func (s *Store) Find(ref string) (Image, error) {
	for _, key := range []string{canonical(ref), ref} {
		if image, err := s.read(s.file(key)); !errors.Is(err, fs.ErrNotExist) {
			return image, err
		}
	}
	images, err := s.all()
	if err != nil {
		return Image{}, err
	}
	i := slices.IndexFunc(images, func(i Image) bool { return i.ID == ref })
	if i < 0 {
		return Image{}, fmt.Errorf("image %s: %w", ref, ErrNotFound)
	}
	return images[i], nil
}

// LayerDirs are the directories of an image's layers, the topmost first, as
// overlayfs wants them.
func (s *Store) LayerDirs(i Image) []string {
	dirs := make([]string, 0, len(i.Layers))
	for _, id := range slices.Backward(i.Layers) {
		dirs = append(dirs, s.layer(id))
	}
	return dirs
}

// Remove deletes an image and the layers that no other image has. What is not
// there is no error.
func (s *Store) Remove(ctx context.Context, ref string) error {
	image, err := s.Find(ref)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove image: %w", err)
	}
	unlock, err := s.lock(ctx, alone)
	if err != nil {
		return fmt.Errorf("remove image %s: %w", ref, err)
	}
	defer unlock()
	if err := ignoreMissing(os.Remove(s.file(image.Ref))); err != nil {
		return fmt.Errorf("remove image %s: %w", ref, err)
	}
	return s.sweep()
}

// What lock is asked for.
const (
	alone  = true
	shared = false
)

// sweep deletes layers that belong to no image: those of a removed one, and what
// a process that died while unpacking has left.
func (s *Store) sweep() error {
	images, err := s.all()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Join(s.dir, "layers"))
	if err != nil {
		return ignoreMissing(err)
	}
	for _, entry := range entries {
		id, _, _ := strings.Cut(entry.Name(), ".") // <id>, <id>.<shift> or <id>.new…
		used := slices.ContainsFunc(images, func(i Image) bool { return slices.Contains(i.Layers, id) })
		if !used || strings.Contains(entry.Name(), ".new") {
			err = errors.Join(err, os.RemoveAll(filepath.Join(s.dir, "layers", entry.Name())))
		}
	}
	return err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (s *Store) layer(id string) string { return filepath.Join(s.dir, "layers", id) }

func (s *Store) file(ref string) string {
	return filepath.Join(s.dir, "images", url.PathEscape(ref)+".json")
}

// canonical is a reference in full: "alpine" is index.docker.io/library/alpine:latest.
// What is no reference, such as a path, stays as it is.
func canonical(ref string) string {
	if strings.HasPrefix(ref, "/") || strings.HasPrefix(ref, ".") {
		return ref
	}
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return ref
	}
	return parsed.Name()
}

func (s *Store) read(path string) (image Image, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &image)
	}
	return image, err
}

func (s *Store) all() ([]Image, error) {
	paths, err := filepath.Glob(filepath.Join(s.dir, "images", "*.json"))
	if err != nil {
		return nil, err
	}
	var images []Image
	for _, path := range paths {
		image, err := s.read(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read image %s: %w", path, err)
		}
		images = append(images, image)
	}
	return images, nil
}

// write puts an image under its reference, in one step.
func (s *Store) write(image Image) error {
	text, err := json.MarshalIndent(image, "", "  ")
	if err != nil {
		return err
	}
	path := s.file(image.Ref)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), "new")
	if err != nil {
		return err
	}
	defer os.Remove(fresh.Name())
	_, err = fresh.Write(text)
	if err = errors.Join(err, fresh.Close()); err != nil {
		return err
	}
	return os.Rename(fresh.Name(), path)
}

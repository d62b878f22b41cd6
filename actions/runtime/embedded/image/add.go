package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"isolab/actions/runtime/embedded/layer"
)

// maxLayers is how many layers overlayfs can be told of in one page of mount
// options; Docker's own limit is 127.
const maxLayers = 127

// add unpacks the layers that are not here yet and puts the image under its
// reference.
func (s *Store) add(ctx context.Context, ref string, from v1.Image, progress func(string)) (Image, error) {
	config, err := from.ConfigFile()
	if err != nil {
		return Image{}, err
	}
	if p := platform(); config.OS != p.OS && config.OS != "" || config.Architecture != p.Architecture && config.Architecture != "" {
		return Image{}, fmt.Errorf("%w: it is for %s/%s, this machine is %s", ErrPlatform, config.OS, config.Architecture, p)
	}
	id, err := from.ConfigName()
	if err != nil {
		return Image{}, err
	}
	layers, err := from.Layers()
	if err != nil {
		return Image{}, err
	}
	promised := config.RootFS.DiffIDs
	if len(layers) > maxLayers || len(layers) != len(promised) {
		return Image{}, fmt.Errorf("%w: %d layers, %d digests of them; at most %d can be mounted", layer.ErrRefused, len(layers), len(promised), maxLayers)
	}
	unlock, err := s.lock(ctx, shared)
	if err != nil {
		return Image{}, err
	}
	defer unlock()
	c := config.Config
	image := Image{Ref: ref, ID: id.String(), OS: "linux", Arch: platform().Architecture,
		Entrypoint: c.Entrypoint, Command: c.Cmd, Env: c.Env, WorkDir: c.WorkingDir, User: c.User}
	for i, l := range layers {
		if progress != nil {
			progress(fmt.Sprintf("layer %d of %d", i+1, len(layers)))
		}
		id, size, err := s.addLayer(ctx, l, promised[i])
		if err != nil {
			return Image{}, fmt.Errorf("layer %d of %d: %w", i+1, len(layers), err)
		}
		image.Layers, image.Size = append(image.Layers, id), image.Size+size
	}
	return image, s.write(image)
}

// addLayer unpacks one layer next to its place and moves it there, when its
// content has the digest that the image's configuration promises.
//
// The digest is taken from the configuration: the layer's own DiffID method would
// work it out from the content, which always agrees with itself.
func (s *Store) addLayer(ctx context.Context, l v1.Layer, promised v1.Hash) (id string, size int64, err error) {
	if promised.Algorithm != "sha256" || len(promised.Hex) != hex.EncodedLen(sha256.Size) {
		return "", 0, fmt.Errorf("%w: digest %s", layer.ErrRefused, promised)
	}
	dir := s.layer(promised.Hex)
	if size, ok := layerSize(dir); ok {
		return promised.Hex, size, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o710); err != nil {
		return "", 0, err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), promised.Hex+".new")
	if err != nil {
		return "", 0, err
	}
	defer os.RemoveAll(fresh)
	if err := os.Chmod(fresh, 0o755); err != nil {
		return "", 0, err
	}
	size, err = unpack(ctx, l, fresh, promised)
	if err != nil {
		return "", 0, err
	}
	if err := writeSize(dir, size); err != nil {
		return "", 0, err
	}
	return promised.Hex, size, place(fresh, dir)
}

// place moves a finished directory to its name, unless another process was
// faster with the same.
func place(fresh, dir string) error {
	err := os.Rename(fresh, dir)
	if _, missing := os.Stat(dir); err != nil && missing == nil {
		return nil
	}
	return err
}

func unpack(ctx context.Context, l v1.Layer, dir string, promised v1.Hash) (int64, error) {
	content, err := l.Uncompressed()
	if err != nil {
		return 0, err
	}
	defer content.Close()
	digest := sha256.New()
	stream := io.TeeReader(content, digest)
	size, err := layer.Unpack(ctx, stream, dir, layer.Limits{})
	if err != nil {
		return 0, err
	}
	// What follows the archive's end belongs to the digest, too.
	if _, err := io.Copy(io.Discard, stream); err != nil {
		return 0, err
	}
	if got := hex.EncodeToString(digest.Sum(nil)); got != promised.Hex {
		return 0, fmt.Errorf("%w: its digest is %s, the image promises %s", layer.ErrRefused, got, promised.Hex)
	}
	return size, nil
}

// A layer's size is kept beside it: a file in it would be part of the image.
func writeSize(dir string, size int64) error {
	return os.WriteFile(dir+".size", fmt.Append(nil, size), 0o600)
}

func layerSize(dir string) (size int64, ok bool) {
	if _, err := os.Stat(dir); err != nil {
		return 0, false
	}
	text, err := os.ReadFile(dir + ".size")
	if err == nil {
		_, err = fmt.Sscan(string(text), &size)
	}
	return size, err == nil
}

// Shifted are the directories of an image for a user namespace whose root is
// the number shift outside: copies with other owners, made once.
func (s *Store) Shifted(ctx context.Context, i Image, shift int) ([]string, error) {
	unlock, err := s.lock(ctx, shared)
	if err != nil {
		return nil, fmt.Errorf("copy image %s: %w", i.Ref, err)
	}
	defer unlock()
	var dirs []string
	for _, dir := range s.LayerDirs(i) {
		shifted := fmt.Sprintf("%s.%d", dir, shift)
		if _, err := os.Stat(shifted); errors.Is(err, os.ErrNotExist) {
			err = shiftLayer(dir, shifted, shift)
			if err != nil {
				return nil, fmt.Errorf("copy image %s: %w", i.Ref, err)
			}
		}
		dirs = append(dirs, shifted)
	}
	return dirs, nil
}

func shiftLayer(from, to string, shift int) error {
	fresh, err := os.MkdirTemp(filepath.Dir(to), filepath.Base(to)+".new")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := layer.Shift(from, fresh, shift); err != nil {
		return err
	}
	return place(fresh, to)
}

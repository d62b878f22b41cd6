package image

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// ErrPlatform is wrapped when there is no image for this machine's processor.
var ErrPlatform = errors.New("no image for this machine")

// platform is what containers here can run.
func platform() v1.Platform { return v1.Platform{OS: "linux", Architecture: runtime.GOARCH} }

// Pull fetches an image from its registry, with the credentials that `docker
// login` has stored. Progress may be nil.
func (s *Store) Pull(ctx context.Context, ref string, progress func(string)) (Image, error) {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return Image{}, fmt.Errorf("pull %s: %w", ref, err)
	}
	found, err := remote.Image(parsed, remote.WithContext(ctx), remote.WithPlatform(platform()), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return Image{}, fmt.Errorf("pull %s: %w", ref, err)
	}
	image, err := s.add(ctx, parsed.Name(), found, progress)
	if err != nil {
		return Image{}, fmt.Errorf("pull %s: %w", ref, err)
	}
	return image, nil
}

// Load imports an OCI layout directory or a `docker save` tarball. Its reference
// is the path.
func (s *Store) Load(ctx context.Context, path string) (Image, error) {
	found, err := open(path)
	if err != nil {
		return Image{}, fmt.Errorf("load image %s: %w", path, err)
	}
	image, err := s.add(ctx, path, found, nil)
	if err != nil {
		return Image{}, fmt.Errorf("load image %s: %w", path, err)
	}
	return image, nil
}

// ID is the id of the image that Load would import.
func ID(path string) (string, error) {
	found, err := open(path)
	if err != nil {
		return "", err
	}
	id, err := found.ConfigName()
	return id.String(), err
}

func open(path string) (v1.Image, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return tarball.ImageFromPath(path, nil)
	}
	if _, err := os.Stat(filepath.Join(path, "index.json")); err != nil {
		return nil, fmt.Errorf("not an OCI layout: %w", err)
	}
	index, err := layout.ImageIndexFromPath(path)
	if err != nil {
		return nil, err
	}
	return choose(index)
}

// choose finds the image for this machine in an index, and in indexes below it.
func choose(index v1.ImageIndex) (v1.Image, error) {
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	var have []string
	for _, d := range manifest.Manifests {
		switch {
		case d.MediaType.IsIndex():
			below, err := index.ImageIndex(d.Digest)
			if err != nil {
				return nil, err
			}
			if image, err := choose(below); err == nil {
				return image, nil
			}
		case d.Platform == nil || d.Platform.Satisfies(platform()):
			return index.Image(d.Digest)
		default:
			have = append(have, d.Platform.String())
		}
	}
	return nil, fmt.Errorf("%w: it wants %s, there is: %s", ErrPlatform, platform(), strings.Join(have, ", "))
}

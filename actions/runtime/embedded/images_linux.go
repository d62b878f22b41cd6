package embedded

import (
	"context"
	"errors"
	"fmt"

	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded/image"
)

// images is the runtime's store of images.
type images struct{ r *Runtime }

var _ runtime.Images = images{}

// Images is the store below DataDir/images, and the built-in image.
func (r *Runtime) Images() runtime.Images { return images{r} }

// Made is empty: the built-in image leaves nothing behind.
func (i images) Made() string { return "" }

// Resolve finds an image that is there. The built-in one is this program; its
// identity is the digest of the file.
func (i images) Resolve(ctx context.Context, ref string) (runtime.Image, error) {
	config, err := i.r.imageConfig(ctx, ref)
	if err != nil {
		return runtime.Image{}, err
	}
	if ref == BuiltIn {
		config.Image.ID, err = i.r.program.digest()
	}
	return config.Image, err
}

// Pull fetches an image for this machine's processor from its registry.
func (i images) Pull(ctx context.Context, ref string, progress func(string)) (runtime.Image, error) {
	found, err := i.r.store.Pull(ctx, ref, progress)
	return identity(ref, found), i.wrap(err)
}

// Contents is one image: it is kept under the path, whatever the archive calls it.
func (i images) Contents(ctx context.Context, path string) ([]runtime.Image, error) {
	id, err := image.ID(path)
	if err != nil {
		return nil, i.wrap(fmt.Errorf("load image %s: %w", path, err))
	}
	return []runtime.Image{{Ref: path, ID: id}}, nil
}

// Load imports an OCI layout directory or a `docker save` tarball under its path.
func (i images) Load(ctx context.Context, path string) (runtime.Image, error) {
	found, err := i.r.store.Load(ctx, path)
	return identity(path, found), i.wrap(err)
}

// Build always fails with ErrUnsupported.
func (i images) Build(ctx context.Context, dir, tag string, progress func(string)) (runtime.Image, error) {
	return runtime.Image{}, fmt.Errorf("build image %s: %w: a Dockerfile needs Docker; use --runtime docker", tag, runtime.ErrUnsupported)
}

// Remove deletes an image that no container uses.
func (i images) Remove(ctx context.Context, ref, id string) error {
	if found, err := i.r.store.Find(ref); err == nil && id != "" && found.ID != id {
		return nil
	}
	names, err := i.r.List(ctx, "", "")
	if err != nil {
		return err
	}
	for _, name := range names {
		if rec, err := i.r.dirs.load(name); err == nil && rec.Spec.Image == ref {
			return fmt.Errorf("remove image %s: container %s uses it: %w", ref, name, runtime.ErrConflict)
		}
	}
	return i.r.store.Remove(ctx, ref)
}

// wrap turns the store's sentinels into the runtime's.
func (i images) wrap(err error) error {
	if errors.Is(err, image.ErrPlatform) {
		return fmt.Errorf("%w: %w", runtime.ErrUnsupported, err)
	}
	return err
}

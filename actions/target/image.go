package target

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"isolab/actions"
	"isolab/actions/runtime"
)

// Workload is the reference of the built-in image.
const Workload = "workload"

// Image makes sure that an image is there: the built-in one is made, another one
// is pulled when it is missing, which needs a permission.
func Image(ctx context.Context, env *actions.Env, ref string) (runtime.Image, error) {
	if made := env.Runtime.Images().Made(); ref == Workload && made != "" {
		return workload(ctx, env, made)
	}
	image, err := env.Runtime.Images().Resolve(ctx, ref)
	if errors.Is(err, runtime.ErrNotFound) && ref != Workload {
		image, _, err = Pull(ctx, env, ref, false)
	}
	return image, err
}

// workload makes the built-in image, if it is not there, under the given name.
func workload(ctx context.Context, env *actions.Env, name string) (runtime.Image, error) {
	if !env.Ledger.Holds("image", name) {
		if err := shareImage(env, name, ""); err != nil {
			return runtime.Image{}, err
		}
	}
	image, err := env.Runtime.Images().Resolve(ctx, Workload)
	if err != nil {
		return image, err
	}
	return image, shareImage(env, name, image.ID)
}

// shareImage journals the built-in image for all runs of the session, and again with
// its id once it is there.
func shareImage(env *actions.Env, name, id string) error {
	attrs := owner(env)
	attrs["common"] = "true" // somebody else's container may use it, see image.Removers
	if id != "" {
		attrs["id"] = id
	}
	if err := env.Ledger.Share("image", name, attrs); err != nil {
		return fmt.Errorf("journal image %s: %w", name, err)
	}
	return nil
}

// Pull fetches an image unless it is there already, as present says. The run
// removes what it fetched when it ends, unless keep is set.
func Pull(ctx context.Context, env *actions.Env, ref string, keep bool) (image runtime.Image, present bool, err error) {
	if image, err = env.Runtime.Images().Resolve(ctx, ref); err == nil || !errors.Is(err, runtime.ErrNotFound) {
		return image, err == nil, err
	}
	if err := env.Permit(actions.ImagePull); err != nil {
		return image, false, fmt.Errorf("pull %s: %w", ref, err)
	}
	if !keep {
		if err := intendImage(env, ref, ""); err != nil {
			return image, false, err
		}
	}
	image, err = env.Runtime.Images().Pull(ctx, ref, env.Note)
	if err != nil {
		return image, false, fmt.Errorf("pull %s: %w", ref, err)
	}
	if !keep {
		err = intendImage(env, ref, image.ID)
	}
	return image, false, err
}

// Build makes an image from a directory beside the scenario. Without a tag it
// gets one of the run.
func Build(ctx context.Context, env *actions.Env, dir, tag string) (runtime.Image, error) {
	if err := env.Permit(actions.ImageBuild); err != nil {
		return runtime.Image{}, fmt.Errorf("build %s: %w", dir, err)
	}
	path, err := Beside(env, dir)
	if err != nil {
		return runtime.Image{}, err
	}
	if _, err := env.Runtime.Images().Resolve(ctx, tag); err == nil && !env.Ledger.Holds("image", tag) {
		return runtime.Image{}, fmt.Errorf("build %s: an image %s is there already and is not of this run; choose another tag", dir, tag)
	}
	if err := intendImage(env, tag, ""); err != nil {
		return runtime.Image{}, err
	}
	image, err := env.Runtime.Images().Build(ctx, path, tag, env.Note)
	if err != nil && fromWorkload(filepath.Join(path, "Dockerfile")) {
		return image, fmt.Errorf("build %s: %w; FROM workload: the built-in image is isolab's own, and the builder looks for it in a registry until you give it to Docker: isolab workload --save - | docker load", dir, err)
	}
	if err != nil {
		return image, fmt.Errorf("build %s: %w", dir, err)
	}
	return image, intendImage(env, tag, image.ID)
}

// fromWorkload reports whether a Dockerfile has the built-in image as a base.
func fromWorkload(dockerfile string) bool {
	text, err := os.ReadFile(dockerfile)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) > 1 && strings.EqualFold(words[0], "FROM") && words[1] == Workload {
			return true
		}
	}
	return false
}

// Load imports an image from a file beside the scenario. What it brings is removed
// at the end of the run.
func Load(ctx context.Context, env *actions.Env, file string) (runtime.Image, error) {
	path, err := Beside(env, file)
	if err != nil {
		return runtime.Image{}, err
	}
	store := env.Runtime.Images()
	contents, err := store.Contents(ctx, path)
	if err != nil {
		return runtime.Image{}, err
	}
	var unknown []string // what the daemon gives an id to
	for _, image := range contents {
		brought, err := bring(ctx, env, image)
		if err != nil {
			return runtime.Image{}, fmt.Errorf("load image %s: %w", file, err)
		}
		if brought && image.ID == "" {
			unknown = append(unknown, image.Ref)
		}
	}
	image, err := store.Load(ctx, path)
	if err != nil {
		return image, fmt.Errorf("load image %s: %w", file, err)
	}
	for _, ref := range unknown {
		found, err := store.Resolve(ctx, ref)
		if err = errors.Join(err, intendImage(env, ref, found.ID)); err != nil {
			return image, fmt.Errorf("load image %s: %w", file, err)
		}
	}
	return image, nil
}

// bring journals an image that is about to be loaded, unless that very image is
// there already: then it stays. A name that another image has is refused.
func bring(ctx context.Context, env *actions.Env, image runtime.Image) (bool, error) {
	if !env.Ledger.Holds("image", image.Ref) {
		found, err := env.Runtime.Images().Resolve(ctx, image.Ref)
		switch {
		case err == nil && found.ID == image.ID:
			return false, nil
		case err == nil:
			return false, fmt.Errorf("another image %s is there already and is not of this run; remove it, or give this one another name", image.Ref)
		case !errors.Is(err, runtime.ErrNotFound):
			return false, err
		}
	}
	return true, intendImage(env, image.Ref, image.ID)
}

// intendImage journals an image that is about to be made, and again with its id as
// soon as that is known: later the reference may stand for another one.
func intendImage(env *actions.Env, ref, id string) error {
	attrs := owner(env)
	if id != "" {
		attrs["id"] = id
	}
	if err := env.Ledger.Intend("image", ref, attrs); err != nil {
		return fmt.Errorf("journal image %s: %w", ref, err)
	}
	return nil
}

// owner says which runtime can remove an object.
func owner(env *actions.Env) map[string]string {
	return map[string]string{"runtime": env.Runtime.Name()}
}

// Beside is the path of a file in the scenario's folder. It cannot leave that
// folder, not even through symbolic links.
func Beside(env *actions.Env, name string) (string, error) {
	if env.Run.Source == "" {
		return "", fmt.Errorf("%s: this scenario has no folder of its own to look in", name)
	}
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("%s: want a path beside the scenario, without a leading / or ..", name)
	}
	folder, err := filepath.EvalSymlinks(env.Run.Source)
	if err != nil {
		return "", fmt.Errorf("scenario folder: %w", err)
	}
	path, err := filepath.EvalSymlinks(filepath.Join(folder, name))
	if err != nil {
		return "", err
	}
	if inside, err := filepath.Rel(folder, path); err != nil || !filepath.IsLocal(inside) {
		return "", fmt.Errorf("%s: leads out of the scenario's folder", name)
	}
	return path, nil
}

// ReadBeside reads a small text file of the scenario's folder: at most 1 MiB.
func ReadBeside(env *actions.Env, name string) (string, error) {
	path, err := Beside(env, name)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > 1<<20 {
		return "", fmt.Errorf("%s: want a regular file of at most 1 MiB", name)
	}
	text, err := os.ReadFile(path)
	return string(text), err
}

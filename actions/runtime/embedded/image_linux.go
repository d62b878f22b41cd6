package embedded

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	goruntime "runtime"
	"sync"

	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded/image"
)

// BuiltIn is the reference of the built-in image.
const BuiltIn = "workload"

// imageConfig is what a container takes from its image.
type imageConfig struct {
	Image      runtime.Image
	Layers     []string // unpacked, the topmost first; none for the built-in image
	Entrypoint []string
	Command    []string
	Env        []string
	WorkDir    string
	User       string
	stored     image.Image
}

// imageConfig finds an image that is there already.
func (r *Runtime) imageConfig(ctx context.Context, ref string) (imageConfig, error) {
	if ref == "" || ref == BuiltIn {
		return r.program.config()
	}
	found, err := r.store.Find(ref)
	if errors.Is(err, image.ErrNotFound) {
		return imageConfig{}, fmt.Errorf("%w: %w", runtime.ErrNotFound, err)
	}
	if err != nil {
		return imageConfig{}, err
	}
	return imageConfig{Image: identity(ref, found), Layers: r.store.LayerDirs(found), Entrypoint: found.Entrypoint,
		Command: found.Command, Env: found.Env, WorkDir: found.WorkDir, User: found.User, stored: found}, nil
}

func identity(ref string, i image.Image) runtime.Image {
	return runtime.Image{Ref: ref, ID: i.ID, Size: i.Size, OS: i.OS, Arch: i.Arch}
}

// forUsers are the layers as the container's users own them.
func (r *Runtime) forUsers(ctx context.Context, config imageConfig, spec runtime.Spec) (layers []string, err error) {
	if spec.UserNS != "private" || len(config.Layers) == 0 {
		return config.Layers, nil
	}
	if layers, err = r.store.Shifted(ctx, config.stored, userBase); err != nil {
		return nil, err
	}
	above := filepath.Dir(layers[0])
	return layers, makePrivate(filepath.Dir(above), above)
}

// program is this program as the built-in image: there is nothing to fetch or to
// unpack.
type program struct {
	path   string
	check  func() (int64, error)  // once: size, or why it cannot be an image
	digest func() (string, error) // once
}

func newProgram(path string) *program {
	p := &program{path: path}
	p.check = sync.OnceValues(p.static)
	p.digest = sync.OnceValues(p.sum)
	return p
}

func (p *program) config() (imageConfig, error) {
	size, err := p.check()
	if err != nil {
		return imageConfig{}, fmt.Errorf("image %s: %w", BuiltIn, err)
	}
	return imageConfig{
		Image:   runtime.Image{Ref: BuiltIn, Size: size, OS: "linux", Arch: goruntime.GOARCH},
		Command: []string{"sh"},
		Env:     []string{"PATH=/bin"},
	}, nil
}

// static makes sure that the program needs no other file: a dynamically linked
// one names an interpreter (elf(5), PT_INTERP), which the image does not have.
func (p *program) static() (size int64, err error) {
	info, err := os.Stat(p.path)
	if err != nil {
		return 0, err
	}
	file, err := elf.Open(p.path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP {
			return 0, errors.New("this program is dynamically linked, so it cannot be a root file system by itself; build it with `make build`, or with CGO_ENABLED=0")
		}
	}
	return info.Size(), nil
}

func (p *program) sum() (string, error) {
	file, err := os.Open(p.path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil)), nil
}

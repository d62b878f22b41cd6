package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"

	"isolab/actions/runtime"
)

// workloadRef is the reference of the built-in image.
const workloadRef = "workload"

// images is the daemon's store of images.
type images struct {
	runtime *Runtime
	builtin func() (*builtin, error)
	loaded  sync.Map // path given to Load → image id
}

var _ runtime.Images = (*images)(nil)

// reference is the daemon's name for an image.
func (s *images) reference(ref string) (string, error) {
	if ref == workloadRef {
		b, err := s.builtin()
		if err != nil {
			return "", err
		}
		return b.tag, nil
	}
	if id, ok := s.loaded.Load(ref); ok {
		return id.(string), nil
	}
	return ref, nil
}

// Resolve looks an image up; the built-in one is loaded when it is not there, and
// so is the path of an image on disk.
//
// By hand: docker image inspect <ref>
func (s *images) Resolve(ctx context.Context, ref string) (runtime.Image, error) {
	name, err := s.reference(ref)
	if err != nil {
		return runtime.Image{}, fmt.Errorf("resolve image %s: %w", ref, err)
	}
	found, err := s.look(ctx, ref, name)
	switch {
	case !errors.Is(err, runtime.ErrNotFound):
		return found, err
	case ref == workloadRef:
		return s.loadBuiltin(ctx)
	case isPath(ref):
		return s.Load(ctx, ref)
	}
	return found, err
}

// look is one inspection of an image by the daemon's name for it.
func (s *images) look(ctx context.Context, ref, name string) (runtime.Image, error) {
	var found image.InspectResponse
	err := s.runtime.call(ctx, quick, "resolve image "+ref, func(ctx context.Context) (err error) {
		found, err = s.runtime.client.ImageInspect(ctx, name)
		if err == nil && found.ID == "" {
			err = errors.New("the daemon names an image without an id")
		}
		return err
	})
	if err != nil {
		return runtime.Image{}, err
	}
	return runtime.Image{Ref: ref, ID: found.ID, Size: found.Size, OS: found.Os, Arch: found.Architecture}, nil
}

// Made is the tag of the built-in image; empty when that image cannot be made.
func (s *images) Made() string {
	b, err := s.builtin()
	if err != nil {
		return ""
	}
	return b.tag
}

// Pull fetches an image from its registry, without credentials.
//
// By hand: docker pull <ref>
func (s *images) Pull(ctx context.Context, ref string, progress func(string)) (runtime.Image, error) {
	err := s.runtime.call(ctx, long, "pull image "+ref, func(ctx context.Context) error {
		stream, err := s.runtime.client.ImagePull(ctx, ref, image.PullOptions{})
		if err != nil {
			return pullError(err)
		}
		defer stream.Close()
		_, err = follow(stream, progress)
		return pullError(err)
	})
	if err != nil {
		return runtime.Image{}, err
	}
	return s.look(ctx, ref, ref)
}

// pullError knows what registries answer, which the daemon passes on with a
// status of its own choice.
func pullError(err error) error {
	switch {
	case err == nil:
		return nil
	case says(err, "toomanyrequests", "rate limit"):
		return own(fmt.Errorf("%s; wait, log in, or use an image that is there already, such as workload", words(err)))
	case says(err, "manifest unknown", "repository does not exist", "not found: manifest"):
		return meaning(runtime.ErrNotFound, err)
	case says(err, "dial tcp", "no such host", "i/o timeout", "connection refused by"):
		return own(fmt.Errorf("the registry cannot be reached: %s", words(err)))
	}
	return err
}

// Load imports a `docker save` tarball or an OCI layout directory.
//
// By hand: docker load --input <path>
func (s *images) Load(ctx context.Context, path string) (runtime.Image, error) {
	name, err := s.load(ctx, "load image "+path, func(w io.Writer) error { return writeSaved(w, path) })
	if err != nil {
		return runtime.Image{}, err
	}
	found, err := s.look(ctx, path, name)
	if err == nil {
		s.loaded.Store(path, found.ID)
	}
	return found, err
}

func (s *images) loadBuiltin(ctx context.Context) (runtime.Image, error) {
	b, err := s.builtin()
	if err != nil {
		return runtime.Image{}, fmt.Errorf("make the image workload: %w", err)
	}
	if err := s.fits(ctx, b); err != nil {
		return runtime.Image{}, fmt.Errorf("make the image workload: %w", err)
	}
	if _, err := s.load(ctx, "load the image workload", b.write); err != nil {
		return runtime.Image{}, err
	}
	return s.look(ctx, workloadRef, b.tag)
}

// load streams an archive to the daemon and returns what the daemon calls it.
func (s *images) load(ctx context.Context, operation string, write func(io.Writer) error) (string, error) {
	var name string
	err := s.runtime.call(ctx, long, operation, func(ctx context.Context) (err error) {
		name, err = uncut(ctx, &s.runtime.making, allImages, func(ctx context.Context) (string, error) { return s.send(ctx, write) })
		return err
	})
	if err != nil {
		return "", err
	}
	return name, nil
}

func (s *images) send(ctx context.Context, write func(io.Writer) error) (name string, err error) {
	err = upload(write, func(archive io.Reader) error {
		response, err := s.runtime.client.ImageLoad(ctx, archive)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if name, err = follow(response.Body, nil); err == nil && name == "" {
			err = own(errors.New("the archive holds no image"))
		}
		return err
	})
	return name, err
}

// upload connects what writes an archive with the call that sends it. The daemon
// answers while it still reads, so the archive is cut off only when send is done.
func upload(write func(io.Writer) error, send func(io.Reader) error) error {
	reader, writer := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := write(writer)
		writer.CloseWithError(err)
		written <- err
	}()
	sent := send(reader)
	reader.CloseWithError(io.ErrClosedPipe)
	if cause := <-written; cause != nil && !errors.Is(cause, io.ErrClosedPipe) {
		return own(cause)
	}
	return sent
}

// Remove deletes an image by reference. One that was asked for by its id and has
// got a tag since is in somebody's use.
//
// By hand: docker rmi <ref>
func (s *images) Remove(ctx context.Context, ref, id string) error {
	return s.runtime.call(ctx, steady, "remove image "+ref, func(ctx context.Context) error {
		if err := s.runtime.making.settled(ctx, allImages); err != nil {
			return err
		}
		name, err := s.reference(ref)
		if err != nil {
			return own(err)
		}
		found, err := s.runtime.client.ImageInspect(ctx, name)
		if err == nil {
			if id != "" && found.ID != id || name == found.ID && len(found.RepoTags) > 0 {
				return nil
			}
			_, err = s.runtime.client.ImageRemove(ctx, name, image.RemoveOptions{PruneChildren: true})
		}
		if err == nil || cerrdefs.IsNotFound(err) {
			s.loaded.Delete(ref)
			return nil
		}
		if cerrdefs.IsConflict(err) {
			return meaning(runtime.ErrConflict, err)
		}
		return err
	})
}

// follow reads the daemon's stream of JSON messages to its end, tells the text of
// each, and returns the image that was loaded or built. The stream's own error
// is the operation's: the HTTP status was sent before it was known.
func follow(stream io.Reader, progress func(string)) (name string, err error) {
	decoder := json.NewDecoder(stream)
	for {
		var m message
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			return name, nil
		} else if err != nil {
			return name, err
		}
		if m.Error != "" {
			return name, m.failure()
		}
		text := strings.TrimSpace(m.text())
		for _, prefix := range []string{"Loaded image: ", "Loaded image ID: "} {
			if loaded, ok := strings.CutPrefix(text, prefix); ok {
				name = loaded
			}
		}
		if m.Aux.ID != "" {
			name = m.Aux.ID
		}
		if progress != nil && text != "" {
			progress(text)
		}
	}
}

// message is one line of the progress of a pull, load or build.
type message struct {
	Stream, Status, ID, Progress, Error string

	Aux struct{ ID string }
}

func (m message) text() string {
	if m.Stream != "" {
		return m.Stream
	}
	return strings.TrimPrefix(strings.Join([]string{m.ID, m.Status, m.Progress}, " "), " ")
}

// failure is an error that the daemon is well enough to tell.
func (m message) failure() error {
	err := errors.New(m.Error)
	if mismatch := asMismatch(err); mismatch != nil {
		return mismatch
	}
	if special := pullError(err); special != err {
		return special
	}
	return own(err)
}

// isPath tells a path from an image reference, as Docker's own grammar leaves it
// open: "./x" and "/x" are never references.
func isPath(ref string) bool {
	if !strings.HasPrefix(ref, "/") && !strings.HasPrefix(ref, ".") {
		return false
	}
	_, err := os.Stat(ref)
	return err == nil
}

package docker

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	goruntime "runtime"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// writeSaved writes what the daemon loads: a tarball as it is, an OCI layout
// directory as the archive that `docker save` would make of it.
func writeSaved(w io.Writer, from string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return writeLayout(w, from)
	}
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(w, file)
	return err
}

// writeLayout packs one image of an OCI layout
// (https://github.com/opencontainers/image-spec/blob/main/image-layout.md): its
// blobs under their own names, and the manifest.json by which `docker load` has
// found them since long before it understood index.json.
func writeLayout(w io.Writer, dir string) error {
	manifest, err := readLayout(dir)
	if err != nil {
		return err
	}
	entry := map[string]any{"Config": blob(manifest.Config.Digest)}
	blobs, layers := []digest.Digest{manifest.Config.Digest}, []string{}
	for _, layer := range manifest.Layers {
		layers, blobs = append(layers, blob(layer.Digest)), append(blobs, layer.Digest)
	}
	entry["Layers"] = layers
	text, err := json.Marshal([]any{entry})
	if err != nil {
		return err
	}
	archive := tar.NewWriter(w)
	if err := putData(archive, savedIndex, text); err != nil {
		return err
	}
	return errors.Join(putBlobs(archive, dir, blobs), archive.Close())
}

func putBlobs(archive *tar.Writer, dir string, digests []digest.Digest) error {
	done := map[digest.Digest]bool{}
	for _, d := range digests {
		if done[d] {
			continue // an image may use a layer twice
		}
		done[d] = true
		if err := putPath(archive, filepath.Join(dir, filepath.FromSlash(blob(d))), blob(d)); err != nil {
			return err
		}
	}
	return nil
}

// putPath writes one regular file under a name.
func putPath(archive *tar.Writer, from, name string) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(header(name, 0o644, info.Size())); err != nil {
		return err
	}
	_, err = io.CopyN(archive, file, info.Size())
	return err
}

func blob(d digest.Digest) string { return path.Join("blobs", d.Algorithm().String(), d.Encoded()) }

// pick finds the manifest for Linux on this processor, through nested indexes. An
// entry that names no platform is taken as it is.
func pick(dir string, index ocispec.Index, depth int) (ocispec.Manifest, error) {
	const deepest = 4
	var manifest ocispec.Manifest
	for _, entry := range index.Manifests {
		p := entry.Platform
		if p != nil && p.Architecture != "" && (p.OS != linux || p.Architecture != goruntime.GOARCH) {
			continue
		}
		if err := entry.Digest.Validate(); err != nil {
			return manifest, err
		}
		file := filepath.Join(dir, filepath.FromSlash(blob(entry.Digest)))
		if entry.MediaType == ocispec.MediaTypeImageIndex && depth < deepest {
			var nested ocispec.Index
			if err := readJSON(file, &nested); err != nil {
				return manifest, err
			}
			return pick(dir, nested, depth+1)
		}
		return manifest, errors.Join(readJSON(file, &manifest), validDigests(&manifest))
	}
	return manifest, unsupported("%s holds no image for linux/%s", dir, goruntime.GOARCH)
}

// validDigests keeps a layout from naming files outside its directory.
func validDigests(m *ocispec.Manifest) error {
	errs := []error{m.Config.Digest.Validate()}
	for _, layer := range m.Layers {
		errs = append(errs, layer.Digest.Validate())
	}
	return errors.Join(errs...)
}

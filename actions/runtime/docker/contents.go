package docker

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"isolab/actions/runtime"
)

// savedIndex is the table of contents of a `docker save` tarball.
const savedIndex = "manifest.json"

// entryMax bounds what is read of an archive's tables of contents and of its
// images' configurations, each.
const entryMax = 4 << 20

// Contents lists what the daemon will call the images of an archive: by their tags,
// and one without a tag by its id, which is the digest of its configuration. A
// daemon with containerd's image store goes by digests that it makes itself, so
// that no id is known there, and nothing of an image without a tag.
func (s *images) Contents(ctx context.Context, path string) ([]runtime.Image, error) {
	list, err := contents(path)
	if err != nil {
		return nil, fmt.Errorf("load image %s: %w", path, err)
	}
	info, err := s.runtime.known(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(info.DriverStatus, snapshotter) {
		return list, nil
	}
	list = slices.DeleteFunc(list, func(i runtime.Image) bool { return i.Ref == i.ID })
	for i := range list {
		list[i].ID = ""
	}
	return list, nil
}

func contents(file string) ([]runtime.Image, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		manifest, err := readLayout(file)
		return named(nil, manifest.Config.Digest.String()), err
	}
	return savedContents(file)
}

// named are the references of one image.
func named(tags []string, id string) (list []runtime.Image) {
	for _, tag := range tags {
		list = append(list, runtime.Image{Ref: tag, ID: id})
	}
	if len(tags) == 0 && id != "" {
		list = append(list, runtime.Image{Ref: id, ID: id})
	}
	return list
}

// savedContents reads manifest.json, and where there is none the index of an OCI
// layout, which only a daemon with containerd's image store takes.
func savedContents(file string) (list []runtime.Image, err error) {
	tables, err := entries(file, savedIndex, ocispec.ImageIndexFile)
	if err != nil {
		return nil, err
	}
	table, ok := tables[savedIndex]
	if !ok {
		return named(layoutNames(tables[ocispec.ImageIndexFile]), ""), nil
	}
	var manifests []struct {
		Config   string
		RepoTags []string
	}
	if err := json.Unmarshal(table, &manifests); err != nil {
		return nil, fmt.Errorf("%s: %w", savedIndex, err)
	}
	var names []string
	for _, m := range manifests {
		names = append(names, path.Clean(m.Config))
	}
	configs, err := entries(file, names...)
	for i, m := range manifests {
		var id string
		if config, ok := configs[names[i]]; ok {
			id = digest.FromBytes(config).String()
		}
		list = append(list, named(m.RepoTags, id)...)
	}
	return list, err
}

// entries reads small files of an archive, by name.
func entries(file string, names ...string) (map[string][]byte, error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	found := map[string][]byte{}
	archive := tar.NewReader(opened)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		if name := path.Clean(header.Name); slices.Contains(names, name) {
			if found[name], err = io.ReadAll(io.LimitReader(archive, entryMax)); err != nil {
				return nil, err
			}
		}
	}
}

// layoutNames reads the names in an OCI image index
// (https://github.com/opencontainers/image-spec/blob/main/annotations.md); what is
// not one names nothing.
func layoutNames(text []byte) (names []string) {
	var index ocispec.Index
	_ = json.Unmarshal(text, &index)
	for _, manifest := range index.Manifests {
		if name := manifest.Annotations[ocispec.AnnotationRefName]; name != "" {
			names = append(names, name)
		}
	}
	return names
}

// readLayout finds the one image of an OCI layout directory that is loaded.
func readLayout(dir string) (ocispec.Manifest, error) {
	var index ocispec.Index
	if err := readJSON(filepath.Join(dir, ocispec.ImageIndexFile), &index); err != nil {
		return ocispec.Manifest{}, fmt.Errorf("%s is not an OCI layout: %w", dir, err)
	}
	return pick(dir, index, 0)
}

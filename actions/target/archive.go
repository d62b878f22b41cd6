package target

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
)

// refAnnotation names an image inside an OCI layout.
// https://github.com/opencontainers/image-spec/blob/main/annotations.md
const refAnnotation = "org.opencontainers.image.ref.name"

// manifestMax bounds what is read of an archive's table of contents.
const manifestMax = 4 << 20

// namesIn lists the references that an archive will bring, so that they can be
// journalled before it is loaded: the RepoTags of a `docker save` tarball, the
// ref.name annotations of an OCI layout.
func namesIn(file string) ([]string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		text, err := os.ReadFile(filepath.Join(file, "index.json"))
		if err != nil {
			return nil, err
		}
		return layoutNames(text), nil
	}
	return tarNames(file)
}

// tarNames looks for manifest.json, and else for an OCI index.json.
func tarNames(file string) ([]string, error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	var names []string
	archive := tar.NewReader(opened)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return nil, err
		}
		found, err := entryNames(path.Clean(header.Name), archive)
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
}

func entryNames(name string, content io.Reader) ([]string, error) {
	if name != "manifest.json" && name != "index.json" {
		return nil, nil
	}
	text, err := io.ReadAll(io.LimitReader(content, manifestMax))
	if err != nil {
		return nil, err
	}
	if name == "index.json" {
		return layoutNames(text), nil
	}
	var manifests []struct{ RepoTags []string }
	if err := json.Unmarshal(text, &manifests); err != nil {
		return nil, err
	}
	var names []string
	for _, manifest := range manifests {
		names = append(names, manifest.RepoTags...)
	}
	return names, nil
}

// layoutNames reads an OCI image index; what is not one names nothing.
func layoutNames(text []byte) (names []string) {
	var index struct {
		Manifests []struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"manifests"`
	}
	_ = json.Unmarshal(text, &index)
	for _, manifest := range index.Manifests {
		if name := manifest.Annotations[refAnnotation]; name != "" {
			names = append(names, name)
		}
	}
	return names
}

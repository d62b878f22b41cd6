package docker

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/docker/docker/api/types/build"

	"isolab/actions/runtime"
)

// Build makes an image from a directory with a Dockerfile, with the daemon's
// classic builder, which every version has.
//
// By hand: docker build --tag <tag> <dir>
func (s *images) Build(ctx context.Context, dir, tag string, progress func(string)) (runtime.Image, error) {
	options := build.ImageBuildOptions{Tags: []string{tag}, Labels: s.runtime.options.Labels,
		Remove: true, ForceRemove: true, Version: build.BuilderV1}
	if _, err := os.Stat(filepath.Join(dir, "Dockerfile")); err != nil {
		return runtime.Image{}, fmt.Errorf("build image %s: %w", tag, err)
	}
	err := s.runtime.call(ctx, long, "build image "+tag, func(ctx context.Context) error {
		return upload(func(w io.Writer) error { return pack(w, dir) }, func(archive io.Reader) error {
			response, err := s.runtime.client.ImageBuild(ctx, archive, options)
			if err != nil {
				return err
			}
			defer response.Body.Close()
			_, err = follow(response.Body, progress)
			return err
		})
	})
	if err != nil {
		return runtime.Image{}, err
	}
	return s.look(ctx, tag, tag)
}

// pack writes a directory as a tar archive, without what .dockerignore leaves
// out. Links stay links: they are not followed out of the directory.
func pack(w io.Writer, dir string) error {
	ignored, err := readIgnore(filepath.Join(dir, ".dockerignore"))
	if err != nil {
		return err
	}
	archive := tar.NewWriter(w)
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == "." || ignored.match(filepath.ToSlash(name)) {
			return err
		}
		return packEntry(archive, path, filepath.ToSlash(name), entry)
	})
	return errors.Join(err, archive.Close())
}

func packEntry(archive *tar.Writer, path, name string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil || !info.Mode().IsRegular() && !info.IsDir() && info.Mode()&fs.ModeSymlink == 0 {
		return err
	}
	var link string
	if info.Mode()&fs.ModeSymlink != 0 {
		if link, err = os.Readlink(path); err != nil {
			return err
		}
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	h.Name, h.Uid, h.Gid, h.Uname, h.Gname = name, 0, 0, "", ""
	if err := archive.WriteHeader(h); err != nil || !info.Mode().IsRegular() {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.CopyN(archive, file, info.Size())
	return err
}

// ignore is a .dockerignore file: the last pattern that matches decides
// (https://docs.docker.com/build/concepts/context/#dockerignore-files).
type ignore []struct {
	pattern *regexp.Regexp
	keep    bool // the pattern began with "!"
}

func readIgnore(path string) (ignore, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseIgnore(string(text))
}

func parseIgnore(text string) (ignore, error) {
	var list ignore
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		line, keep := strings.CutPrefix(line, "!")
		pattern, err := regexp.Compile(ignoreRegexp(line))
		if err != nil {
			return nil, fmt.Errorf(".dockerignore: %q: %w", line, err)
		}
		list = append(list, struct {
			pattern *regexp.Regexp
			keep    bool
		}{pattern, keep})
	}
	return list, nil
}

// ignoreRegexp translates a pattern: * and ? stay within a path element, ** spans
// any number of them, and what lies below a match matches too.
func ignoreRegexp(pattern string) string {
	pattern = strings.Trim(filepath.ToSlash(filepath.Clean(strings.TrimSpace(pattern))), "/")
	var out strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch rest := pattern[i:]; {
		case strings.HasPrefix(rest, "**/"):
			out.WriteString("(.*/)?")
			i += len("**/") - 1
		case strings.HasPrefix(rest, "**"):
			out.WriteString(".*")
			i += len("**") - 1
		case rest[0] == '*':
			out.WriteString("[^/]*")
		case rest[0] == '?':
			out.WriteString("[^/]")
		case rest[0] == '[' || rest[0] == ']':
			out.WriteByte(rest[0])
		default:
			out.WriteString(regexp.QuoteMeta(rest[:1]))
		}
	}
	return "^" + out.String() + "(/.*)?$"
}

// match reports a path that is left out. The Dockerfile always goes along.
func (list ignore) match(name string) bool {
	if name == "Dockerfile" || name == ".dockerignore" {
		return false
	}
	left := false
	for _, line := range list {
		if line.pattern.MatchString(name) {
			left = !line.keep
		}
	}
	return left
}

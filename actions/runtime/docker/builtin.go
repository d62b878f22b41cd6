package docker

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"isolab/actions/workload"
)

// builtin is the image "workload": one layer with the files of package workload
// and the static binary. Everything in it is fixed (order, owners, times), so the
// same binary makes the same image on every machine.
type builtin struct {
	executable string
	arch       string // as Go and the image specification name it
	layer      string // hexadecimal sha256 of the layer, uncompressed
	size       int64  // of the layer in bytes
	tag        string
}

// WriteWorkload writes the built-in image, made of the running program, under a name
// of the caller's choice, in the format that `docker load` reads.
func WriteWorkload(w io.Writer, tag string) error {
	b, err := newBuiltin(Options{WorkloadTag: tag})
	if err != nil {
		return err
	}
	return b.write(w)
}

// newBuiltin reads the executable once to learn the layer's digest.
func newBuiltin(options Options) (*builtin, error) {
	b := &builtin{executable: executable(options), tag: options.WorkloadTag}
	arch, err := static(b.executable)
	if err != nil {
		return nil, err
	}
	b.arch = arch
	digest := sha256.New()
	counted := &counting{to: digest}
	if err := b.writeLayer(counted); err != nil {
		return nil, err
	}
	b.layer, b.size = hex.EncodeToString(digest.Sum(nil)), counted.n
	if b.tag == "" {
		b.tag = "isolab/workload:" + b.layer[:12]
	}
	return b, nil
}

// executable is the program that the built-in image is made of.
func executable(options Options) string {
	if options.Executable != "" {
		return options.Executable
	}
	return self()
}

// self is the running program; the link also works after the file was replaced.
func self() string {
	if _, err := os.Stat("/proc/self/exe"); err == nil {
		return "/proc/self/exe"
	}
	path, _ := os.Executable()
	return path
}

// static checks that a file can be the only file of an image: a Linux executable
// without an interpreter (elf(5), PT_INTERP). It returns its architecture.
func static(path string) (arch string, err error) {
	const help = "build one with `make build`, or with CGO_ENABLED=0 GOOS=linux go build ./cmd/isolab"
	file, err := elf.Open(path)
	if err != nil {
		return "", fmt.Errorf("the image workload needs a Linux executable: %s: %w; %s", path, err, help)
	}
	defer file.Close()
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP {
			return "", fmt.Errorf("the image workload needs a static executable: %s is dynamically linked; %s", path, help)
		}
	}
	arch, ok := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386",
		elf.EM_ARM: "arm", elf.EM_RISCV: "riscv64", elf.EM_PPC64: "ppc64le", elf.EM_S390: "s390x"}[file.Machine]
	if !ok {
		return "", fmt.Errorf("the image workload: %s is for an unknown processor %s", path, file.Machine)
	}
	return arch, nil
}

// fits fails when the daemon's machine cannot run the binary.
func (s *images) fits(ctx context.Context, b *builtin) error {
	return s.runtime.call(ctx, quick, "ask docker what it is", func(ctx context.Context) error {
		info, err := s.runtime.known(ctx)
		if err != nil {
			return err
		}
		if info.OSType != linux {
			return unsupported("the image workload needs Linux containers; the daemon runs %s containers", info.OSType)
		}
		if machine := goArch(info.Architecture); machine != b.arch {
			return unsupported("the image workload is for %s, the daemon's machine is %s; use the isolab binary built for that", b.arch, machine)
		}
		return nil
	})
}

// goArch translates uname(2)'s name of a machine.
func goArch(machine string) string {
	if arch, ok := map[string]string{"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm"}[machine]; ok {
		return arch
	}
	return machine
}

// write streams the image in the format of `docker save`.
func (b *builtin) write(w io.Writer) error {
	config, manifest, err := b.describe()
	if err != nil {
		return err
	}
	archive := tar.NewWriter(w)
	layer := b.layer + "/layer.tar"
	err = errors.Join(
		putData(archive, b.configName(config), config),
		putData(archive, savedIndex, manifest),
		archive.WriteHeader(header(layer, 0o644, b.size)))
	if err != nil {
		return err
	}
	if err := b.writeLayer(archive); err != nil {
		return err
	}
	return archive.Close()
}

func (b *builtin) configName(config []byte) string {
	digest := sha256.Sum256(config)
	return hex.EncodeToString(digest[:]) + ".json"
}

// describe makes the image's configuration
// (https://github.com/opencontainers/image-spec/blob/main/config.md) and the
// manifest of the archive.
func (b *builtin) describe() (config, manifest []byte, err error) {
	type object = map[string]any
	config, err = json.Marshal(object{
		"architecture": b.arch, "os": linux, "created": epoch,
		"config":  object{"Env": []string{"PATH=/bin"}, "Cmd": []string{"sh"}, "Labels": object{"isolab.image": workloadRef}},
		"rootfs":  object{"type": "layers", "diff_ids": []string{"sha256:" + b.layer}},
		"history": []object{{"created": epoch, "created_by": "isolab"}},
	})
	if err != nil {
		return nil, nil, err
	}
	manifest, err = json.Marshal([]object{{
		"Config": b.configName(config), "RepoTags": []string{b.tag}, "Layers": []string{b.layer + "/layer.tar"}}})
	return config, manifest, err
}

// epoch is the time of everything in the image.
var epoch = time.Unix(0, 0).UTC()

// writeLayer writes the root file system as a tar archive.
func (b *builtin) writeLayer(w io.Writer) error {
	layer := tar.NewWriter(w)
	for _, file := range workload.Files() {
		if err := putFile(layer, file); err != nil {
			return fmt.Errorf("put %s into the image: %w", file.Path, err)
		}
	}
	if err := b.putBinary(layer); err != nil {
		return fmt.Errorf("put %s into the image: %w", b.executable, err)
	}
	return layer.Close()
}

func putFile(layer *tar.Writer, file workload.File) error {
	name := strings.TrimPrefix(file.Path, "/")
	h := header(name, int64(file.Mode.Perm()), int64(len(file.Data)))
	if file.Mode&fs.ModeSticky != 0 {
		h.Mode |= 0o1000
	}
	switch {
	case file.Mode.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, name+"/"
	case file.Link != "":
		h.Typeflag, h.Linkname = tar.TypeSymlink, file.Link
	}
	if name == "" {
		h.Name = "./"
	}
	if err := layer.WriteHeader(h); err != nil {
		return err
	}
	_, err := layer.Write(file.Data)
	return err
}

func (b *builtin) putBinary(layer *tar.Writer) error {
	file, err := os.Open(b.executable)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if err := layer.WriteHeader(header(strings.TrimPrefix(workload.Binary, "/"), 0o755, info.Size())); err != nil {
		return err
	}
	_, err = io.CopyN(layer, file, info.Size())
	return err
}

func putData(archive *tar.Writer, name string, data []byte) error {
	if err := archive.WriteHeader(header(name, 0o644, int64(len(data)))); err != nil {
		return err
	}
	_, err := archive.Write(data)
	return err
}

func header(name string, mode, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: size, ModTime: epoch, Format: tar.FormatPAX}
}

// counting counts what is written through it.
type counting struct {
	to io.Writer
	n  int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}

//go:build linux

// Package initramfs packs files and kernel modules into an archive that a kernel
// unpacks at boot (docs.kernel.org/driver-api/early-userspace/buffer-format.html).
package initramfs

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/u-root/u-root/pkg/cpio"
	"golang.org/x/sys/unix"
)

// wanted are the modules that a machine of vmtest needs: its disk, overlayfs for
// images, loop devices, and the bridge that a Docker daemon makes.
var wanted = []string{"virtio_pci", "virtio_blk", "overlay", "loop", "bridge", "veth"}

// Write packs files, host path → path inside, and the wanted modules of the kernel
// package that was unpacked into kernelDir.
func Write(archive string, files map[string]string, kernelDir string) (err error) {
	out, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer func() {
		if closing := out.Close(); err == nil {
			err = closing
		}
	}()
	p := packer{writer: cpio.Newc.Writer(out), made: map[string]bool{}}
	p.put(cpio.CharDev("dev/console", 0o600, 5, 1))
	for host, inside := range files {
		p.file(host, inside)
	}
	p.modules(kernelDir)
	if p.err != nil {
		return fmt.Errorf("pack the initramfs: %w", p.err)
	}
	return cpio.WriteTrailer(p.writer)
}

// packer writes records; the first error stops it.
type packer struct {
	writer cpio.RecordWriter
	made   map[string]bool // directories
	err    error
}

func (p *packer) put(record cpio.Record) {
	for dir := path.Dir(record.Name); dir != "." && !p.made[dir] && p.err == nil; {
		p.made[dir] = true
		p.put(cpio.Directory(dir, 0o755))
	}
	if p.err == nil {
		p.err = p.writer.WriteRecord(record)
	}
}

func (p *packer) file(host, inside string) {
	data, err := os.ReadFile(host)
	if err != nil {
		p.err = err
		return
	}
	p.put(cpio.StaticFile(strings.TrimPrefix(inside, "/"), string(data), unix.S_IFREG|0o755))
}

// modules adds the wanted modules and what they depend on, by modules.dep's
// sibling, the .modinfo of each file, so that depmod need not have run.
func (p *packer) modules(kernelDir string) {
	all := map[string]string{}
	filepath.WalkDir(filepath.Join(kernelDir, "lib", "modules"), func(file string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(file, ".ko") {
			all[moduleName(file)] = file
		}
		return nil
	})
	var order []string
	for _, name := range wanted {
		order = p.depth(all, name, order)
	}
	if len(order) > 0 {
		p.put(cpio.StaticFile("modules/order", strings.Join(order, "\n"), 0o644))
	}
}

// depth adds a module after those it depends on.
func (p *packer) depth(all map[string]string, name string, order []string) []string {
	file, ok := all[name]
	if !ok || slices.Contains(order, name+".ko") {
		return order
	}
	for _, needed := range depends(file) {
		order = p.depth(all, needed, order)
	}
	p.file(file, "modules/"+name+".ko")
	return append(order, name+".ko")
}

func moduleName(file string) string {
	return strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".ko"), "-", "_")
}

// depends reads the depends= entry of a module's .modinfo section.
func depends(file string) []string {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	_, rest, ok := bytes.Cut(data, []byte("\x00depends="))
	if !ok {
		return nil
	}
	list, _, _ := bytes.Cut(rest, []byte{0})
	return strings.FieldsFunc(string(list), func(r rune) bool { return r == ',' })
}

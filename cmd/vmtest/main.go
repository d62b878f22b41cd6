//go:build linux

// Command vmtest runs commands on a machine with cgroup v2 only: a virtual one,
// made of Debian's cloud kernel and an initramfs with static binaries, emulated by
// qemu without any support of the processor. It needs qemu-system-x86_64 and a
// kernel package that was unpacked (not installed) into -kernel:
//
//	apt-get download linux-image-6.1.0-…-cloud-amd64 && dpkg -x linux-image-*.deb DIR
//
// Everything after the flags is a command of the guest; "--" separates several.
// The exit code is 0 when all of them ended with 0. A command that takes too long is
// ended with SIGABRT, so that it says what it was doing. A machine that stands still
// (its first process says nothing any more) is the emulator's fault: it is booted once
// more, and that is said.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"isolab/cmd/vmtest/initramfs"
	"isolab/cmd/vmtest/protocol"
)

func main() {
	var v vm
	files := flag.String("files", "", "comma-separated host=guest pairs of further files for the guest")
	tools := flag.String("tools", "", "comma-separated programs of this machine for the guest, with their libraries")
	out := flag.String("out", "", "comma-separated guest=host pairs of files to bring back: the guest's are below /var/lib/isolab")
	flag.StringVar(&v.kernel, "kernel", "", "directory that the kernel package was unpacked into")
	flag.DurationVar(&v.timeout, "timeout", 15*time.Minute, "end what runs in the machine after this long")
	flag.IntVar(&v.memory, "memory", 2048, "memory of the machine, in MiB")
	flag.Parse()
	v.files, v.out = pairs(*files), pairs(*out)
	err := v.pack(strings.FieldsFunc(*tools, func(r rune) bool { return r == ',' }))
	if err == nil {
		err = v.run(flag.Args())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "vmtest:", err)
		os.Exit(1)
	}
}

type vm struct {
	kernel  string
	timeout time.Duration
	memory  int
	files   map[string]string // host path → path in the guest
	out     map[string]string // path on the guest's disk → host path
}

// pairs reads "a=b,c=d".
func pairs(text string) map[string]string {
	found := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		if from, to, ok := strings.Cut(pair, "="); ok {
			found[from] = to
		}
	}
	return found
}

// pack adds programs of this machine to the files, and what ldd(1) says they load.
func (v vm) pack(tools []string) error {
	for _, name := range tools {
		path, err := exec.LookPath(name)
		if err != nil {
			return err
		}
		v.files[path] = filepath.Join("bin", name)
		libraries, _ := exec.Command("ldd", path).Output() // it fails for what is static
		for word := range strings.FieldsSeq(string(libraries)) {
			if strings.HasPrefix(word, "/") {
				v.files[word] = word
			}
		}
	}
	return nil
}

// run packs, boots and watches one machine.
func (v vm) run(args []string) error {
	dir, err := os.MkdirTemp("", "vmtest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	guest := filepath.Join(dir, "init")
	build := exec.Command("go", "build", "-o", guest, "isolab/cmd/vmtest/guest")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the guest's init: %w\n%s", err, out)
	}
	content := maps.Clone(v.files)
	content[guest] = "init"
	script := filepath.Join(dir, "commands.json")
	if err := writeCommands(script, args, v.timeout); err != nil {
		return err
	}
	content[script] = "commands.json"
	image := filepath.Join(dir, "initramfs")
	if err := initramfs.Write(image, content, v.kernel); err != nil {
		return err
	}
	err = v.boot(image, dir)
	if errors.Is(err, errStill) {
		fmt.Println("vmtest:", err, "— once more")
		err = v.boot(image, dir)
	}
	return err
}

// writeCommands splits the arguments at "--".
func writeCommands(path string, args []string, limit time.Duration) error {
	work := protocol.Work{Commands: [][]string{{}}, Limit: limit}
	for _, arg := range args {
		if arg == "--" {
			work.Commands = append(work.Commands, []string{})
			continue
		}
		last := len(work.Commands) - 1
		work.Commands[last] = append(work.Commands[last], arg)
	}
	data, err := json.Marshal(work)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// boot makes the machine's disk, runs the machine, and brings files back.
func (v vm) boot(image, dir string) error {
	kernels, err := filepath.Glob(filepath.Join(v.kernel, "boot", "vmlinuz-*"))
	if err != nil || len(kernels) == 0 {
		return fmt.Errorf("no kernel in %q; unpack a kernel package there", v.kernel)
	}
	disk := filepath.Join(dir, "disk")
	if err := os.WriteFile(disk, nil, 0o644); err != nil {
		return err
	}
	if err := os.Truncate(disk, 1<<30); err != nil {
		return err
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", disk).CombinedOutput(); err != nil {
		return fmt.Errorf("make the machine's disk: %w: %s", err, out)
	}
	monitor := filepath.Join(dir, "monitor")
	qemu := exec.Command("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", fmt.Sprint(v.memory),
		"-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio", "-monitor", "unix:"+monitor+",server,nowait",
		"-drive", "file="+disk+",format=raw,if=virtio",
		"-kernel", kernels[0], "-initrd", image,
		"-append", "console=ttyS0 panic=-1 loglevel=1 cgroup_no_v1=all psi=1 rdinit=/init")
	qemu.Stderr = os.Stderr
	err = watch(qemu, monitor)
	if errors.Is(err, errStill) {
		return err
	}
	return errors.Join(err, v.bringBack(disk))
}

// bringBack copies files off the disk of a machine that is off, with debugfs(8).
func (v vm) bringBack(disk string) error {
	for guest, host := range v.out {
		os.Remove(host)
		out, err := exec.Command("debugfs", "-R", fmt.Sprintf("dump /%s %s", strings.TrimPrefix(guest, "/"), host), disk).CombinedOutput()
		if _, missing := os.Stat(host); err == nil {
			err = missing
		}
		if err != nil {
			return fmt.Errorf("bring %s back: %w: %s", guest, err, out)
		}
	}
	return nil
}

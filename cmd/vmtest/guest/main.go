//go:build linux

// Command guest is the first process of vmtest's machine: it mounts what a Linux
// system has mounted, loads the modules that came along, runs the commands, says
// how they ended, and switches the machine off.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"isolab/cmd/vmtest/protocol"
)

func main() {
	if err := newRoot(); err != nil {
		fmt.Println("vmtest guest:", err)
	}
	if err := prepare(); err != nil {
		fmt.Println("vmtest guest:", err)
	}
	go live()
	fmt.Printf("%s%d\n", protocol.Exit, commands())
	time.Sleep(200 * time.Millisecond) // the console is slow, and nobody flushes it
	unix.Sync()
	unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

// newRoot moves everything to a tmpfs and makes that the root: the file system that
// a kernel unpacks an initramfs into cannot be pivoted away from (pivot_root(2)).
func newRoot() error {
	const at = "/newroot"
	if err := os.Mkdir(at, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", at, "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("mount the new root: %w", err)
	}
	entries, err := os.ReadDir("/")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := filepath.Join("/", entry.Name())
		if name == at || name == "/dev" {
			continue
		}
		if err := move(name, at+name); err != nil {
			return err
		}
	}
	if err := os.Chdir(at); err != nil {
		return err
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("move the new root: %w", err)
	}
	return unix.Chroot(".")
}

// move copies a file or directory and removes the original, whose memory it takes.
func move(from, to string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			return err
		}
		return os.RemoveAll(from)
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, data, info.Mode().Perm()); err != nil {
		return err
	}
	return os.Remove(from)
}

// prepare mounts and loads.
func prepare() error {
	for _, m := range []struct{ kind, at, options string }{
		{"proc", "/proc", ""}, {"sysfs", "/sys", ""}, {"devtmpfs", "/dev", ""},
		{"devpts", "/dev/pts", ""}, {"tmpfs", "/dev/shm", ""}, {"tmpfs", "/tmp", ""}, {"tmpfs", "/run", ""},
		{"cgroup2", "/sys/fs/cgroup", ""},
	} {
		if err := os.MkdirAll(m.at, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.kind, m.at, m.kind, 0, m.options); err != nil && err != unix.EBUSY {
			return fmt.Errorf("mount %s: %w", m.at, err)
		}
	}
	os.Setenv("PATH", "/bin")
	os.Setenv("HOME", "/root")
	os.Setenv("TERM", "dumb")
	os.Setenv("TMPDIR", "/tmp")
	unix.Sethostname([]byte("vmtest"))
	loopback()
	if err := modules(); err != nil {
		return err
	}
	if err := os.MkdirAll("/var/lib/isolab", 0o755); err != nil {
		return err
	}
	return unix.Mount("/dev/vda", "/var/lib/isolab", "ext4", 0, "")
}

// modules loads what /modules/order lists, in that order.
func modules() error {
	order, err := os.ReadFile("/modules/order")
	if err != nil {
		return nil // none came along
	}
	for name := range strings.FieldsSeq(string(order)) {
		file, err := os.Open(filepath.Join("/modules", name))
		if err != nil {
			return err
		}
		err = unix.FinitModule(int(file.Fd()), "", 0)
		file.Close()
		if err != nil && err != unix.EEXIST {
			return fmt.Errorf("load %s: %w", name, err)
		}
	}
	return nil
}

// loopback brings lo up, for tests that listen on 127.0.0.1.
func loopback() {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}

// commands runs them all and returns the first exit code that is not 0.
func commands() (first int) {
	data, err := os.ReadFile(protocol.Path)
	var work protocol.Work
	if err == nil {
		err = json.Unmarshal(data, &work)
	}
	if err != nil {
		fmt.Println("vmtest guest:", err)
		return 1
	}
	for _, argv := range work.Commands {
		fmt.Printf("vmtest: run %s\n", strings.Join(argv, " "))
		began := time.Now()
		code := run(argv, work.Limit)
		fmt.Printf("vmtest: %s ended with %d after %.1f s\n", argv[0], code, time.Since(began).Seconds())
		if first == 0 {
			first = code
		}
	}
	return first
}

// run runs one command. When its time is over, every process of the machine gets
// SIGABRT, at which a Go program prints where it is, and then SIGKILL.
func run(argv []string, limit time.Duration) int {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		fmt.Println("vmtest guest:", err)
		return 127
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			fmt.Println("vmtest guest:", err)
			return max(cmd.ProcessState.ExitCode(), 1)
		}
		return 0
	case <-time.After(limit):
		fmt.Printf("vmtest: %s did not end within %v\n", argv[0], limit)
		_ = unix.Kill(-1, unix.SIGABRT) // everybody but this process (kill(2))
		time.Sleep(5 * time.Second)
		_ = unix.Kill(-1, unix.SIGKILL)
		<-ended
		return 124 // as timeout(1)
	}
}

// live gives signs of life.
func live() {
	for range time.Tick(protocol.Often) {
		fmt.Println(protocol.Alive)
	}
}

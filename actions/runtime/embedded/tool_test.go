//go:build linux

package embedded_test

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"context"
	"isolab/actions/kernel/cgroup"
	"testing"
)

// tool is what the tests run inside containers: small, and independent of the
// built-in image's applets.
func tool(name string, args []string) int {
	switch name {
	case "sleep":
		seconds, _ := strconv.Atoi(args[0])
		time.Sleep(time.Duration(seconds) * time.Second)
	case "fds": // as many as were open before this program opened any
		for fd := range 64 {
			if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && !ownFD(fd) {
				target, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
				fmt.Println(target)
			}
		}
	case "exit":
		code, _ := strconv.Atoi(args[0])
		return code
	case "term": // ends in order on SIGTERM
		caught := make(chan os.Signal, 1)
		signal.Notify(caught, syscall.SIGTERM)
		fmt.Println("ready")
		<-caught
		fmt.Println("bye")
		return 7
	case "ignore":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		time.Sleep(time.Hour)
	case "cat":
		for _, path := range args {
			text, err := os.ReadFile(path)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			os.Stdout.Write(text)
		}
	case "write":
		if err := os.WriteFile(args[0], []byte(args[1]), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	case "links":
		for _, path := range args {
			target, err := os.Readlink(path)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			fmt.Println(target)
		}
	case "ls":
		entries, err := os.ReadDir(args[0])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		for _, e := range entries {
			fmt.Println(e.Name())
		}
	case "eat": // MiB
		n, _ := strconv.Atoi(args[0])
		memory, err := unix.Mmap(-1, 0, n<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			return 1
		}
		for i := 0; i < len(memory); i += 4096 {
			memory[i] = 1
		}
	case "storm": // forks for ever
		for {
			process, err := os.StartProcess("/proc/self/exe", []string{"isolab-workload", "tool", "storm"}, &os.ProcAttr{})
			if err != nil {
				time.Sleep(time.Millisecond)
				continue
			}
			_ = process.Release()
		}
	case "flood":
		n, _ := strconv.Atoi(args[0])
		block := []byte(strings.Repeat("x", 1<<16))
		for range n * 16 {
			if _, err := os.Stdout.Write(block); err != nil {
				return 1
			}
		}
	case "unshare":
		if err := unix.Unshare(unix.CLONE_NEWUSER); err != nil {
			fmt.Println(err)
			return 1
		}
	case "mknod":
		if err := unix.Mknod(args[0], unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))); err != nil {
			fmt.Println("mknod:", err)
			return 1
		}
		if _, err := os.Open(args[0]); err != nil {
			fmt.Println("open:", err)
			return 2
		}
	case "env":
		fmt.Println(strings.Join(os.Environ(), "\n"))
	case "id":
		groups, _ := os.Getgroups()
		cwd, _ := os.Getwd()
		fmt.Println(os.Getuid(), os.Getgid(), groups, cwd)
	case "orphans": // leaves n dead grandchildren and counts the zombies
		return orphans(args)
	default:
		fmt.Fprintln(os.Stderr, "no tool", name)
		return 99
	}
	return 0
}

// ownFD reports descriptors of the Go runtime's own.
func ownFD(fd int) bool {
	target, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	return strings.HasPrefix(target, "anon_inode:") || strings.HasPrefix(target, "/sys/fs/cgroup/") // GOMAXPROCS follows the CPU limit
}

func itoa(n int) string { return strconv.Itoa(n) }

func orphans(args []string) int {
	if args[0] == "child" {
		_, err := os.StartProcess("/proc/self/exe", []string{"isolab-workload", "tool", "exit", "0"}, &os.ProcAttr{})
		if err != nil {
			return 1
		}
		return 0
	}
	for range 5 {
		process, err := os.StartProcess("/proc/self/exe", []string{"isolab-workload", "tool", "orphans", "child"}, &os.ProcAttr{})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		_, _ = process.Wait()
	}
	time.Sleep(300 * time.Millisecond)
	zombies := 0
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, _ := os.ReadFile(path)
		if strings.Contains(string(text), ") Z ") {
			zombies++
		}
	}
	fmt.Println(zombies)
	return 0
}

// removeRunGroup takes away the run-level cgroup, as the engine would.
func removeRunGroup(t testing.TB, path string) {
	t.Helper()
	host, err := cgroup.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	group, err := host.Group(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := group.Remove(context.Background()); err != nil {
		t.Error(err)
	}
}

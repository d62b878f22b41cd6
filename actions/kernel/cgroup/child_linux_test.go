package cgroup

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"isolab/schema/testenv"
)

// The test binary is also the workload: started again with childMode set, it
// puts itself into the v1 hierarchies, does one thing and ends.
const (
	childMode  = "CGROUP_TEST_CHILD"
	childProcs = "CGROUP_TEST_PROCS"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		os.Exit(child(mode))
	}
	os.Exit(m.Run())
}

func child(mode string) int {
	for _, file := range filepath.SplitList(os.Getenv(childProcs)) {
		if err := os.WriteFile(file, []byte("0"), 0); err != nil {
			fmt.Println(err)
			return 99
		}
	}
	os.Unsetenv(childProcs)
	name, argument, _ := strings.Cut(mode, " ")
	n, _ := strconv.Atoi(argument)
	switch name {
	case "sleep":
		signal.Ignore(syscall.SIGTERM)
		if touch(max(n, 1)<<20) == 0 {
			time.Sleep(time.Hour)
		}
	case "alloc":
		return touch(n << 20)
	case "overdraw":
		fmt.Println("ready")
		return touch(n << 20)
	case "burn":
		fmt.Println("ready")
		for end := time.Now().Add(time.Duration(n) * time.Millisecond); time.Now().Before(end); {
		}
	case "fork":
		return forks(n)
	case "storm":
		return storm()
	case "write":
		return writeDirect(argument)
	}
	return 0
}

// touch maps memory outside the Go heap and writes to every page of it. A signal comes
// first, for the pages of this thread's signal stack: where they are missing and the
// group may have no more memory, but is not to be killed, the kernel sends SIGSEGV.
func touch(size int) int {
	runtime.LockOSThread()
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGURG)
	memory, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		fmt.Println(err)
		return 98
	}
	for i := 0; i < size; i += os.Getpagesize() {
		memory[i] = 1
	}
	fmt.Println("ready")
	return 0
}

func again(mode string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childMode+"="+mode)
	return cmd
}

// forks tries to start n processes that stay; the exit code is how many it could.
func forks(n int) int {
	started := 0
	for range n {
		if again("sleep").Start() == nil {
			started++
		}
	}
	fmt.Println("ready")
	return started
}

// storm starts processes without end, each of which does the same.
func storm() int {
	fmt.Println("ready")
	for {
		_ = again("storm").Start()
		time.Sleep(time.Millisecond)
	}
}

func writeDirect(path string) int {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|syscall.O_DIRECT, 0o600)
	if err != nil {
		fmt.Println(err)
		return 97
	}
	defer file.Close()
	block, err := syscall.Mmap(-1, 0, 1<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err == nil {
		_, err = file.Write(block)
	}
	if err != nil {
		fmt.Println(err)
		return 96
	}
	return 0
}

// live opens this machine's cgroups.
func live(t testing.TB) *Host {
	t.Helper()
	testenv.Need(t, testenv.Linux, testenv.Root)
	host, err := Open("/")
	if err != nil {
		t.Fatal(err)
	}
	return host
}

// create makes a group of its own for one test and takes it away afterwards.
func create(t testing.TB, host *Host, opts Options) *Group {
	t.Helper()
	name := fmt.Sprintf("isolab-test-%d/%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))
	group, err := host.Create(name, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { discard(t, group) })
	return group
}

func discard(t testing.TB, group *Group) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := group.Kill(ctx); err != nil {
		t.Error(err)
	}
	if err := group.Remove(ctx); err != nil {
		t.Error(err)
	}
	parent, err := group.host.Group(filepath.Dir(group.Name()))
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.rmdir(); err != nil && !isBusy(err) {
		t.Error(err)
	}
}

// start runs the workload in the group: cloned into the v2 tree where there is
// one, and into the v1 hierarchies by itself before it does anything.
func start(t testing.TB, group *Group, mode string) *exec.Cmd {
	t.Helper()
	cmd := again(mode)
	cmd.Env = append(cmd.Env, childProcs+"="+strings.Join(group.ProcsFiles(), string(os.PathListSeparator)))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if dir, err := group.OpenDir(); err == nil {
		defer dir.Close()
		cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(dir.Fd())
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line := make([]byte, 256)
	if n, _ := out.Read(line); n > 0 && string(line[:n]) != "ready\n" {
		t.Fatalf("workload %s: %s", mode, line[:n])
	}
	return cmd
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

//go:build linux

package embedded_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/runtime"
)

// What a container costs, from Start to the exit of a command that ends at once;
// BenchmarkClone is what the kernel and the same program take without one.
func BenchmarkStartToExit(b *testing.B) {
	rt := newRuntime(b)
	ctx := bounded(b)
	defer removeRunGroup(b, "isolab-test-bench")
	for range b.N {
		b.StopTimer()
		spec := runtime.Spec{Name: name(), Image: "workload", Command: inside("exit", "0"), CgroupPath: "isolab-test-bench"}
		if _, err := rt.Create(ctx, spec); err != nil {
			b.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // the set-up that Create began
		b.StartTimer()
		if err := rt.Start(ctx, spec.Name); err != nil {
			b.Fatal(err)
		}
		if _, err := rt.Wait(ctx, spec.Name); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := rt.Remove(ctx, spec.Name); err != nil {
			b.Fatal(err)
		}
	}
}

// The whole life: create, start, wait, remove.
func BenchmarkLifetime(b *testing.B) {
	rt := newRuntime(b)
	ctx := bounded(b)
	defer removeRunGroup(b, "isolab-test-bench")
	for range b.N {
		spec := runtime.Spec{Name: name(), Image: "workload", Command: inside("exit", "0"), CgroupPath: "isolab-test-bench"}
		if _, err := rt.Create(ctx, spec); err != nil {
			b.Fatal(err)
		}
		if err := rt.Start(ctx, spec.Name); err != nil {
			b.Fatal(err)
		}
		if _, err := rt.Wait(ctx, spec.Name); err != nil {
			b.Fatal(err)
		}
		if err := rt.Remove(ctx, spec.Name); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExec(b *testing.B) {
	rt := newRuntime(b)
	container := start(b, rt, runtime.Spec{Command: inside("sleep", "3600")})
	ctx := bounded(b)
	b.ResetTimer()
	for range b.N {
		if result, err := rt.Exec(ctx, container, runtime.ExecSpec{Command: inside("exit", "0")}); err != nil || result.Code != 0 {
			b.Fatal(result, err)
		}
	}
	b.StopTimer()
}

// The bare clone: the same program and the same new namespaces, nothing else.
func BenchmarkClone(b *testing.B) {
	newRuntime(b) // skips where containers cannot run
	for range b.N {
		bare(b, unix.CLONE_NEWNS|unix.CLONE_NEWPID|unix.CLONE_NEWUTS|unix.CLONE_NEWIPC|unix.CLONE_NEWNET)
	}
}

// The program alone, without any namespace.
func BenchmarkSpawn(b *testing.B) {
	newRuntime(b)
	for range b.N {
		bare(b, 0)
	}
}

func bare(b *testing.B, flags uintptr) {
	b.Helper()
	process, err := os.StartProcess(executable, inside("exit", "0"), &os.ProcAttr{Sys: &syscall.SysProcAttr{Cloneflags: flags}})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := process.Wait(); err != nil {
		b.Fatal(err)
	}
}

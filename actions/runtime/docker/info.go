package docker

import (
	"context"
	"fmt"
	"os"
	goruntime "runtime"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/system"

	"isolab/actions/runtime"
)

// Operating systems as the daemon names them.
const (
	linux   = "linux"
	windows = "windows"
)

// Info asks the daemon what it is, afresh at each call.
func (r *Runtime) Info(ctx context.Context) (runtime.Info, error) {
	var info system.Info
	err := r.call(ctx, quick, "", func(ctx context.Context) (err error) {
		info, err = r.askInfo(ctx)
		return err
	})
	if err != nil {
		return runtime.Info{}, err
	}
	return runtime.Info{
		Name: r.Name(), Version: info.ServerVersion, API: r.client.ClientVersion(), OS: info.OSType,
		CgroupVersion: info.CgroupVersion, CgroupDriver: cgroupDriver(info),
		NoWorkload: r.noWorkload(info.OSType),
		Rootless:   hasSecurity(info, "rootless"), HostIsVM: hostIsVM(r.host, info),
		Runtimes: runtimeNames(info), Isolation: isolations(info),
		Storage: info.Driver, DataRoot: info.DockerRootDir, Warnings: info.Warnings,
	}, nil
}

// noWorkload is why this program cannot be the built-in image. A Windows daemon runs
// none in any case, and its scenarios name images of their own.
func (r *Runtime) noWorkload(system string) string {
	if system != linux {
		return ""
	}
	if _, err := static(executable(r.options)); err != nil {
		return err.Error()
	}
	return ""
}

// askInfo is GET /info. An answer without an operating system is not a Docker
// daemon's, whatever else answers there.
func (r *Runtime) askInfo(ctx context.Context) (system.Info, error) {
	info, err := r.client.Info(ctx)
	if err == nil && info.OSType == "" {
		err = errStranger
	}
	return info, err
}

// cgroupDriver is empty where the daemon has none, as on Windows.
func cgroupDriver(info system.Info) string {
	if info.CgroupDriver == "none" {
		return ""
	}
	return info.CgroupDriver
}

// hasSecurity looks in the list that `docker info` shows as Security Options,
// such as name=rootless or name=userns.
func hasSecurity(info system.Info, name string) bool {
	return slices.ContainsFunc(info.SecurityOptions, func(option string) bool {
		return slices.Contains(strings.Split(option, ","), "name="+name)
	})
}

// hostIsVM reports whether the containers run on another kernel than this
// program: in Docker Desktop's machine, or on another host.
func hostIsVM(host string, info system.Info) bool {
	if info.OSType == windows {
		return goruntime.GOOS != windows || strings.HasPrefix(host, "tcp://")
	}
	if goruntime.GOOS != linux || strings.Contains(info.OperatingSystem, "Docker Desktop") {
		return true
	}
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	return err == nil && info.KernelVersion != "" && strings.TrimSpace(string(release)) != info.KernelVersion
}

func runtimeNames(info system.Info) []string {
	var names []string
	for name := range info.Runtimes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// sandboxes are OCI runtimes whose containers have a kernel of their own, the
// better known first.
var sandboxes = []string{"runsc", "gvisor", "kata", "kata-runtime", "kata-qemu", "kata-clh", "kata-fc",
	"io.containerd.runsc.v1", "io.containerd.kata.v2"}

// sandbox names the daemon's sandboxing runtime, "" when it has none.
func sandbox(info system.Info) string {
	for _, name := range sandboxes {
		if _, ok := info.Runtimes[name]; ok {
			return name
		}
	}
	return ""
}

func isolations(info system.Info) []string {
	if info.OSType == windows {
		return []string{"process", "hyperv"}
	}
	if sandbox(info) != "" {
		return []string{"process", "sandbox"}
	}
	return []string{"process"}
}

// isolation turns a scenario's word for a mode into the daemon's: an OCI runtime
// on Linux, Docker's --isolation on Windows.
func isolation(mode, ociRuntime string, info system.Info) (oci, windowsMode string, err error) {
	if info.OSType == windows {
		return windowsIsolation(mode, ociRuntime)
	}
	switch mode {
	case "", "default":
		return ociRuntime, "", knownRuntime(ociRuntime, info)
	case "process":
		if ociRuntime == "" {
			ociRuntime = plainRuntime(info)
		}
		return ociRuntime, "", knownRuntime(ociRuntime, info)
	case "sandbox":
		return sandboxRuntime(ociRuntime, info)
	case "hyperv":
		return "", "", unsupported("isolation hyperv needs Docker on Windows; on Linux isolation sandbox shows the same")
	}
	return "", "", fmt.Errorf("isolation %q: want default, process, sandbox or hyperv", mode)
}

func windowsIsolation(mode, ociRuntime string) (string, string, error) {
	switch mode {
	case "", "default", "process", "hyperv":
		return ociRuntime, mode, nil
	case "sandbox":
		return "", "", unsupported("isolation sandbox needs a Linux daemon; on Windows isolation hyperv shows the same")
	}
	return "", "", fmt.Errorf("isolation %q: want default, process or hyperv", mode)
}

// plainRuntime is the runtime whose containers are processes of the host: runc,
// or crun where Podman has that instead.
func plainRuntime(info system.Info) string {
	for _, name := range []string{"runc", "crun"} {
		if _, ok := info.Runtimes[name]; ok {
			return name
		}
	}
	return info.DefaultRuntime
}

func sandboxRuntime(asked string, info system.Info) (string, string, error) {
	if asked != "" {
		return asked, "", knownRuntime(asked, info)
	}
	if name := sandbox(info); name != "" {
		return name, "", nil
	}
	return "", "", unsupported("isolation sandbox: the daemon has no sandboxing runtime (it has %s); "+
		"install gVisor, then: runsc install && systemctl reload docker", strings.Join(runtimeNames(info), ", "))
}

// knownRuntime lets names with a dot pass: those are containerd shims, which the
// daemon finds on its PATH without listing them.
func knownRuntime(name string, info system.Info) error {
	if _, listed := info.Runtimes[name]; listed || name == "" || strings.Contains(name, ".") {
		return nil
	}
	return unsupported("the daemon has no runtime %s (it has %s); add it under \"runtimes\" in daemon.json",
		name, strings.Join(runtimeNames(info), ", "))
}

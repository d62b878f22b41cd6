package container

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"isolab/actions"
	"isolab/actions/runtime"
	"isolab/schema"
	"isolab/schema/unit"
)

// mounts are the memory file systems and volumes of a declaration, by target.
func mounts(env *actions.Env, name string, c schema.Container) ([]runtime.Mount, error) {
	var list []runtime.Mount
	for _, path := range slices.Sorted(maps.Keys(c.Tmpfs)) {
		size, err := unit.ParseSize(c.Tmpfs[path])
		if err != nil {
			return nil, fmt.Errorf("tmpfs %s: %w", path, err)
		}
		if size.IsUnlimited() {
			size = 0
		}
		list = append(list, runtime.Mount{Kind: runtime.MountTmpfs, Target: path, Size: size})
	}
	for i, volume := range c.Volumes {
		mount, err := mount(env, name, i, volume)
		if err != nil {
			return nil, fmt.Errorf("volume %s: %w", volume.Target, err)
		}
		list = append(list, mount)
	}
	return list, nil
}

// mount makes what a volume stands for: a scratch directory, a volume of the run,
// or a directory of the host.
func mount(env *actions.Env, name string, index int, v schema.Volume) (runtime.Mount, error) {
	out := runtime.Mount{Kind: runtime.MountBind, Target: v.Target, ReadOnly: v.ReadOnly}
	var err error
	switch {
	case v.Source == "":
		out.Source, err = scratch(env, name+"-"+strconv.Itoa(index))
	case strings.HasPrefix(v.Source, diskPrefix):
		out.Source, err = diskDir(env, strings.TrimPrefix(v.Source, diskPrefix))
	case binds(v):
		out.Source, err = hostDir(v.Source)
	default:
		out.Kind, out.Source = runtime.MountVolume, env.Run.Name("vol-"+v.Source)
		err = intendVolume(env, out.Source, env.Run.Name(name))
	}
	return out, err
}

// diskPrefix marks a volume that is a disk made with host.disk.
const diskPrefix = "disk:"

// diskDir is where the disk is mounted on the host.
func diskDir(env *actions.Env, name string) (string, error) {
	dir := filepath.Join(env.Run.Dir, "disk-"+name)
	if !env.Ledger.Holds("disk", dir) {
		return "", fmt.Errorf("disk %s is not made yet; make it with host.disk", name)
	}
	return dir, nil
}

// scratch makes a directory that any user of the container may write. The run's
// own directory above it keeps other users of the host away.
func scratch(env *actions.Env, name string) (string, error) {
	dir := filepath.Join(env.Run.Dir, "scratch-"+name)
	if err := env.Ledger.Intend("dir", dir, map[string]string{"under": env.Run.Dir}); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o777|os.ModeSticky)
}

// hostDir resolves a directory of the host and refuses the ones that would hand
// over the machine: a container that can speak to a container daemon is root.
func hostDir(source string) (string, error) {
	if !filepath.IsAbs(source) {
		return "", fmt.Errorf("source %q: want a volume's name, or an absolute path", source)
	}
	dir, err := filepath.EvalSymlinks(source)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	if info.Mode()&os.ModeSocket != 0 {
		return "", fmt.Errorf("%s is a socket, which no scenario may mount", dir)
	}
	for _, socket := range daemonSockets() {
		if inside, err := filepath.Rel(dir, socket); err == nil && filepath.IsLocal(inside) {
			return "", fmt.Errorf("%s holds the container daemon's socket %s, which no scenario may mount", dir, socket)
		}
	}
	return dir, nil
}

// daemonSockets are the sockets of container daemons that are there.
func daemonSockets() []string {
	candidates := []string{"/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock",
		"/run/podman/podman.sock", strings.TrimPrefix(os.Getenv("DOCKER_HOST"), "unix://")}
	var sockets []string
	for _, path := range candidates {
		if real, err := filepath.EvalSymlinks(path); err == nil && path != "" {
			sockets = append(sockets, real)
		}
	}
	return sockets
}

// intendVolume journals a volume, which the runtime makes along with a container
// and removes with it. The entry is for the case that another container still
// used it then: removing the first container again removes the volume.
func intendVolume(env *actions.Env, volume, container string) error {
	if env.Ledger.Holds("volume", volume) {
		return nil
	}
	attrs := map[string]string{"runtime": env.Runtime.Name(), "container": container}
	if err := env.Ledger.Intend("volume", volume, attrs); err != nil {
		return fmt.Errorf("journal volume %s: %w", volume, err)
	}
	return nil
}

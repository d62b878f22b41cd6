package docker

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/system"
	"github.com/docker/go-units"

	"isolab/actions/runtime"
)

// config is the part of a spec that belongs to the image and the command.
func config(spec runtime.Spec, image string) *container.Config {
	return &container.Config{
		Image: image, Entrypoint: spec.Entrypoint, Cmd: spec.Command, Env: spec.Env, WorkingDir: spec.WorkDir,
		User: spec.User, Hostname: spec.Hostname, Labels: spec.Labels,
		StopSignal: spec.StopSignal, StopTimeout: stopTimeout(spec),
	}
}

// stopTimeout is in whole seconds in the API.
func stopTimeout(spec runtime.Spec) *int {
	if spec.StopGrace == 0 {
		return nil
	}
	seconds := wholeSeconds(spec.StopGrace)
	return &seconds
}

// hostConfig is the part of a spec that belongs to the host.
func hostConfig(spec runtime.Spec, info system.Info) (*container.HostConfig, error) {
	res, err := resources(spec.Limits, info)
	if err != nil {
		return nil, err
	}
	res.Ulimits = ulimits(spec.Ulimits)
	oci, mode, err := isolation(spec.Isolation, spec.Runtime, info)
	if err != nil {
		return nil, err
	}
	users, err := userNamespace(spec.UserNS, info)
	if err != nil {
		return nil, err
	}
	host := &container.HostConfig{
		Resources: res, Runtime: oci, Isolation: container.Isolation(mode), UsernsMode: users,
		NetworkMode: network(spec.Network), PidMode: container.PidMode(spec.PIDMode), IpcMode: container.IpcMode(spec.IPCMode),
		UTSMode: container.UTSMode(spec.UTSMode), CgroupnsMode: container.CgroupnsMode(spec.CgroupNS),
		Privileged: spec.Security.Privileged, CapAdd: spec.Security.CapAdd, CapDrop: spec.Security.CapDrop,
		SecurityOpt: securityOptions(spec.Security), ReadonlyRootfs: spec.ReadOnly, Sysctls: spec.Sysctls,
		ShmSize: int64(spec.ShmSize), OomScoreAdj: value(spec.OOMScore), Mounts: mounts(spec),
		LogConfig: logs(info),
	}
	if spec.Init {
		host.Init = &spec.Init
	}
	if spec.StorageMax > 0 {
		if err := keepsSizes(info); err != nil {
			return nil, err
		}
		host.StorageOpt = map[string]string{"size": fmt.Sprint(int64(spec.StorageMax))}
	}
	return host, nil
}

// logs keeps what a container writes in the daemon's own files, whatever the
// daemon's default is, and bounded: a workload that floods its output must not
// fill the disk. The driver "local" also keeps bytes that are no UTF-8; Podman
// has only the other.
func logs(info system.Info) container.LogConfig {
	config := map[string]string{"max-size": "16m", "max-file": "2"}
	if slices.Contains(info.Plugins.Log, "local") {
		return container.LogConfig{Type: "local", Config: config}
	}
	return container.LogConfig{Type: "json-file", Config: config}
}

// network makes isolation the default: a container is alone unless it asks.
func network(mode string) container.NetworkMode {
	if mode == "" {
		return "none"
	}
	return container.NetworkMode(mode)
}

// userNamespace: the daemon maps user ids for all containers or for none; one
// container can only be let out of it.
func userNamespace(mode string, info system.Info) (container.UsernsMode, error) {
	mapped := hasSecurity(info, "userns") || hasSecurity(info, "rootless")
	if mode != "private" {
		return container.UsernsMode(mode), nil
	}
	if !mapped {
		return "", unsupported("user namespace: this daemon does not map user ids; " +
			"put \"userns-remap\": \"default\" in daemon.json, or use --runtime embedded")
	}
	return "", nil
}

func securityOptions(s runtime.Security) []string {
	var options []string
	if s.NoNewPrivileges {
		options = append(options, "no-new-privileges")
	}
	if s.Seccomp != "" {
		options = append(options, "seccomp="+s.Seccomp)
	}
	return options
}

func ulimits(limits map[string]runtime.Ulimit) []*container.Ulimit {
	var list []*units.Ulimit
	for name, l := range limits {
		list = append(list, &units.Ulimit{Name: name, Soft: l.Soft, Hard: l.Hard})
	}
	slices.SortFunc(list, func(a, b *units.Ulimit) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// mounts carry the container's labels to a volume, which the daemon makes along
// with the container unless there is one of that name; Remove finds it by them.
func mounts(spec runtime.Spec) []mount.Mount {
	var list []mount.Mount
	for _, m := range spec.Mounts {
		entry := mount.Mount{Type: mount.Type(m.Kind), Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly}
		switch m.Kind {
		case runtime.MountTmpfs:
			entry.Source = ""
			entry.TmpfsOptions = &mount.TmpfsOptions{SizeBytes: int64(m.Size)}
		case runtime.MountVolume:
			entry.VolumeOptions = &mount.VolumeOptions{Labels: volumeLabels(spec)}
		}
		list = append(list, entry)
	}
	return list
}

// linuxOnly fails for what Windows containers do not have.
func linuxOnly(spec runtime.Spec) error {
	for _, field := range []struct {
		set  bool
		name string
	}{
		{spec.PIDMode != "", "pid mode"}, {spec.IPCMode != "", "ipc mode"}, {spec.UTSMode != "", "uts mode"},
		{spec.CgroupNS != "", "cgroup namespace"}, {spec.UserNS != "", "user namespace"}, {spec.Init, "init"},
		{spec.ReadOnly, "read-only root"}, {len(spec.Ulimits) > 0, "ulimits"}, {len(spec.Sysctls) > 0, "sysctls"},
		{spec.ShmSize != 0, "shm size"}, {spec.OOMScore != nil, "oom score"}, {spec.Security.Privileged, "privileged"},
		{len(spec.Security.CapAdd)+len(spec.Security.CapDrop) > 0, "capabilities"},
		{spec.Security.NoNewPrivileges, "no_new_privileges"}, {spec.Security.Seccomp != "", "seccomp"},
	} {
		if field.set {
			return unsupported("%s: Windows containers do not have it", field.name)
		}
	}
	return nil
}

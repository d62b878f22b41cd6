package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"isolab/actions"
	"isolab/actions/runtime"
	"isolab/actions/signal"
	"isolab/actions/target"
	"isolab/schema"
	"isolab/schema/unit"
)

// Spec converts a declaration into what the runtime is asked for. The image is
// filled in by the caller, once it is there; mounts journal what they make.
func Spec(ctx context.Context, env *actions.Env, name string, c schema.Container) (runtime.Spec, error) {
	spec := plainSpec(env, name, c)
	steps := []func() error{
		func() (err error) { spec.Limits, err = limits(ctx, env, c.Limits); return err },
		func() (err error) { spec.StopSignal, err = stopSignal(c.StopSignal); return err },
		func() (err error) { spec.Security.Seccomp, err = seccomp(env, c.Seccomp); return err },
		func() (err error) { spec.PIDMode, err = sharedMode(env, c.PID); return err },
		func() (err error) { spec.IPCMode, err = sharedMode(env, c.IPC); return err },
		func() (err error) { spec.Mounts, err = mounts(env, name, c); return err },
		func() error { return protect(ctx, env, &spec) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return spec, fmt.Errorf("container %s: %w", name, err)
		}
	}
	return spec, nil
}

// plainSpec is all that needs no looking up.
func plainSpec(env *actions.Env, name string, c schema.Container) runtime.Spec {
	return runtime.Spec{
		Name:       env.Run.Name(name),
		Labels:     map[string]string{actions.Label: env.Run.ID},
		Entrypoint: c.Entrypoint,
		Command:    c.Command,
		Env:        environment(c.Env, actions.NonceEnv+"="+env.Run.ID),
		WorkDir:    c.WorkDir,
		User:       c.User,
		Hostname:   c.Hostname,
		Security: runtime.Security{Privileged: c.Privileged, CapAdd: c.CapAdd, CapDrop: c.CapDrop,
			NoNewPrivileges: c.NoNewPrivileges},
		Network:    c.Network,
		UTSMode:    hostOnly(c.UTS),
		CgroupNS:   c.Cgroupns,
		UserNS:     c.Userns,
		Init:       c.Init,
		ReadOnly:   c.ReadOnly,
		Isolation:  c.Isolation,
		Runtime:    c.Runtime,
		StopGrace:  c.StopGrace,
		Ulimits:    ulimits(c.Ulimits),
		Sysctls:    c.Sysctls,
		ShmSize:    c.ShmSize,
		OOMScore:   c.OOMScoreAdj,
		StorageMax: storage(c.Storage),
		CgroupPath: env.Run.Cgroup,
	}
}

// environment is sorted, so that two runs ask for the same.
func environment(variables map[string]string, more ...string) []string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(variables)) {
		list = append(list, key+"="+variables[key])
	}
	return append(list, more...)
}

func ulimits(asked map[string]int64) map[string]runtime.Ulimit {
	if len(asked) == 0 {
		return nil
	}
	limits := map[string]runtime.Ulimit{}
	for name, both := range asked {
		limits[name] = runtime.Ulimit{Soft: both, Hard: both}
	}
	return limits
}

func storage(size unit.Size) unit.Size {
	if size.IsUnlimited() {
		return 0
	}
	return size
}

// hostOnly is for namespaces that are private unless they are the host's.
func hostOnly(mode string) string {
	if mode == "host" {
		return mode
	}
	return ""
}

func stopSignal(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	number, err := signal.Parse(name)
	return signal.Name(int(number)), err
}

// seccomp is a profile in the scenario itself, or read from a file beside it.
func seccomp(env *actions.Env, word string) (string, error) {
	switch {
	case word == "", word == "default":
		return "", nil
	case word == "unconfined":
		return word, nil
	case profileText(word):
		if !json.Valid([]byte(word)) {
			return "", errors.New("seccomp profile: it begins with { and is not valid JSON")
		}
		return word, nil
	}
	profile, err := target.ReadBeside(env, word)
	if err != nil {
		return "", fmt.Errorf("seccomp profile: %w", err)
	}
	return profile, nil
}

// profileText tells a profile from a file's name.
func profileText(word string) bool { return strings.HasPrefix(strings.TrimSpace(word), "{") }

// sharedMode gives "container:<name>" the runtime's name of that container.
func sharedMode(env *actions.Env, mode string) (string, error) {
	name, ok := strings.CutPrefix(mode, "container:")
	if !ok {
		return hostOnly(mode), nil
	}
	runtimeName, err := target.Live(env, name)
	return "container:" + runtimeName, err
}

// protect sets the caps for what the author left open. A Windows container
// knows neither of them.
func protect(ctx context.Context, env *actions.Env, spec *runtime.Spec) error {
	open := openMemory(env, spec.Limits.Memory)
	if spec.Limits.PIDs != nil && !open {
		return nil
	}
	info, err := env.Runtime.Info(ctx)
	if err != nil || info.OS == "windows" {
		return err
	}
	switch {
	case spec.Limits.PIDs != nil:
	case info.NoLimits == "":
		spec.Limits.PIDs = ptr(int64(pidsCap))
	case spec.Ulimits["nproc"] == runtime.Ulimit{}:
		// Without a cgroup the user's own count in the container's user namespace
		// stands in for it (setrlimit(2), RLIMIT_NPROC; user_namespaces(7)).
		limits := map[string]runtime.Ulimit{"nproc": {Soft: pidsCap, Hard: pidsCap}}
		maps.Copy(limits, spec.Ulimits)
		spec.Ulimits = limits
	}
	if open && spec.OOMScore == nil {
		spec.OOMScore = ptr(oomScore)
	}
	if open && *spec.OOMScore < 0 {
		return fmt.Errorf("oom_score_adj %d without a memory limit would let the kernel kill everything else first; set limits.memory", *spec.OOMScore)
	}
	return nil
}

package embedded

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"isolab/actions/runtime"
)

// checkSpec refuses what this runtime cannot do, before anything is made.
func checkSpec(spec runtime.Spec) error {
	if err := checkName(spec.Name); err != nil {
		return err
	}
	if err := checkSupported(spec); err != nil {
		return err
	}
	if _, err := stopSignal(spec.StopSignal); err != nil {
		return err
	}
	for _, m := range spec.Mounts {
		if err := checkMount(m); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Sysctls)) {
		if err := checkSysctl(spec, name); err != nil {
			return err
		}
	}
	return nil
}

func checkSupported(spec runtime.Spec) error {
	refuse := func(why string) error { return fmt.Errorf("%w: the embedded runtime %s", runtime.ErrUnsupported, why) }
	switch {
	case spec.Network != "" && spec.Network != "none" && spec.Network != "host":
		return refuse("has no network " + spec.Network + ": it makes no bridges; use network none or host, or --runtime docker")
	case spec.Isolation == "sandbox" || spec.Isolation == "hyperv":
		return refuse("has no isolation " + spec.Isolation + ": its containers share the host's kernel; use --runtime docker with a runtime such as runsc")
	case spec.Runtime != "":
		return refuse("starts no OCI runtime (" + spec.Runtime + "); use --runtime docker")
	case spec.UserNS == "host" && !isRoot():
		return refuse("cannot go without a user namespace unless it runs as root; run isolab with sudo")
	case spec.UserNS == "private" && spec.Network == "host" && isRoot():
		return refuse("cannot give a user namespace of its own to a container on the host's network")
	}
	for _, ns := range namespaceKinds(spec) {
		if strings.HasPrefix(ns.mode, "container:") && !isRoot() {
			return refuse("cannot share the " + ns.name + " namespace of another container unless it runs as root: it belongs to that one's user namespace; run isolab with sudo")
		}
	}
	return nil
}

func checkMount(m runtime.Mount) error {
	if !filepath.IsAbs(m.Target) || filepath.Clean(m.Target) == "/" {
		return fmt.Errorf("mount target %q: want an absolute path below /", m.Target)
	}
	switch m.Kind {
	case runtime.MountBind:
		if !filepath.IsAbs(m.Source) {
			return fmt.Errorf("bind source %q: want an absolute path", m.Source)
		}
	case runtime.MountVolume:
		if m.Source == "" {
			return fmt.Errorf("volume for %s: want a name", m.Target)
		}
	case runtime.MountTmpfs:
	default:
		return fmt.Errorf("mount kind %q: want bind, tmpfs or volume", m.Kind)
	}
	return nil
}

// checkSysctl lets through what belongs to a namespace of the container's own;
// anything else would change the host (ipc_namespaces(7), network_namespaces(7)).
func checkSysctl(spec runtime.Spec, name string) error {
	ipc := []string{"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"}
	shared := ""
	switch {
	case strings.ContainsAny(name, "/") || strings.Contains(name, ".."):
		return fmt.Errorf("sysctl %q: want a dotted name", name)
	case slices.Contains(ipc, name) || strings.HasPrefix(name, "fs.mqueue."):
		shared = spec.IPCMode
	case strings.HasPrefix(name, "net."):
		if spec.Network == "host" {
			shared = "host"
		}
	default:
		return fmt.Errorf("sysctl %s: it belongs to no namespace, so it would change the whole machine", name)
	}
	if shared != "" {
		return fmt.Errorf("sysctl %s: the container shares that namespace with %s", name, shared)
	}
	return nil
}

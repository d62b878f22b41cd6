package container

import (
	"path/filepath"
	"slices"
	"strings"

	"isolab/actions"
	"isolab/actions/target"
	"isolab/schema"
)

// Needs derives what a declaration may do beyond an unprivileged container with
// the built-in image. Each of the fields it looks at is literal, so the answer
// holds before the scenario runs. made tells of the images that the run makes itself.
func Needs(c schema.Container, made func(image string) bool) []actions.Permission {
	var needs []actions.Permission
	add := func(permission actions.Permission, needed bool) {
		if needed {
			needs = append(needs, permission)
		}
	}
	add(actions.Network, c.Network != "" && c.Network != "none")
	add(actions.ImagePull, c.Image.Build == "" && c.Image.Load == "" && reference(c.Image) != target.Workload && !made(c.Image.Ref))
	add(actions.ImageBuild, c.Image.Build != "")
	add(actions.ContainerBind, slices.ContainsFunc(c.Volumes, binds))
	add(actions.ContainerCapability, len(c.CapAdd) > 0)
	add(actions.ContainerSeccomp, c.Seccomp != "" && c.Seccomp != "default")
	add(actions.ContainerHostNS, sharesHost(c))
	add(actions.ContainerPrivileged, c.Privileged)
	return needs
}

// reference is the image that a declaration asks for by name.
func reference(image schema.Image) string {
	if image.Ref == "" {
		return target.Workload
	}
	return image.Ref
}

// binds reports a volume that is a directory of the host.
func binds(v schema.Volume) bool {
	return filepath.IsAbs(v.Source) || strings.ContainsAny(v.Source, `/\`)
}

func sharesHost(c schema.Container) bool {
	return slices.Contains([]string{c.Network, c.PID, c.IPC, c.UTS, c.Cgroupns, c.Userns}, "host")
}

// needsOf is Needs for a step that makes a container. A name that only an
// expression gives may be any of them.
func needsOf(declared actions.Declared, name string) []actions.Permission {
	names := []string{name}
	if name == "" {
		names = declared.Names()
	}
	var needs []actions.Permission
	for _, name := range names {
		if c, ok := declared.Container(name); ok {
			needs = append(needs, Needs(c, declared.Made)...)
		}
	}
	slices.Sort(needs)
	return slices.Compact(needs)
}

// permit asks for everything that a declaration needs, once more at run time.
func permit(env *actions.Env, c schema.Container) error {
	made := func(image string) bool { return env.Ledger.Holds("image", image) }
	for _, permission := range Needs(c, made) {
		if err := env.Permit(permission); err != nil {
			return err
		}
	}
	return nil
}

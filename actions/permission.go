package actions

import "slices"

// Permission is something a scenario may do beyond what it creates itself.
type Permission string

// The permissions, from harmless to far-reaching. DESIGN: a scenario declares
// them, the engine derives what it needs, and refuses before the first step when
// they were not granted.
const (
	Network             Permission = "network"                   // a container reaches a network
	ImagePull           Permission = "image.pull"                // an image is fetched from a registry
	ImageBuild          Permission = "image.build"               // a Dockerfile is run
	HostExec            Permission = "host.exec"                 // a command runs on the host, as the user of isolab
	HostKill            Permission = "host.kill"                 // a process that the run did not start gets a signal
	HostSwap            Permission = "host.swap"                 // a swap file is made and switched on for the run
	HostDisk            Permission = "host.disk"                 // a sized file system is made and mounted for the run
	HostUser            Permission = "host.user"                 // a user account is made for the run
	CgroupWrite         Permission = "cgroup.write"              // a cgroup outside the run's own is written
	ContainerBind       Permission = "container.bind"            // a host directory is mounted into a container
	ContainerCapability Permission = "container.capabilities"    // a container gets capabilities beyond Docker's default
	ContainerSeccomp    Permission = "container.seccomp"         // a container runs without the default seccomp filter
	ContainerHostNS     Permission = "container.host_namespaces" // a container shares namespaces with the host
	ContainerPrivileged Permission = "container.privileged"      // a container is root on the host in all but name
	Plugin              Permission = "plugin"                    // an action of a program outside isolab
)

// About says, for each permission, what it allows: for the prompt, `isolab plan`
// and the reference page.
var permissionAbout = []struct {
	Permission Permission
	About      string
}{
	{Network, "containers reach a network"},
	{ImagePull, "images are fetched from a registry"},
	{ImageBuild, "images are built from a Dockerfile, whose commands run"},
	{HostExec, "commands run on this machine, outside any container"},
	{HostKill, "processes that the run did not start get a signal"},
	{HostSwap, "a swap file is made and switched on while the run lasts"},
	{HostDisk, "a file system of limited size is made and mounted while the run lasts"},
	{HostUser, "a user account is made while the run lasts"},
	{CgroupWrite, "cgroups that the run did not make are written"},
	{ContainerBind, "directories of this machine are mounted into containers"},
	{ContainerCapability, "containers get capabilities beyond the default"},
	{ContainerSeccomp, "containers run without the default system call filter"},
	{ContainerHostNS, "containers share namespaces with this machine"},
	{ContainerPrivileged, "containers are root on this machine in all but name"},
	{Plugin, "a program beside isolab takes part"},
}

// Permissions lists every permission, harmless first.
func Permissions() []Permission {
	list := make([]Permission, len(permissionAbout))
	for i, entry := range permissionAbout {
		list[i] = entry.Permission
	}
	return list
}

// About says what the permission allows, as a clause; empty for an unknown one.
func (p Permission) About() string {
	i := slices.IndexFunc(permissionAbout, func(e struct {
		Permission Permission
		About      string
	}) bool {
		return e.Permission == p
	})
	if i < 0 {
		return ""
	}
	return permissionAbout[i].About
}

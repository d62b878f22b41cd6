package container

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/schema"
	"isolab/schema/unit"
)

// mode is how a person would run the container.
type mode string

const (
	detached mode = "-d"
	attached mode = ""
	removed  mode = "--rm"
)

// dockerRun is the docker run command for a declared container, after the one that
// makes its image if there is one.
func dockerRun(v actions.View, name string, o overrides, how mode) []string {
	declared, _ := v.Container(name)
	declared = o.apply(declared)
	words := []string{"docker", "run"}
	if how != attached {
		words = append(words, string(how))
	}
	words = append(words, "--name", v.ContainerName(name))
	words = append(words, limitFlags(declared.Limits)...)
	words = append(words, securityFlags(declared)...)
	words = append(words, namespaceFlags(declared, v)...)
	words = append(words, processFlags(declared)...)
	words = append(words, fileFlags(declared)...)
	run := shell.Line(append(words, commandWords(declared, v.ContainerName(name))...)...)
	return append(imageCommands(declared.Image, v.ContainerName(name)), run)
}

// flags collects "--name value" pairs, leaving out empty values.
type flags []string

func (f *flags) add(name, value string) {
	if value != "" {
		*f = append(*f, name, value)
	}
}

func (f *flags) each(name string, values []string) {
	for _, value := range values {
		f.add(name, value)
	}
}

func (f *flags) on(name string, set bool) {
	if set {
		*f = append(*f, name)
	}
}

// limitFlags are shared by docker run and docker update.
func limitFlags(l schema.Limits) []string {
	l = l.NoneAsZero()
	var f flags
	if l.CPUs != nil {
		f.add("--cpus", strconv.FormatFloat(float64(*l.CPUs), 'f', -1, 64))
	}
	f.add("--cpuset-cpus", value(l.Cpuset))
	f.add("--cpu-shares", number(l.CPUShares))
	if l.Memory != nil && !l.Memory.IsUnlimited() {
		f.add("--memory", memory(l.Memory))
	}
	if l.Memory != nil && l.Swap != nil && !l.Memory.IsUnlimited() {
		f.add("--memory-swap", memory(ptr(memorySwap(*l.Memory, l.Swap))))
	}
	f.add("--memory-swappiness", number(l.Swappiness))
	f.add("--memory-reservation", memory(l.Reservation))
	f.on("--oom-kill-disable", l.OOMKill != nil && !*l.OOMKill)
	f.add("--pids-limit", number(l.PIDs))
	device := l.Device
	if name, ok := strings.CutPrefix(device, diskPrefix); ok {
		device = "<disk " + name + ">"
	} else if device == "" {
		device = "<disk of the containers' data>"
	}
	f.add("--device-read-bps", deviceRate(device, l.ReadBPS))
	f.add("--device-write-bps", deviceRate(device, l.WriteBPS))
	f.add("--device-read-iops", deviceOps(device, l.ReadIOPS))
	f.add("--device-write-iops", deviceOps(device, l.WriteIOPS))
	return f
}

func securityFlags(c schema.Container) []string {
	var f flags
	f.on("--privileged", c.Privileged)
	f.each("--cap-drop", c.CapDrop)
	f.each("--cap-add", c.CapAdd)
	f.on("--security-opt=no-new-privileges", c.NoNewPrivileges)
	switch {
	case c.Seccomp == "", c.Seccomp == "default":
	case profileText(c.Seccomp): // the command line takes files only
		f.add("--security-opt", "seccomp=profile.json")
	default:
		f.add("--security-opt", "seccomp="+c.Seccomp)
	}
	f.on("--read-only", c.ReadOnly)
	f.each("--ulimit", pairs(c.Ulimits, func(v int64) string { return strconv.FormatInt(v, 10) }))
	f.each("--sysctl", pairs(c.Sysctls, func(v string) string { return v }))
	if c.OOMScoreAdj != nil {
		f.add("--oom-score-adj", strconv.Itoa(*c.OOMScoreAdj))
	}
	return f
}

func namespaceFlags(c schema.Container, v actions.View) []string {
	var f flags
	network := c.Network
	if network == "" {
		network = "none"
	}
	f.add("--network", network)
	f.add("--pid", sharedFlag(c.PID, v))
	f.add("--ipc", sharedFlag(c.IPC, v))
	f.add("--uts", hostOnly(c.UTS))
	f.add("--cgroupns", c.Cgroupns)
	f.add("--userns", c.Userns)
	return append(f, isolationFlags(c, v)...)
}

// isolationFlags: on Linux an OCI runtime makes the difference, and dockerd takes
// no --isolation but the default; on Windows, where there are no cgroups, it is
// the other way round.
func isolationFlags(c schema.Container, v actions.View) []string {
	var f flags
	onLinux := v.CgroupVersion() != ""
	switch {
	case c.Runtime != "":
		f.add("--runtime", c.Runtime)
	case c.Isolation == "sandbox":
		f.add("--runtime", "runsc")
	case c.Isolation == "process" && onLinux:
		f.add("--runtime", "runc")
	case c.Isolation == "process", c.Isolation == "hyperv":
		f.add("--isolation", c.Isolation)
	}
	return f
}

func sharedFlag(mode string, v actions.View) string {
	if name, ok := strings.CutPrefix(mode, "container:"); ok {
		return "container:" + v.ContainerName(name)
	}
	return hostOnly(mode)
}

func processFlags(c schema.Container) []string {
	var f flags
	f.on("--init", c.Init)
	f.each("--env", environment(c.Env))
	f.add("--user", c.User)
	f.add("--workdir", c.WorkDir)
	f.add("--hostname", c.Hostname)
	if c.StopSignal != "TERM" {
		f.add("--stop-signal", c.StopSignal)
	}
	if c.StopGrace > 0 && c.StopGrace != defaultGrace {
		f.add("--stop-timeout", seconds(c.StopGrace))
	}
	return f
}

func fileFlags(c schema.Container) []string {
	var f flags
	for _, path := range slices.Sorted(maps.Keys(c.Tmpfs)) {
		size, _ := unit.ParseSize(c.Tmpfs[path])
		f.add("--tmpfs", path+":size="+memory(&size))
	}
	for _, volume := range c.Volumes {
		f.add("--volume", volumeFlag(volume))
	}
	if c.ShmSize > 0 && c.ShmSize != defaultShm {
		f.add("--shm-size", memory(&c.ShmSize))
	}
	if c.Storage > 0 && !c.Storage.IsUnlimited() {
		f.add("--storage-opt", "size="+memory(&c.Storage))
	}
	return f
}

// defaultShm is Docker's size of /dev/shm.
const defaultShm = 64 * unit.MiB

func volumeFlag(v schema.Volume) string {
	source := v.Source
	if name, ok := strings.CutPrefix(source, diskPrefix); ok {
		source = "<disk " + name + ">"
	}
	if source == "" {
		source = "<scratch directory>"
	}
	if v.ReadOnly {
		return source + ":" + v.Target + ":ro"
	}
	return source + ":" + v.Target
}

// commandWords are the image and what follows it. Docker takes one word as the
// entrypoint; further words go in front of the command.
func commandWords(c schema.Container, name string) []string {
	var words, rest []string
	if len(c.Entrypoint) > 0 {
		words, rest = []string{"--entrypoint", c.Entrypoint[0]}, c.Entrypoint[1:]
	}
	return slices.Concat(words, []string{imageWord(c.Image, name)}, rest, c.Command)
}

// imageCommands make or fetch an image that is no registry's.
func imageCommands(image schema.Image, name string) []string {
	switch {
	case image.Build != "":
		return []string{shell.Line("docker", "build", "--tag", imageWord(image, name), image.Build)}
	case image.Load != "":
		return []string{shell.Line("docker", "load", "--input", image.Load)}
	}
	return nil
}

// imageWord is what the command calls the image; one that is built is tagged with the
// name of the container that it is built for.
func imageWord(image schema.Image, name string) string {
	switch {
	case image.Build != "":
		return name
	case image.Load != "":
		return "<image loaded from " + image.Load + ">"
	}
	return reference(image)
}

// memory writes a size as docker's flags take it, with the largest binary suffix
// that keeps it whole; no limit is -1.
func memory(size *unit.Size) string {
	switch {
	case size == nil:
		return ""
	case size.IsUnlimited():
		return "-1"
	case *size > 0 && *size%unit.GiB == 0:
		return fmt.Sprintf("%dg", *size/unit.GiB)
	case *size > 0 && *size%unit.MiB == 0:
		return fmt.Sprintf("%dm", *size/unit.MiB)
	case *size > 0 && *size%unit.KiB == 0:
		return fmt.Sprintf("%dk", *size/unit.KiB)
	}
	return fmt.Sprintf("%db", int64(*size))
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

func deviceRate(device string, rate *unit.Rate) string {
	if rate == nil {
		return ""
	}
	size := unit.Size(*rate)
	return device + ":" + memory(&size)
}

func deviceOps(device string, ops *int64) string {
	if ops == nil {
		return ""
	}
	return device + ":" + strconv.FormatInt(*ops, 10)
}

// pairs are "name=value" words, sorted by name.
func pairs[V any](values map[string]V, text func(V) string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list = append(list, name+"="+text(values[name]))
	}
	return list
}

// seconds is how Docker's flags take a span of time: whole seconds, rounded up.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

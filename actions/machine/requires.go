package machine

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"slices"
	"strings"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/runtime"
	"isolab/schema"
	"isolab/schema/unit"
)

// Lack is one requirement that is not met.
type Lack struct {
	Reason string // "needs 2 CPUs, this machine has 1"
	Help   string // what would help; may be empty
}

// Lacks compares requirements with this machine and the runtime that was chosen.
func (f *Facts) Lacks(ctx context.Context, requires schema.Requires, info runtime.Info) []Lack {
	c := checker{facts: f, requires: requires, info: info}
	c.system()
	c.size()
	c.cgroups()
	c.features(ctx)
	c.runtime()
	return c.lacks
}

type checker struct {
	facts    *Facts
	requires schema.Requires
	info     runtime.Info
	lacks    []Lack
}

func (c *checker) lack(help, format string, args ...any) {
	c.lacks = append(c.lacks, Lack{Reason: fmt.Sprintf(format, args...), Help: help})
}

// unsupported says what this kernel lacks, and what would help.
func (c *checker) unsupported(what string, err error) {
	var known *cgroup.UnsupportedError
	if errors.As(err, &known) {
		c.lack(known.Help, "needs %s: %s", what, known.Reason)
		return
	}
	c.lack("", "needs %s: %v", what, err)
}

func (c *checker) system() {
	if want := c.requires.OS; want != "" && c.info.OS != "" && want != c.info.OS {
		c.lack("run it on a machine whose containers are "+want+" ones", "needs %s containers, the %s runtime here runs %s ones", want, c.info.Name, c.info.OS)
	}
	if c.requires.Root && !c.facts.Root {
		c.lack("run isolab as root, or with sudo", "needs root")
	}
	if want := c.requires.Kernel; want != "" && !kernelAtLeast(c.facts.Kernel, want) {
		c.lack("", "needs Linux %s or later, this is %s", want, c.facts.Kernel)
	}
}

func (c *checker) size() {
	if want := c.requires.CPUs; want > c.facts.CPUs {
		c.lack("run it on a machine with more CPUs", "needs %d CPUs, this machine has %d", want, c.facts.CPUs)
	}
	if want, err := unit.ParseSize(c.requires.Memory); c.requires.Memory != "" && err == nil && want > c.facts.MemoryAvailable {
		c.lack("end other programs, or use a larger machine", "needs %s of available memory, there are %s", want, c.facts.MemoryAvailable)
	}
	if want := c.requires.Swap; want != nil && *want != (c.facts.Swap > 0) {
		if *want {
			c.lack("add swap space: a swap file will do", "needs swap space, this machine has none")
			return
		}
		c.lack("switch it off for the lesson: swapoff -a", "needs a machine without swap, this one has %s", c.facts.Swap)
	}
}

func (c *checker) cgroups() {
	if len(c.requires.Controllers) == 0 && c.requires.Cgroup == 0 {
		return
	}
	if c.facts.Cgroups == nil {
		c.lack("run it on Linux", "needs control groups, which this system does not have")
		return
	}
	if want := c.requires.Cgroup; want != 0 {
		if has := c.facts.Cgroups.Version(); want == 2 && has != cgroup.V2 || want == 1 && has == cgroup.V2 {
			c.lack(fmt.Sprintf("boot a machine with cgroup v%d", want), "needs cgroup v%d, this machine has %s", want, has)
		}
	}
	if len(c.requires.Controllers) > 0 && c.info.NoLimits != "" {
		c.lack(runtime.NoLimitsHelp, "needs containers with a cgroup: %s", c.info.NoLimits)
		return
	}
	for _, controller := range c.requires.Controllers {
		if err := c.facts.Cgroups.Supports(cgroup.Feature(controller)); err != nil {
			c.unsupported("the "+controller+" controller", err)
		}
	}
}

// cgroupFeatures maps the words of `requires: features` to what the kernel's
// control groups call it.
var cgroupFeatures = map[string]cgroup.Feature{
	"swap-accounting":  cgroup.FeatureSwap,
	"pressure":         cgroup.FeaturePressure,
	"oom-kill-disable": cgroup.FeatureOOMKillDisable,
	"oom-group":        cgroup.FeatureOOMGroup,
	"memory-high":      cgroup.FeatureMemoryHigh,
}

func (c *checker) features(ctx context.Context) {
	for _, name := range c.requires.Features {
		if feature, ok := cgroupFeatures[name]; ok {
			if c.facts.Cgroups == nil {
				c.lack("run it on Linux", "needs %s, a feature of Linux control groups", name)
			} else if err := c.facts.Cgroups.Supports(feature); err != nil {
				c.unsupported(name, err)
			}
			continue
		}
		if lack := c.facts.probe(ctx, name); lack != nil {
			c.lacks = append(c.lacks, *lack)
		}
	}
}

func (c *checker) runtime() {
	if c.requires.BlockDevice && c.facts.Device(c.info.DataRoot) != nil {
		c.lack("keep the containers' data on a disk of its own",
			"needs containers whose data lies on a disk that can be limited: %v", c.facts.Device(c.info.DataRoot))
	}
	for _, mode := range c.requires.Isolation {
		if mode == "default" || slices.Contains(c.info.Isolation, mode) {
			continue
		}
		c.lack(isolationHelp(mode), "needs %s isolation, the %s runtime here has %s", mode, c.info.Name, strings.Join(c.info.Isolation, ", "))
	}
}

func isolationHelp(mode string) string {
	switch mode {
	case "sandbox":
		return "add gVisor's runsc to the Docker daemon: install runsc, run `runsc install`, restart Docker"
	case "hyperv":
		return "run it against a Docker daemon on Windows with Hyper-V"
	}
	return ""
}

// kernelAtLeast compares releases such as 6.1.0-18-amd64 by their three numbers; one
// that is not written is 0.
func kernelAtLeast(have, want string) bool {
	var h, w [3]int
	fmt.Sscanf(have, "%d.%d.%d", &h[0], &h[1], &h[2])
	fmt.Sscanf(want, "%d.%d.%d", &w[0], &w[1], &w[2])
	return slices.Compare(h[:], w[:]) >= 0
}

// thisOS is the operating system isolab itself runs on.
const thisOS = goruntime.GOOS

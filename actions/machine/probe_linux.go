package machine

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// probe tries a kernel feature; nil means it is there. Features it does not know
// are lacking.
func (f *Facts) probe(ctx context.Context, name string) *Lack {
	switch name {
	case "user-namespaces":
		return probeClone(ctx, name, syscall.CLONE_NEWUSER,
			"allow them: sysctl kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0, and user.max_user_namespaces above 0")
	case "time-namespaces":
		if _, err := os.Stat("/proc/self/ns/time"); err != nil {
			return &Lack{Reason: "needs time namespaces, which this kernel lacks", Help: "use Linux 5.6 or later, built with CONFIG_TIME_NS"}
		}
		return nil
	case "seccomp":
		if _, err := os.Stat("/proc/sys/kernel/seccomp/actions_avail"); err != nil {
			return &Lack{Reason: "needs seccomp filters, which this kernel lacks", Help: "use a kernel built with CONFIG_SECCOMP_FILTER"}
		}
		return nil
	case "overlay":
		return probeFilesystem("overlay")
	case "loop":
		if _, err := os.Stat("/dev/loop-control"); err != nil {
			return &Lack{Reason: "needs loop devices, which this machine lacks", Help: "load the module: modprobe loop"}
		}
		return nil
	}
	return &Lack{Reason: "needs the feature " + name + ", which isolab does not know"}
}

// probeClone starts a process in a new namespace.
func probeClone(ctx context.Context, name string, flag uintptr, help string) *Lack {
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args = []string{"true"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flag}
	if err := cmd.Run(); err != nil {
		return &Lack{Reason: "needs " + name + ", which this user may not make: " + err.Error(), Help: help}
	}
	return nil
}

func probeFilesystem(name string) *Lack {
	data, err := os.ReadFile("/proc/filesystems")
	if err == nil && strings.Contains(string(data), "\t"+name+"\n") {
		return nil
	}
	return &Lack{Reason: "needs the file system " + name + ", which this kernel does not have loaded", Help: "load it: modprobe " + name}
}

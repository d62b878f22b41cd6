package docker

import (
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/system"
)

func TestWindowsHostSeesProcesses(t *testing.T) {
	for _, c := range []struct {
		isolation string
		usual     container.Isolation // the daemon's default
		elsewhere bool
		want      bool
	}{
		{"process", "hyperv", false, true},
		{"hyperv", "process", false, false},
		{"default", "process", false, true}, // Windows Server
		{"", "process", false, true},
		{"default", "hyperv", false, false}, // Windows 10 and 11
		{"process", "process", true, false},
	} {
		if got := windowsSees(c.isolation, system.Info{Isolation: c.usual}, c.elsewhere); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// A Linux host does not have a Windows daemon's processes.
func TestProcessesOfAWindowsDaemonElsewhere(t *testing.T) {
	r, _ := windowsDaemon(t, nil)
	sees, err := r.HostSeesProcesses(background(t), "c")
	if err != nil || sees {
		t.Errorf("%v %v", sees, err)
	}
}

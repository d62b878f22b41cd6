// Package testenv decides whether a test can run on this machine. A test states
// what it needs; where that is missing the test is skipped with the reason, and
// where the environment promises it (ISOLAB_REQUIRE) its absence fails the test,
// so that coverage cannot vanish quietly.
package testenv

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// Feature is one thing that a machine may have or lack.
type Feature struct {
	name  string
	check func() (missing string)
}

// The features that tests ask for. ISOLAB_REQUIRE lists them by name, separated
// by commas, such as root,docker,cgroup1,cgroup2.
var (
	Linux   = Feature{"linux", func() string { return unless(runtime.GOOS == "linux", "needs Linux") }}
	Root    = Feature{"root", func() string { return unless(os.Geteuid() == 0, "needs root; run as root or with sudo") }}
	Docker  = Feature{"docker", dockerMissing}
	Cgroup1 = Feature{"cgroup1", func() string {
		return unless(mounted("cgroup"), "needs cgroup v1 hierarchies (mount type cgroup)")
	}}
	Cgroup2 = Feature{"cgroup2", func() string {
		return unless(mounted("cgroup2"), "needs a cgroup v2 mount (mount type cgroup2)")
	}}
	// PureCgroup2 is a machine whose controllers are all on the v2 hierarchy.
	PureCgroup2 = Feature{"pure-cgroup2", func() string {
		_, err := os.Stat("/sys/fs/cgroup/cgroup.controllers")
		return unless(err == nil, "needs a machine with cgroup v2 only")
	}}
)

// Need skips the test, with the reason, when this machine lacks one of the
// features; it fails the test instead when ISOLAB_REQUIRE names that feature.
func Need(t testing.TB, features ...Feature) {
	t.Helper()
	for _, feature := range features {
		if missing := lack(t, feature); missing != "" {
			t.Skip(missing)
		}
	}
}

// Has reports whether this machine has the feature; it fails the test when it has
// not, though ISOLAB_REQUIRE names it.
func Has(t testing.TB, feature Feature) bool {
	t.Helper()
	return lack(t, feature) == ""
}

// lack is why the machine lacks the feature; empty when it has it.
func lack(t testing.TB, feature Feature) string {
	t.Helper()
	missing := feature.check()
	if missing != "" && required(feature.name) {
		t.Fatalf("ISOLAB_REQUIRE promises %s, but: %s", feature.name, missing)
	}
	return missing
}

// Tool is an executable on the PATH, such as stress or fio; aptPackage says how
// to get it.
func Tool(name, aptPackage string) Feature {
	return Feature{name, func() string {
		_, err := exec.LookPath(name)
		return unless(err == nil, "needs "+name+"; apt-get install "+aptPackage)
	}}
}

func required(name string) bool {
	for _, want := range strings.Split(os.Getenv("ISOLAB_REQUIRE"), ",") {
		if strings.TrimSpace(want) == name {
			return true
		}
	}
	return false
}

func unless(ok bool, reason string) string {
	if ok {
		return ""
	}
	return reason
}

func dockerMissing() string {
	if _, err := exec.LookPath("docker"); err != nil {
		return "needs the docker command and a running daemon"
	}
	if out, err := exec.Command("docker", "version", "--format", "{{.Server.APIVersion}}").CombinedOutput(); err != nil {
		return "needs a Docker daemon that answers: " + strings.TrimSpace(string(out))
	}
	return ""
}

// mounted reports whether a file system of the given type is mounted, from the
// eighth field on of /proc/self/mountinfo (proc_pid_mountinfo(5)).
func mounted(fstype string) bool {
	data, err := os.ReadFile("/proc/self/mountinfo")
	return err == nil && strings.Contains(string(data), " - "+fstype+" ")
}

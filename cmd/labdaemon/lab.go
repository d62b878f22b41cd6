//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
)

// prefix begins the name of every daemon's directory and cgroup.
const prefix = "labdaemon-"

// lab is one daemon's place: a directory, and a cgroup of the same name.
type lab struct {
	dir  string
	lock *os.File // flock(2); the front and the keeper share it
	settings
}

// longest is the path of the longest socket below the directory; sun_path has room
// for 107 bytes and a zero: unix(7).
const longest = "/exec/containerd/containerd.sock.ttrpc"

// newLab makes the directory, locks it and writes the daemon's configuration.
func newLab(s settings) (*lab, error) {
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("a daemon needs root; run it with sudo")
	}
	parent, err := absolute(s.parent)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent, prefix)
	if err != nil {
		return nil, err
	}
	l := &lab{dir: dir, settings: s}
	if len(dir+longest) > 107 {
		err = fmt.Errorf("%s is too long a path for the sockets in it; give -dir a shorter one", dir)
	} else if l.lock, err = lockDir(dir, 0); err == nil {
		err = l.configure()
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return l, nil
}

// lockDir waits for others to let go of the directory, or fails at once when how is
// LOCK_NB.
func lockDir(dir string, how int) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|how); err != nil {
		file.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return file, nil
}

func (l *lab) path(name string) string { return filepath.Join(l.dir, name) }
func (l *lab) socket() string          { return l.path("docker.sock") }
func (l *lab) host() string            { return "unix://" + l.socket() }
func (l *lab) group() string           { return filepath.Base(l.dir) }

// logFile is where the daemon writes.
func (l *lab) logFile() string {
	if l.log != "" {
		return l.log
	}
	return l.path("log")
}

// configure writes daemon.json
// (https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file).
// cgroupfs is named, so that on systemd machines too the containers' cgroups lie
// below the lab's and not in a slice of the machine's.
func (l *lab) configure() error {
	config := map[string]any{
		"data-root": l.path("data"), "exec-root": l.path("exec"), "pidfile": l.path("pid"),
		"hosts": []string{l.host()}, "iptables": false, "ip6tables": false, "userland-proxy": false,
		"cgroup-parent": "/" + l.group(), "exec-opts": []string{"native.cgroupdriver=cgroupfs"},
		"shutdown-timeout": 5, // seconds
	}
	if len(l.runtimes) > 0 {
		config["runtimes"] = l.runtimes
	}
	if l.storage != "" {
		config["storage-driver"] = l.storage
	}
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(l.path("daemon.json"), text, 0o600)
}

// daemon is the command that becomes the daemon, once it is in its cgroup.
func (l *lab) daemon() (*exec.Cmd, error) {
	path := os.Getenv("PATH")
	if l.bin != "" {
		bin, err := absolute(l.bin)
		if err != nil {
			return nil, err
		}
		path = bin + ":" + path
	}
	program, err := lookIn(path, l.dockerd)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe", l.group()+"/daemon", program, "--config-file", l.path("daemon.json"))
	cmd.Env = append(without(os.Environ(), roleEnv, "PATH", "DOCKER_HOST"), roleEnv+"=daemon", "PATH="+path)
	return cmd, nil
}

// lookIn finds a program on a search path that is not this process's own.
func lookIn(path, name string) (string, error) {
	if strings.Contains(name, "/") {
		return absolute(name)
	}
	for _, dir := range filepath.SplitList(path) {
		if found, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("there is no program %s; install Docker (Debian: docker.io), or give -bin a directory that has it", name)
}

// without leaves variables out of an environment.
func without(environ []string, names ...string) []string {
	var rest []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		keep := true
		for _, unwanted := range names {
			keep = keep && name != unwanted
		}
		if keep {
			rest = append(rest, variable)
		}
	}
	return rest
}

// absolute follows links too: the kernel shows mounts by their real path.
func absolute(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// makeGroup makes the daemon's cgroup below the lab's, beside the containers':
// on v2 a group either holds processes or has groups below it.
func (l *lab) makeGroup() error {
	host, err := cgroup.Open("/")
	if err != nil {
		return err
	}
	_, err = host.Create(l.group()+"/daemon", cgroup.Options{})
	return err
}

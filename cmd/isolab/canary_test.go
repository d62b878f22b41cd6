package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// trap is a canary: a file, a process and a cgroup that holds it. Whoever touches
// one of them, or shows what is in the file, is caught.
type trap struct {
	file    string
	secret  string
	written time.Time
	process *os.Process
	group   string   // below each hierarchy
	dirs    []string // of the cgroup
	limits  string
}

// setTrap makes a canary, and takes it away when the test is over.
func setTrap(t *testing.T) trap {
	t.Helper()
	word := strings.ToLower(rand.Text())
	c := trap{file: filepath.Join(t.TempDir(), "secret"), secret: "secret-" + strings.ToLower(rand.Text()), group: "isolab-canary-" + word}
	if err := os.WriteFile(c.file, []byte(c.secret), 0o600); err != nil {
		t.Fatal(err)
	}
	c.written = modified(c.file)
	sleep := exec.Command("sleep", "600")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	c.process = sleep.Process
	t.Cleanup(func() {
		sleep.Process.Kill()
		sleep.Wait()
		for _, dir := range c.dirs {
			removeGroup(t, dir)
		}
	})
	for _, root := range hierarchies() {
		c.dirs = append(c.dirs, filepath.Join(root, c.group))
	}
	for _, dir := range c.dirs {
		if err := errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "cgroup.procs"), fmt.Append(nil, c.process.Pid), 0)); err != nil {
			t.Fatal(err)
		}
	}
	c.limits = c.settings()
	return c
}

// hierarchies are the mount points of the cgroup trees that the canary is in.
func hierarchies() []string {
	roots := []string{"/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/freezer", "/sys/fs/cgroup/unified"}
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.procs"); err == nil {
		return []string{"/sys/fs/cgroup"}
	}
	var there []string
	for _, root := range roots {
		if _, err := os.Stat(filepath.Join(root, "cgroup.procs")); err == nil {
			there = append(there, root)
		}
	}
	return there
}

// removeGroup removes an empty cgroup; the kernel takes a moment after the last
// process of it has ended.
func removeGroup(t *testing.T, dir string) {
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := os.Remove(dir)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("remove the canary's cgroup: %v", err)
			return
		}
	}
}

// settings are the canary cgroup's files that someone could write.
func (c trap) settings() string {
	var all strings.Builder
	for _, dir := range c.dirs {
		for _, name := range []string{"cgroup.procs", "memory.limit_in_bytes", "memory.max", "pids.max", "freezer.state", "cgroup.freeze", "notify_on_release"} {
			if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
				fmt.Fprintf(&all, "%s/%s: %s", dir, name, text)
			}
		}
	}
	return all.String()
}

func modified(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// touched says what happened to the canary; empty when nothing did. out is all
// that could have shown the secret.
func (c trap) touched(out string) string {
	text, err := os.ReadFile(c.file)
	entries, _ := os.ReadDir(filepath.Dir(c.file))
	state, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.process.Pid))
	_, after, _ := strings.Cut(string(state), ") ")
	switch {
	case err != nil || string(text) != c.secret || !modified(c.file).Equal(c.written):
		return fmt.Sprintf("the canary's file is another: %q, %v", text, err)
	case len(entries) != 1:
		return fmt.Sprintf("the canary's folder holds %v", entries)
	case strings.Contains(out, c.secret):
		return "the canary's text was shown"
	case c.process.Signal(syscall.Signal(0)) != nil || after == "" || !strings.Contains("SR", after[:1]): // asleep, or about to be
		return "the canary's process was hit: " + after
	case c.settings() != c.limits:
		return "the canary's cgroup was written:\n" + c.settings() + "before:\n" + c.limits
	}
	return ""
}

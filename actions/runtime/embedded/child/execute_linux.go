package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"
)

// Exit codes of a command that was not executed, as shells and Docker use them.
const (
	codeNotFound      = 127
	codeNotExecutable = 126
)

// image is what execve(2) gets.
type image struct {
	path string
	args []string
	env  []string
}

// command finds the file to execute, as the user that it will run as.
func (s *session) command(who *user.ExecUser) (found image) {
	p := s.plan.Process
	if s.err != nil {
		return found
	}
	found = image{args: p.Args, env: withHome(p.Env, who.Home)}
	found.path, s.err = lookPath(p.Args[0], pathOf(found.env))
	switch {
	case errors.Is(s.err, fs.ErrNotExist):
		s.code = codeNotFound
	case s.err != nil:
		s.code = codeNotExecutable
	}
	return found
}

// execute becomes the command. What this process was is gone when it succeeds;
// the socket closes with it, which tells the engine.
func (s *session) execute(found image) {
	if s.err != nil {
		return
	}
	if s.plan.Process.Reap {
		found.args = append([]string{ReapName, found.path}, found.args...)
		found.path = fmt.Sprintf("/proc/self/fd/%d", s.held.program)
	}
	err := unix.Exec(found.path, found.args, found.env)
	s.code, s.err = codeNotExecutable, fmt.Errorf("exec %s: %w", found.path, err)
}

// withHome adds HOME unless the environment has one.
func withHome(env []string, home string) []string {
	for _, entry := range env {
		if strings.HasPrefix(entry, "HOME=") {
			return env
		}
	}
	return append(slices.Clip(env), "HOME="+home)
}

func pathOf(env []string) string {
	path := ""
	for _, entry := range env {
		if value, ok := strings.CutPrefix(entry, "PATH="); ok {
			path = value
		}
	}
	return path
}

// lookPath finds a command: a name with a slash is a path, any other is searched
// for in the directories of path. The error wraps fs.ErrNotExist or
// fs.ErrPermission.
func lookPath(name, path string) (string, error) {
	if name == "" {
		return "", fmt.Errorf("exec: empty command: %w", fs.ErrNotExist)
	}
	if strings.Contains(name, "/") {
		if err := executable(name); err != nil {
			return "", fmt.Errorf("exec %s: %w", name, err)
		}
		return name, nil
	}
	refused := error(nil)
	for _, dir := range filepath.SplitList(path) {
		candidate := filepath.Join(dir, name)
		err := executable(candidate)
		if err == nil {
			return candidate, nil
		}
		if errors.Is(err, fs.ErrPermission) {
			refused = fmt.Errorf("exec %s: %w", candidate, err)
		}
	}
	if refused != nil {
		return "", refused
	}
	return "", fmt.Errorf("exec %s: executable file not found in $PATH: %w", name, fs.ErrNotExist)
}

// executable reports, as the effective user, whether a file can be executed.
func executable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("is a directory: %w", fs.ErrPermission)
	}
	return unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS)
}

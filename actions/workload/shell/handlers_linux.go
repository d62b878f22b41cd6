package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"

	"isolab/actions/workload/applet"
	"isolab/actions/workload/userland"
)

// Exit codes of shells for a command that cannot be started.
const (
	notRunnable = 126
	notFound    = 127
)

// replaced are builtins of the interpreter that we do ourselves.
var replaced = []string{"kill", "wait", "umask", "ulimit", "jobs"}

// onCall redirects calls of builtins to our own.
func (s *shell) onCall(_ context.Context, args []string) ([]string, error) {
	switch {
	case slices.Contains(replaced, args[0]):
		return append([]string{"@" + args[0]}, args[1:]...), nil
	case args[0] == "trap" && aboutSignals(args[1:]):
		return append([]string{callTrap}, args[1:]...), nil
	case args[0] == "eval":
		return []string{"eval", s.rewritten(strings.Join(args[1:], " "))}, nil
	case args[0] == callLast && s.keepsRunning(args[1]):
		return args[1:], nil
	case args[0] == callLast:
		return append([]string{callExec}, args[1:]...), nil
	}
	return args, nil
}

// keepsRunning reports whether the last command must be run by this process
// after all: a function, or with background children still to be cared for as
// PID 1.
func (s *shell) keepsRunning(name string) bool {
	_, function := s.rewriter.functions[name]
	return function || interp.IsBuiltin(name) || os.Getpid() == 1 && s.children.running() > 0
}

// rewritten treats a text for eval as a program of its own; one with a syntax
// error is left for eval to complain about.
func (s *shell) rewritten(text string) string {
	file, err := syntax.NewParser().Parse(strings.NewReader(text), s.name)
	if err != nil {
		return text
	}
	for _, statement := range file.Stmts {
		s.rewriter.statement(statement)
	}
	var out strings.Builder
	if err := syntax.NewPrinter().Print(&out, file); err != nil {
		return text
	}
	return out.String()
}

// onExec runs every command that is no function and no builtin.
func (s *shell) onExec(ctx context.Context, args []string) error {
	hc := interp.HandlerCtx(ctx)
	switch args[0] {
	case callBackground:
		return s.background(ctx, hc, args[1:])
	case callExec:
		return status(s.replace(hc, args[1:]))
	case callTraps:
		return s.runTraps(ctx, hc)
	case callWait:
		return s.wait(ctx, hc, args[1:])
	case callTrap:
		return status(s.trap(hc, args[1:]))
	case callKill:
		return status(s.kill(hc, args[1:]))
	case callJobs:
		return status(s.jobs(hc))
	case callUmask:
		return status(umask(hc, args[1:]))
	case callUlimit:
		return status(ulimit(hc, args[1:]))
	}
	return status(s.foreground(hc, args))
}

func status(code int) error {
	if code == 0 {
		return nil
	}
	return interp.ExitStatus(code)
}

// complain writes "sh: …" and returns the code.
func complain(hc interp.HandlerContext, code int, format string, args ...any) int {
	fmt.Fprintf(hc.Stderr, "sh: %s\n", fmt.Sprintf(format, args...))
	return code
}

// locate finds a program in PATH.
func locate(hc interp.HandlerContext, name string) (path string, code int) {
	path, err := interp.LookPathDir(hc.Dir, hc.Env, name)
	if err == nil {
		return path, 0
	}
	if _, statErr := os.Stat(name); strings.Contains(name, "/") && statErr == nil {
		return "", complain(hc, notRunnable, "%s: Permission denied", name)
	}
	return "", complain(hc, notFound, "%s: not found", name)
}

// foreground runs a program and waits for it.
func (s *shell) foreground(hc interp.HandlerContext, args []string) int {
	path, code := locate(hc, args[0])
	if code != 0 {
		return code
	}
	child, err := s.children.start(command(hc, path, args, exported(hc.Env)))
	if errors.Is(err, unix.ENOEXEC) { // a script without #!
		child, err = s.children.start(command(hc, self, append([]string{"sh", path}, args[1:]...), exported(hc.Env)))
	}
	if err != nil {
		return complain(hc, notRunnable, "%s: %s", args[0], applet.Reason(err))
	}
	<-child.done
	if n := child.signal; n != 0 && n != unix.SIGINT && n != unix.SIGPIPE {
		fmt.Fprintf(hc.Stderr, "%s\n", applet.Strsignal(n))
	}
	return child.code
}

// self is this program; the kernel finds it also after a chroot.
const self = "/proc/self/exe"

func command(hc interp.HandlerContext, path string, args, environment []string) *exec.Cmd {
	return &exec.Cmd{Path: path, Args: args, Env: environment, Dir: hc.Dir, Stdin: hc.Stdin, Stdout: hc.Stdout, Stderr: hc.Stderr}
}

// exported are the variables that children get in their environment.
func exported(env expand.Environ) []string {
	return variables(env, func(v expand.Variable) bool { return v.Exported })
}

// variables lists the text variables that are wanted, with the last value of
// each, as name=value.
func variables(env expand.Environ, wanted func(expand.Variable) bool) []string {
	values := map[string]string{}
	for name, v := range env.Each {
		delete(values, name)
		if v.IsSet() && v.Kind == expand.String && wanted(v) {
			values[name] = v.String()
		}
	}
	var list []string
	for name, value := range values {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}

// prelude makes a child shell what a fork would have been: it has the variables
// that are not exported, and the functions. $$ is among them, for in a subshell
// it is still the main shell.
func (s *shell) prelude(env expand.Environ) string {
	var text strings.Builder
	own := func(v expand.Variable) bool { return !v.Exported && !v.ReadOnly }
	for _, variable := range variables(env, own) {
		name, value, _ := strings.Cut(variable, "=")
		if quoted, err := syntax.Quote(value, syntax.LangBash); err == nil {
			text.WriteString(name + "=" + quoted + "\n")
		}
	}
	return text.String() + s.rewriter.declarations()
}

// background starts a child shell for the text; a simple command replaces that
// shell, so $! is the process id of the command itself.
func (s *shell) background(ctx context.Context, hc interp.HandlerContext, args []string) error {
	arguments := append([]string{"sh", "-c", s.prelude(hc.Env) + args[0], s.name}, args[1:]...)
	job := command(hc, self, arguments, exported(hc.Env))
	job.Stdin = nil // /dev/null, as POSIX asks
	child, err := s.children.start(job)
	if err != nil {
		return status(complain(hc, 2, "cannot fork: %s", applet.Reason(err)))
	}
	s.children.remember(child, args[0])
	return hc.Builtin(ctx, []string{"eval", fmt.Sprintf("%s=%d", lastJob, child.pid)})
}

// replace is exec: the program takes over this process with the streams that
// redirections have set up.
func (s *shell) replace(hc interp.HandlerContext, args []string) int {
	path, code := locate(hc, args[0])
	if code != 0 {
		return code
	}
	if err := os.Chdir(hc.Dir); err != nil {
		return complain(hc, notRunnable, "%s", applet.Reason(err))
	}
	for target, stream := range []any{hc.Stdin, hc.Stdout, hc.Stderr} {
		if !redirect(stream, target) {
			return s.foreground(hc, args)
		}
	}
	err := syscall.Exec(path, args, exported(hc.Env))
	if errors.Is(err, unix.ENOEXEC) {
		err = syscall.Exec(self, append([]string{"sh", path}, args[1:]...), exported(hc.Env))
	}
	return complain(hc, notRunnable, "%s: %s", args[0], applet.Reason(err))
}

// redirect puts a file of the interpreter at its place among the descriptors; it
// fails for what is no file.
func redirect(stream any, target int) bool {
	file, ok := stream.(*os.File)
	if !ok || file == nil {
		return stream == nil || stream == io.Discard
	}
	if int(file.Fd()) == target {
		return true
	}
	return unix.Dup3(int(file.Fd()), target, 0) == nil
}

// kill is the applet, in this process: it must work when no further process can
// be made.
func (s *shell) kill(hc interp.HandlerContext, args []string) int {
	found, _ := applet.Find([][]applet.Applet{userland.Applets()}, "kill")
	operands := slices.Clone(args)
	for i, name := range operands {
		if p := s.job(name); p != nil { // %1 is the first background command
			operands[i] = strconv.Itoa(p.pid)
		}
	}
	return found.Run(&applet.Call{Applet: found, Args: operands, Stdin: hc.Stdin, Stdout: hc.Stdout, Stderr: hc.Stderr})
}

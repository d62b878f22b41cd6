//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
)

// noDaemon is the exit code when the command could not be run, as docker run's.
const noDaemon = 125

func main() {
	if role := os.Getenv(roleEnv); role != "" {
		os.Exit(play(role, os.Args[1:]))
	}
	var s settings
	s.flags(flag.CommandLine)
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "labdaemon: no command; for example: labdaemon -bin bin/tools -- docker version")
		os.Exit(2)
	}
	code, err := front(s, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "labdaemon:", err)
		os.Exit(noDaemon)
	}
	os.Exit(code)
}

// settings are what the flags say.
type settings struct {
	bin      string
	dockerd  string
	storage  string
	parent   string
	log      string
	runtimes runtimes
}

func (s *settings) flags(set *flag.FlagSet) {
	set.StringVar(&s.bin, "bin", "", "directory with dockerd, containerd, containerd-shim-runc-v2 and runc; empty takes the machine's")
	set.StringVar(&s.dockerd, "dockerd", "dockerd", "the daemon's program")
	set.StringVar(&s.storage, "storage", "", "storage driver; empty is the daemon's choice")
	set.StringVar(&s.parent, "dir", os.TempDir(), "where the daemon's directory is made")
	set.StringVar(&s.log, "log", "", "file to keep the daemon's log in")
	set.Var(&s.runtimes, "runtime", "a further OCI runtime: name=path, and arguments after spaces; may be repeated")
}

// runtimes are OCI runtimes as daemon.json wants them.
type runtimes map[string]ociRuntime

type ociRuntime struct {
	Path string   `json:"path"`
	Args []string `json:"runtimeArgs,omitempty"`
}

// String shows nothing: there is no default.
func (r *runtimes) String() string { return "" }

// Set takes "runsc=/usr/bin/runsc --platform=systrap".
func (r *runtimes) Set(text string) error {
	name, words, ok := strings.Cut(text, "=")
	fields := strings.Fields(words)
	if !ok || name == "" || len(fields) == 0 {
		return errors.New("want name=path")
	}
	path, err := exec.LookPath(fields[0])
	if err == nil {
		path, err = absolute(path)
	}
	if err != nil {
		return err
	}
	if *r == nil {
		*r = runtimes{}
	}
	(*r)[name] = ociRuntime{Path: path, Args: fields[1:]}
	return nil
}

// front runs the command beside a daemon, and returns the command's exit code.
func front(s settings, command []string) (code int, err error) {
	runtime.LockOSThread() // Pdeathsig goes by the thread that forked: prctl(2)
	sweep(s.parent)
	l, err := newLab(s)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, l.clean(context.Background())) }()
	k, err := startKeeper(l)
	if err != nil {
		return 0, err
	}
	defer k.end()
	if err := k.ready(); err != nil {
		return 0, err
	}
	if err := enterNetwork(k.cmd.Process.Pid); err != nil {
		return 0, err
	}
	return run(l, command)
}

// run lets signals that would end the front end the command first.
func run(l *lab, command []string) (int, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+l.host())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			if s != syscall.SIGINT { // a terminal sends that one to the command too
				_ = cmd.Process.Signal(s)
			}
		case err := <-ended:
			return exitCode(err)
		}
	}
}

// exitCode is 128 + signal for a command that a signal ended, as a shell has it.
func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}

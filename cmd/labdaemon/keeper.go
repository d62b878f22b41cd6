//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"isolab/actions/kernel/cgroup"
)

// roleEnv makes this program the keeper, or what becomes the daemon.
const roleEnv = "LABDAEMON_ROLE"

const (
	startTime = 90 * time.Second // a current daemon takes 3 s, on a busy machine 20
	stopTime  = 20 * time.Second
	pollTime  = 100 * time.Millisecond
)

// lockFD is where the keeper finds the lock: the first of exec.Cmd's ExtraFiles.
const lockFD = 3

// keeper is the front's hold on the process that looks after the daemon.
type keeper struct {
	lab   *lab
	cmd   *exec.Cmd
	pipe  io.Closer
	ended chan struct{}
}

// startKeeper passes the settings as arguments, and the lock as an open file.
func startKeeper(l *lab) (*keeper, error) {
	if err := l.makeGroup(); err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe", l.dir, l.bin, l.dockerd, l.log)
	cmd.Env = append(os.Environ(), roleEnv+"=keeper")
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = []*os.File{l.lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Cloneflags: syscall.CLONE_NEWNET}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the keeper: %w", err)
	}
	k := &keeper{lab: l, cmd: cmd, pipe: pipe, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(k.ended)
	}()
	return k, nil
}

// end has the keeper stop the daemon, and waits for it.
func (k *keeper) end() {
	_ = k.pipe.Close()
	<-k.ended
}

// ready returns once the daemon answers.
func (k *keeper) ready() error {
	late := time.After(startTime)
	for {
		select {
		case <-k.ended:
			return errors.New("the daemon has ended")
		case <-late:
			return fmt.Errorf("the daemon did not answer within %s; its last words:\n%s", startTime, tail(k.lab.logFile()))
		case <-time.After(pollTime):
			if answers(k.lab.socket()) {
				return nil
			}
		}
	}
}

// answers asks GET /_ping.
func answers(socket string) bool {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}}}
	response, err := client.Get("http://docker/_ping")
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// play is what this program does when it was started by itself.
func play(role string, args []string) int {
	var err error
	switch role {
	case "keeper":
		err = keep(&lab{dir: args[0], settings: settings{bin: args[1], dockerd: args[2], log: args[3]}})
	case "daemon":
		err = enter(args[0], args[1:])
	default:
		err = fmt.Errorf("%s=%s: there is no such role", roleEnv, role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "labdaemon:", err)
		return noDaemon
	}
	return 0
}

// enter moves this process into a cgroup and becomes the daemon.
func enter(group string, command []string) error {
	host, err := cgroup.Open("/")
	if err != nil {
		return err
	}
	g, err := host.Group(group)
	if err == nil {
		err = g.Attach(os.Getpid())
	}
	if err != nil {
		return err
	}
	return syscall.Exec(command[0], command, without(os.Environ(), roleEnv))
}

// keep starts the daemon and stays until standard input ends, which it does when
// the front ends in whatever way.
func keep(l *lab) error {
	syscall.CloseOnExec(lockFD) // else every process of the daemon would hold the lock
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	over := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(over)
	}()
	err := guard(l, over)
	return errors.Join(err, l.clean(context.Background()))
}

func guard(l *lab, over <-chan struct{}) error {
	cmd, err := l.daemon()
	if err == nil {
		err = loopbackUp()
	}
	if err != nil {
		return err
	}
	log, err := os.Create(l.logFile())
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return fmt.Errorf("the daemon ended (%v); its last words:\n%s", err, tail(l.logFile()))
	case <-over:
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(stopTime): // clean kills it
	}
	return nil
}

// tail is the end of a log.
func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"isolab/actions"
	"isolab/actions/kernel/proc"
)

// ownGroup makes the program the leader of a process group of its own, and its
// context's end the end of the whole group and of what left it. It starts inside
// the cgroup, if one is given.
func ownGroup(cmd *exec.Cmd, mark string, cgroup *os.File) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if cgroup != nil {
		cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(cgroup.Fd())
	}
	if cmd.Cancel != nil {
		cmd.Cancel = func() error {
			return errors.Join(syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL), killMarked(mark))
		}
	}
}

// signalled is added to a signal's number to make an exit code, as shells do.
const signalled = 128

func exitOf(state *os.ProcessState) (code, signal int) {
	status, ok := state.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return signalled + int(status.Signal()), int(status.Signal())
	}
	return state.ExitCode(), 0
}

// killTime bounds how long killed processes may take to go.
const killTime = 3 * time.Second

// killMarked ends every process of a command, also in other process groups.
func killMarked(mark string) error {
	ctx, cancel := context.WithTimeout(context.Background(), killTime)
	defer cancel()
	return kill(ctx, []byte(MarkEnv+"="+mark))
}

// Kill ends every process of a run that was started on this machine, by the nonce
// in its environment, and returns when none is left. It works in any process.
func Kill(ctx context.Context, runID string) error {
	return kill(ctx, []byte(actions.NonceEnv+"="+runID))
}

// kill repeats until a pass finds nobody: what is killed may have forked just
// before.
func kill(ctx context.Context, variable []byte) error {
	for {
		pids, err := carriers(variable)
		if err != nil || len(pids) == 0 {
			return err
		}
		for _, pid := range pids {
			if err := killOne(pid, variable); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("processes %v are left: %w", pids, ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// killOne looks again before it kills: the process id may have gone to another one.
func killOne(pid int, variable []byte) error {
	err := proc.SignalIf(pid, syscall.SIGKILL, func() bool { return carries(pid, variable) })
	if errors.Is(err, proc.ErrGone) {
		return nil
	}
	return err
}

// carriers are the processes with the variable in their environment, without
// this one. A zombie has none.
func carriers(variable []byte) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err == nil && pid != os.Getpid() && carries(pid, variable) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// Of reports whether a process carries a run's nonce, which says that the run
// started it or one of its ancestors.
func Of(runID string, pid int) bool { return carries(pid, []byte(actions.NonceEnv+"="+runID)) }

func carries(pid int, variable []byte) bool {
	environ, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	if err != nil {
		return false
	}
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if bytes.Equal(entry, variable) {
			return true
		}
	}
	return false
}

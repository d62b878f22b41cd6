package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"isolab/actions"
	"isolab/actions/kernel/proc"
	"isolab/actions/shell"
	"isolab/actions/signal"
	"isolab/actions/target"
)

// KillParams are the parameters of host.kill.
type KillParams struct {
	PID       int    `json:"pid" doc:"Process id on the host; one that the run did not start needs a permission." isolab:"main,either" example:"${seen.pid}"`
	Container string `json:"container" doc:"A container: alone its main process, else the one that inside or command picks." isolab:"either" example:"pinger"`
	Inside    int    `json:"inside" doc:"The id that the process has inside the container." example:"1"`
	Command   string `json:"command" doc:"The name of the only such process of the container." example:"pinger"`
	Signal    string `json:"signal" doc:"The signal, by name or number." default:"KILL" example:"TERM"`
}

func (p KillParams) selection() target.Selection {
	return target.Selection{PID: p.PID, Container: p.Container, Inside: p.Inside, Command: p.Command}
}

// KillResult is the result of host.kill.
type KillResult struct {
	PID        int    `json:"pid" expr:"pid" doc:"The process that got the signal."`
	Command    string `json:"command" expr:"command" doc:"What it was called."`
	Signal     int    `json:"signal" expr:"signal" doc:"Number of the signal."`
	SignalName string `json:"signal_name" expr:"signal_name" doc:"Name of the signal, such as SIGKILL."`
}

// Kill is host.kill.
var Kill = actions.Define(actions.Spec[KillParams, KillResult]{
	Name:    "host.kill",
	Summary: "Send a signal to a process from the host",
	About: `A process of a container is a process of the host, and root there can end it, whatever its
namespaces. The signal goes through a pidfd (pidfd_open(2)) to that very process, never to
another one that got its id meanwhile. It is sent; whether it has had an effect is seen with
container.wait, or host.processes under eventually.

A process that the run did not start needs ` + "`host.kill`" + `; process 1 and isolab itself are refused.`,
	Example: `host.kill: {container: pinger}
as: killed
expect:
  - killed.signal_name == "SIGKILL"
`,
	Needs: func(p KillParams, _ actions.Declared) []actions.Permission {
		if p.PID != 0 {
			return []actions.Permission{actions.HostKill}
		}
		return nil
	},
	Check: func(p KillParams, d actions.Declared) error {
		_, err := killSignal(p.Signal)
		return errors.Join(err, p.selection().Check(d))
	},
	Shell: func(p KillParams, v actions.View) []string {
		number, _ := killSignal(p.Signal)
		return typed(v, []string{shell.Line("kill", fmt.Sprintf("-%d", number), pidWord(p.selection(), v))}, killCmdlets(p.selection(), v))
	},
	Run: kill,
})

// killSignal is SIGKILL unless another one is named.
func killSignal(name string) (syscall.Signal, error) {
	if name == "" {
		return signal.Kill, nil
	}
	return signal.Parse(name)
}

func kill(ctx context.Context, env *actions.Env, p KillParams) (KillResult, error) {
	number, err := killSignal(p.Signal)
	if err != nil {
		return KillResult{}, err
	}
	pid, err := p.selection().Find(ctx, env)
	if err != nil {
		return KillResult{}, err
	}
	fs, err := target.Proc(env)
	if err != nil {
		return KillResult{}, err
	}
	identity, err := fs.Identity(pid)
	if err != nil {
		return KillResult{}, target.Unsupported(err)
	}
	if err := allowed(env, fs, p, pid); err != nil {
		return KillResult{}, err
	}
	result := KillResult{PID: pid, Signal: int(number), SignalName: signal.Name(int(number))}
	if named, err := fs.Summaries([]int{pid}); err == nil && len(named) == 1 {
		result.Command = named[0].Command
	}
	return result, target.Unsupported(fs.Signal(identity, number))
}

// allowed lets through the processes of the run's containers, and those that
// carry its nonce; the identity is taken before, so nobody can slip in between.
func allowed(env *actions.Env, fs *proc.FS, p KillParams, pid int) error {
	if pid <= 1 || pid == os.Getpid() || pid == os.Getppid() {
		return fmt.Errorf("process %d: %w: neither process 1 nor isolab itself may be killed", pid, actions.ErrDenied)
	}
	if p.Container != "" || fs.HasEnv(pid, actions.NonceEnv, env.Run.ID) {
		return nil
	}
	if err := env.Permit(actions.HostKill); err != nil {
		return fmt.Errorf("process %d was not started by this run: %w", pid, err)
	}
	return nil
}

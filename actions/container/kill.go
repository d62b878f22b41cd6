package container

import (
	"context"
	"syscall"

	"isolab/actions"
	"isolab/actions/shell"
	"isolab/actions/signal"
	"isolab/actions/target"
)

// KillParams are the parameters of container.kill.
type KillParams struct {
	Container string `json:"container" doc:"Name of a container that runs." isolab:"main,required" example:"hungry"`
	Signal    string `json:"signal" doc:"The signal, by name or number." default:"KILL" example:"TERM"`
}

// KillResult is the result of container.kill.
type KillResult struct {
	Signal     int    `json:"signal" expr:"signal" doc:"Number of the signal that was sent."`
	SignalName string `json:"signal_name" expr:"signal_name" doc:"Name of the signal that was sent, such as SIGTERM."`
}

// Kill is container.kill.
var Kill = actions.Define(actions.Spec[KillParams, KillResult]{
	Name:    "container.kill",
	Summary: "Send a signal to a container's main process",
	About: `Returns when the signal is sent, not when it has had an effect: look with container.wait, or
with container.inspect under eventually. From outside the PID namespace SIGKILL and SIGSTOP
always reach PID 1; other signals only when it has a handler.`,
	Example: `container.kill: {container: hungry, signal: TERM}
`,
	Check: func(p KillParams, d actions.Declared) error {
		if _, err := killSignal(p.Signal); err != nil {
			return err
		}
		return target.Check(d, p.Container)
	},
	Shell: func(p KillParams, v actions.View) []string {
		words := []string{"docker", "kill"}
		if p.Signal != "" {
			words = append(words, "--signal", p.Signal)
		}
		return []string{shell.Line(append(words, v.ContainerName(p.Container))...)}
	},
	Run: func(ctx context.Context, env *actions.Env, p KillParams) (KillResult, error) {
		number, err := killSignal(p.Signal)
		if err != nil {
			return KillResult{}, err
		}
		runtimeName, err := target.Live(env, p.Container)
		if err != nil {
			return KillResult{}, err
		}
		if err := env.Runtime.Signal(ctx, runtimeName, number); err != nil {
			return KillResult{}, failing(ctx, env, "kill", p.Container, runtimeName, err)
		}
		return KillResult{Signal: int(number), SignalName: signal.Name(int(number))}, nil
	},
})

// killSignal is SIGKILL unless another one is named.
func killSignal(name string) (syscall.Signal, error) {
	if name == "" {
		return signal.Kill, nil
	}
	return signal.Parse(name)
}

package cgroup

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"isolab/actions"
	"isolab/actions/command"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// AttachParams are the parameters of cgroup.attach.
type AttachParams struct {
	Cgroup    string `json:"cgroup" doc:"Name of a cgroup that a step made." isolab:"main,required" example:"small"`
	Container string `json:"container" doc:"The container whose main process is moved." isolab:"either" example:"hungry"`
	PID       int    `json:"pid" doc:"The process that is moved, by its id on the host: one that the run started." isolab:"either" example:"${started.pid}"`
}

// AttachResult is the result of cgroup.attach.
type AttachResult struct {
	PID  int    `json:"pid" expr:"pid" doc:"The process that was moved."`
	From string `json:"from" expr:"from" doc:"Full name of the group that it was in."`
	Name string `json:"name" expr:"name" doc:"Full name of the group that it is in now."`
}

// Attach is cgroup.attach.
var Attach = actions.Define(actions.Spec[AttachParams, AttachResult]{
	Name:    "cgroup.attach",
	Summary: "Move a process into a cgroup that a step made",
	About: `The process with all its threads is written to ` + "`cgroup.procs`" + ` in every hierarchy that the group
is in. What it forks later starts there; memory that it has already stays charged where it
was, so attach first and allocate then. A process that the run did not start is left alone,
whatever the permissions.`,
	Example: `cgroup.attach: {cgroup: small, container: hungry}
`,
	Check: func(p AttachParams, d actions.Declared) error {
		if p.Container != "" && p.PID != 0 {
			return fmt.Errorf("container %s and pid %d: name one of them", p.Container, p.PID)
		}
		return errors.Join(checkName(p.Cgroup), target.Check(d, p.Container))
	},
	Shell: func(p AttachParams, v actions.View) []string {
		pid := strconv.Itoa(p.PID)
		if p.PID == 0 {
			pid = v.PID(p.Container)
		}
		into := " > "
		if !v2(v) {
			into = " | tee "
		}
		return []string{shell.Line("echo", pid) + into + where{cgroup: p.Cgroup}.everywhere(v, "cgroup.procs")}
	},
	Run: attach,
})

func attach(ctx context.Context, env *actions.Env, p AttachParams) (AttachResult, error) {
	if err := checkName(p.Cgroup); err != nil {
		return AttachResult{}, err
	}
	group, err := where{cgroup: p.Cgroup}.open(ctx, env)
	if err != nil {
		return AttachResult{}, err
	}
	pid, err := attached(ctx, env, p)
	if err != nil {
		return AttachResult{}, err
	}
	host, err := target.Host(env)
	if err != nil {
		return AttachResult{}, err
	}
	before, err := host.OfPID(pid)
	if err != nil {
		return AttachResult{}, target.Unsupported(err)
	}
	return AttachResult{PID: pid, From: before.Name(), Name: group.Name()}, target.Unsupported(group.Attach(pid))
}

// attached is the process to move.
func attached(ctx context.Context, env *actions.Env, p AttachParams) (int, error) {
	switch {
	case p.Container != "" && p.PID == 0:
		return target.PID(ctx, env, p.Container)
	case p.Container == "" && p.PID > 0 && command.Of(env.Run.ID, p.PID):
		return p.PID, nil
	case p.Container == "" && p.PID > 0:
		return 0, fmt.Errorf("process %d was not started by this run: %w", p.PID, actions.ErrDenied)
	}
	return 0, errors.New("name either a container or a pid")
}

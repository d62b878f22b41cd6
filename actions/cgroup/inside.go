package cgroup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"isolab/actions"
	"isolab/actions/command"
	"isolab/actions/kernel/cgroup"
	"isolab/actions/target"
)

// reexecName is what this binary is called, as argv[0], when it is to join a group
// and become a command there. There is no other way to place a process into v1
// hierarchies before it runs: it has to write itself into their cgroup.procs.
const reexecName = "isolab-cgroup-run"

// order is what the reexec'd binary is told.
type order struct {
	Procs []string `json:"procs"` // cgroup.procs files to write itself into
	Path  string   `json:"path"`
	Args  []string `json:"args"`
	UID   *int     `json:"uid"` // nil: as it is
	GID   int      `json:"gid"`
	Dir   string   `json:"dir"`
}

// runInside runs the command in the group and waits for it.
func runInside(ctx context.Context, env *actions.Env, group *cgroup.Group, p RunParams) (command.Ended, error) {
	cmd, reports, err := prepare(group, p)
	if err != nil {
		return command.Ended{}, err
	}
	defer reports.Close()
	cmd.Max = env.OutputMax
	running, err := command.Start(ctx, env.Run, cmd)
	closeAll(cmd.Files)
	if err != nil {
		return command.Ended{}, err
	}
	failed := report(reports)
	ended, err := running.Wait(ctx)
	return ended, errors.Join(err, failed)
}

// startInside starts the command in the group and returns once it has become
// what it was to become.
func startInside(_ context.Context, env *actions.Env, group *cgroup.Group, p RunParams) (int, error) {
	cmd, reports, err := prepare(group, p)
	if err != nil {
		return 0, err
	}
	defer reports.Close()
	pid, err := command.Detach(env.Run, cmd)
	closeAll(cmd.Files)
	if err != nil {
		return 0, err
	}
	return pid, report(reports)
}

// prepare makes the command that re-executes this binary, and the end of the pipe
// on which that says what went wrong; a successful exec closes it.
func prepare(group *cgroup.Group, p RunParams) (command.Command, *os.File, error) {
	order, err := orderFor(group, p)
	if err != nil {
		return command.Command{}, nil, err
	}
	text, err := json.Marshal(order)
	if err != nil {
		return command.Command{}, nil, err
	}
	reports, remote, err := os.Pipe()
	if err != nil {
		return command.Command{}, nil, fmt.Errorf("make a pipe: %w", err)
	}
	return command.Command{Path: self, Args: []string{reexecName, string(text)}, Dir: "/",
		Env: command.Environment(p.Env), Stdin: p.Stdin, Files: []*os.File{remote}}, reports, nil
}

// self is the running binary, whatever has become of its file.
const self = "/proc/self/exe"

func orderFor(group *cgroup.Group, p RunParams) (order, error) {
	o := order{Procs: procsFiles(group), Path: self, Args: p.Command, Dir: p.Dir}
	if len(o.Procs) == 0 {
		return o, fmt.Errorf("cgroup %s has no directory", group.Name())
	}
	if !builtin(p.Command) {
		path, err := exec.LookPath(p.Command[0])
		if err != nil {
			return o, err
		}
		o.Path = path
	}
	if p.User != "" {
		user, err := target.FindUser(p.User)
		if err != nil {
			return o, err
		}
		o.UID, o.GID = &user.UID, user.GID
	}
	return o, nil
}

// procsFiles are the files of all hierarchies that the group is in.
func procsFiles(group *cgroup.Group) []string {
	files := slices.Clone(group.ProcsFiles())
	if dir := group.Dir(); dir != "" {
		files = append(files, filepath.Join(dir, "cgroup.procs"))
	}
	return files
}

// report waits until the command runs, and returns what kept it from running.
func report(reports io.Reader) error {
	const most = 4096
	text, err := io.ReadAll(io.LimitReader(reports, most))
	if err == nil && len(text) > 0 {
		err = errors.New(string(text))
	}
	return err
}

func closeAll(files []*os.File) {
	for _, file := range files {
		_ = file.Close()
	}
}

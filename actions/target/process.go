package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"isolab/actions"
	"isolab/actions/kernel/proc"
)

// Proc opens what the kernel tells about processes.
func Proc(env *actions.Env) (*proc.FS, error) {
	fs, err := proc.Open(env.Root)
	return fs, Unsupported(err)
}

// Processes lists the processes of a container as the host sees them: those in
// its cgroup, or, where there are no cgroups, those that the runtime names and
// this machine knows too.
func Processes(ctx context.Context, env *actions.Env, container string) ([]proc.Summary, error) {
	fs, err := Proc(env)
	if err != nil {
		return nil, err
	}
	pids, err := containerPIDs(ctx, env, container)
	if err != nil {
		return nil, err
	}
	list, err := fs.Summaries(pids)
	return list, Unsupported(err)
}

func containerPIDs(ctx context.Context, env *actions.Env, container string) ([]int, error) {
	group, err := Group(ctx, env, container, "")
	if err == nil {
		return group.Procs()
	}
	name, liveErr := Live(env, container)
	if liveErr != nil || !errors.Is(err, actions.ErrUnsupported) || isSandbox(ctx, env, name) {
		return nil, err
	}
	top, topErr := env.Runtime.Top(ctx, name)
	if topErr != nil {
		return nil, errors.Join(err, topErr)
	}
	var pids []int
	for _, process := range top {
		pids = append(pids, process.PID)
	}
	return pids, nil
}

// Selection names one process: by its id on the host, or within a container.
type Selection struct {
	PID       int    // on the host
	Container string // alone: its main process
	Inside    int    // the id that the process has inside the container
	Command   string // its name, or a word of its command line
}

// Check finds contradictions before anything runs.
func (s Selection) Check(declared actions.Declared) error {
	if err := s.contradiction(); err != nil {
		return err
	}
	return Check(declared, s.Container)
}

func (s Selection) contradiction() error {
	switch {
	case s.PID != 0 && s.Container != "":
		return fmt.Errorf("pid %d and container %s: name one of them", s.PID, s.Container)
	case s.Inside != 0 && s.Command != "":
		return fmt.Errorf("inside %d and command %s: name one of them", s.Inside, s.Command)
	case s.PID < 0 || s.Inside < 0:
		return errors.New("process ids are above 0")
	}
	return nil
}

// Find looks the process up. Several that fit are as much an error as none.
func (s Selection) Find(ctx context.Context, env *actions.Env) (int, error) {
	if err := s.contradiction(); err != nil { // an expression may have given what Check did not see
		return 0, err
	}
	switch {
	case s.PID > 0:
		return s.PID, nil
	case s.Container == "":
		return 0, errors.New("name either a pid or a container")
	case s.Inside == 0 && s.Command == "":
		return PID(ctx, env, s.Container)
	}
	list, err := Processes(ctx, env, s.Container)
	if err != nil {
		return 0, err
	}
	fs, err := Proc(env)
	if err != nil {
		return 0, err
	}
	list = s.narrow(slices.DeleteFunc(list, func(p proc.Summary) bool { return !s.fits(fs, p) }))
	if len(list) != 1 {
		return 0, fmt.Errorf("%d processes of container %s fit %s, want one", len(list), s.Container, s.words())
	}
	return list[0].PID, nil
}

// narrow keeps, of several that fit, the one that the kernel itself calls so: the
// command of another one, such as an init, may have the name as a word too.
func (s Selection) narrow(list []proc.Summary) []proc.Summary {
	named := slices.DeleteFunc(slices.Clone(list), func(p proc.Summary) bool { return p.Command != s.Command })
	if len(named) == 1 {
		return named
	}
	return list
}

func (s Selection) fits(fs *proc.FS, p proc.Summary) bool {
	if s.Command != "" {
		return Runs(p, s.Command)
	}
	full, err := fs.Process(p.PID)
	return err == nil && len(full.PIDs) > 1 && slices.Contains(full.PIDs[1:], s.Inside)
}

func (s Selection) words() string {
	if s.Command != "" {
		return "command " + s.Command
	}
	return fmt.Sprintf("pid %d inside", s.Inside)
}

// Runs reports whether a process is called by a name: the kernel's for it, the
// program's file name, or any word of its command line.
func Runs(p proc.Summary, name string) bool {
	return p.Command == name || slices.ContainsFunc(p.CommandLine, func(word string) bool {
		return word == name || strings.HasSuffix(word, "/"+name)
	})
}

package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"isolab/actions/kernel/cgroup"
	"isolab/actions/kernel/proc"
	"isolab/actions/runtime"
	"isolab/actions/runtime/embedded/child"
)

// Exec runs a further command in a running container: in its namespaces and
// cgroups, with its privileges, as its user unless another one is named. When
// ctx ends first the command is killed.
//
// A command that cannot be executed is an error, and the result then has the
// code 127 (it does not exist) or 126.
func (r *Runtime) Exec(ctx context.Context, name string, command runtime.ExecSpec) (runtime.ExecResult, error) {
	result, err := r.exec(ctx, name, command)
	if err != nil {
		return result, fmt.Errorf("exec in container %s: %w", name, err)
	}
	return result, nil
}

func (r *Runtime) exec(ctx context.Context, name string, command runtime.ExecSpec) (runtime.ExecResult, error) {
	if len(command.Command) == 0 {
		return runtime.ExecResult{}, errors.New("no command")
	}
	rec, err := r.running(name)
	if err != nil {
		return runtime.ExecResult{}, err
	}
	if err := r.refusePaused(rec); err != nil {
		return runtime.ExecResult{}, err
	}
	l, err := newLaunch(name)
	if err != nil {
		return runtime.ExecResult{}, err
	}
	pipes, err := openPipes(l, command)
	if err == nil {
		err = r.planExec(ctx, l, rec, command)
	}
	if err != nil {
		l.abandon()
		pipes.close()
		return runtime.ExecResult{}, err
	}
	r.tell(name, "exec %q", command.Command)
	return r.converse(ctx, l, pipes)
}

// refusePaused spares the caller to wait for a command that does not run.
func (r *Runtime) refusePaused(rec record) error {
	if group, err := r.group(rec); err == nil {
		if frozen, err := group.Frozen(); err == nil && frozen {
			return fmt.Errorf("it is paused: %w", runtime.ErrNotRunning)
		}
	}
	return nil
}

// planExec opens the container's namespaces, root and cgroups for the process.
func (r *Runtime) planExec(ctx context.Context, l *launch, rec record, command runtime.ExecSpec) error {
	config, err := r.imageConfig(ctx, rec.Spec.Image)
	if err != nil {
		return err
	}
	process, err := r.processPlan(rec, config)
	if err != nil {
		return err
	}
	limits, err := execLimits(rec)
	if err != nil {
		return err
	}
	process.Args, process.Env = command.Command, append(process.Env, command.Env...)
	if command.User != "" {
		process.User = command.User
	}
	if command.WorkDir != "" {
		process.WorkDir = filepath.Join("/", command.WorkDir)
	}
	group, err := r.group(rec)
	if err != nil && !errors.Is(err, errNoGroup) {
		return err
	}
	plan := child.EnterPlan{Process: process, Limits: limits, OOMScore: rec.Spec.OOMScore}
	if err := r.openContainer(l, &plan, rec, group); err != nil {
		return err
	}
	l.plan = plan
	return nil
}

// execLimits are the container's own resource limits; that of open files comes
// from its main process where none was asked for, as the one of this program is
// raised by the Go runtime.
func execLimits(rec record) ([]child.ProcessLimit, error) {
	limits, err := processLimits(rec.Spec.Ulimits)
	if _, asked := rec.Spec.Ulimits["nofile"]; asked || err != nil {
		return limits, err
	}
	// Not prlimit(2): for another user's process it needs CAP_SYS_RESOURCE, which
	// root in a container or virtual machine may lack.
	files, err := proc.Open("/")
	if err != nil {
		return nil, err
	}
	main, err := files.Process(rec.Process.PID)
	if err != nil {
		return nil, fmt.Errorf("read limits of process %d: %w", rec.Process.PID, err)
	}
	now := main.Limits.OpenFiles
	return append(limits, child.ProcessLimit{Name: "nofile", Resource: unix.RLIMIT_NOFILE, Soft: uint64(now.Soft), Hard: uint64(now.Hard)}), nil
}

// openContainer opens files of /proc/<pid> of the main process, and makes sure
// afterwards that it is still that process.
func (r *Runtime) openContainer(l *launch, plan *child.EnterPlan, rec record, group *cgroup.Group) (err error) {
	base := filepath.Join("/proc", strconv.Itoa(rec.Process.PID))
	for _, ns := range execNamespaces(rec.Spec) {
		if sharedWithUs(base, ns) {
			continue
		}
		fd, err := l.handPath(filepath.Join(base, "ns", ns), unix.O_RDONLY)
		if err != nil {
			return err
		}
		plan.Join = append(plan.Join, child.Namespace{Kind: ns, FD: fd})
	}
	if plan.Root, err = l.handPath(filepath.Join(base, "root"), unix.O_PATH|unix.O_DIRECTORY); err != nil {
		return err
	}
	dir, tasks, err := l.enter(group)
	if err != nil {
		return err
	}
	if plan.Tasks = tasks; dir != nil {
		plan.Cgroup = l.hand(dir)
	}
	fd, err := r.open(rec.Process)
	if err == nil && fd < 0 {
		err = runtime.ErrNotRunning
	}
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// sharedWithUs reports whether a process has this namespace in common with this one.
// To join it would change nothing, and takes rights that a user namespace does not give.
func sharedWithUs(proc, ns string) bool {
	theirs, err := os.Readlink(filepath.Join(proc, "ns", ns))
	ours, err2 := os.Readlink(filepath.Join("/proc/self/ns", ns))
	return err == nil && err2 == nil && theirs == ours
}

// execNamespaces are joined in this order: the user namespace gives the right to
// join the others, and the mount namespace takes the host's /proc away.
func execNamespaces(spec runtime.Spec) []string {
	list := []string{"cgroup", "ipc", "uts", "net", "pid", "mnt"}
	if hasUserNS(spec) {
		list = append([]string{"user"}, list...)
	}
	return list
}

// converse runs the process and hears how the command ended.
func (r *Runtime) converse(ctx context.Context, l *launch, pipes *pipes) (runtime.ExecResult, error) {
	process, ended, err := r.enter(l)
	if err != nil {
		pipes.close()
		return runtime.ExecResult{}, fmt.Errorf("start: %w", err)
	}
	pipes.copy()
	var exit *child.Exit
	err = l.hear(ctx, func(report child.Report) error {
		exit = report.Exit
		return nil
	})
	_ = l.link.Close() // when ctx has ended, this ends the command
	select {
	case <-ended:
	case <-time.After(drainTime):
		_ = process.Kill()
		<-ended
	}
	pipes.finish()
	return execResult(exit, err)
}

// enter starts the process on a thread that lives as long as it, see
// launch.start; ended is closed when it has been waited for.
func (r *Runtime) enter(l *launch) (process *os.Process, ended chan struct{}, err error) {
	begun, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		process, err = l.start(r.options.Executable, child.ExecName)
		failed := err != nil
		close(begun)
		if !failed {
			_ = waitFor(process)
		}
	}()
	<-begun
	return process, ended, err
}

func execResult(exit *child.Exit, err error) (runtime.ExecResult, error) {
	var start *startError
	switch {
	case errors.As(err, &start):
		return runtime.ExecResult{Code: start.code}, err
	case err != nil:
		return runtime.ExecResult{}, err
	case exit == nil:
		return runtime.ExecResult{}, errors.New("the process that entered the container ended early")
	}
	return runtime.ExecResult{Code: exit.Code, Signal: exit.Signal}, nil
}

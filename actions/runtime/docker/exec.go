package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"isolab/actions/runtime"
)

// Exec runs a further command in a running container and waits for it. When the
// context ends first, the command is killed where this host sees its process.
//
// A command that does not exist ends with 126 or 127, and the reason in its
// output, as it does in a shell.
//
// By hand: docker exec <name> <command>
func (r *Runtime) Exec(ctx context.Context, name string, command runtime.ExecSpec) (runtime.ExecResult, error) {
	var result runtime.ExecResult
	err := r.call(ctx, long, "exec in container "+name, func(ctx context.Context) error {
		id, err := r.prepareExec(ctx, name, command)
		if err != nil {
			return err
		}
		if err := r.runExec(ctx, id, command); err != nil {
			return errors.Join(err, r.abortExec(ctx, id))
		}
		code, err := r.execCode(ctx, id)
		result = runtime.ExecResult{Code: code, Signal: waitStatus{}.signal(code)}
		return err
	})
	return result, err
}

// prepareExec makes the exec without running it. A paused container runs, but
// nothing can be started in it.
func (r *Runtime) prepareExec(ctx context.Context, name string, command runtime.ExecSpec) (string, error) {
	response, err := r.client.ContainerExecCreate(ctx, name, container.ExecOptions{
		Cmd: command.Command, Env: command.Env, User: command.User, WorkingDir: command.WorkDir,
		AttachStdin: command.Stdin != nil, AttachStdout: true, AttachStderr: true,
	})
	if err == nil && response.ID == "" {
		err = errors.New("the daemon made an exec without an id")
	}
	return response.ID, err
}

func (r *Runtime) runExec(ctx context.Context, id string, command runtime.ExecSpec) error {
	attached, err := r.attachExec(ctx, id)
	if err != nil {
		return err
	}
	defer attached.Close()
	release := context.AfterFunc(ctx, attached.Close)
	defer release()
	if command.Stdin != nil {
		go feed(attached, command.Stdin)
	}
	if err := demultiplex(command.Stdout, command.Stderr, attached.Reader); err != nil {
		return err
	}
	return ctx.Err()
}

// attachExec starts the exec and takes its connection over. The client does not
// look at the context while it waits for the daemon's answer, so we do.
func (r *Runtime) attachExec(ctx context.Context, id string) (types.HijackedResponse, error) {
	type answer struct {
		response types.HijackedResponse
		err      error
	}
	answered := make(chan answer, 1)
	go func() {
		response, err := r.client.ContainerExecAttach(context.WithValue(ctx, hijacked{}, true), id, container.ExecAttachOptions{})
		answered <- answer{response, err}
	}()
	select {
	case a := <-answered:
		return a.response, a.err
	case <-ctx.Done():
		return types.HijackedResponse{}, ctx.Err()
	}
}

// feed copies the input and then closes that direction, so that the command sees
// the end of its input.
func feed(attached types.HijackedResponse, stdin io.Reader) {
	_, _ = io.Copy(attached.Conn, stdin)
	_ = attached.CloseWrite()
}

// execCode asks for the exit code. The stream can end a moment before the daemon
// has heard of the command's end, and much earlier when the command closes it.
func (r *Runtime) execCode(ctx context.Context, id string) (int, error) {
	const first, most = 10 * time.Millisecond, 200 * time.Millisecond
	for pause := first; ; pause = min(2*pause, most) {
		state, err := r.client.ContainerExecInspect(ctx, id)
		if err != nil || !state.Running {
			return state.ExitCode, err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// abortExec kills a command whose caller has gone. The API has no call for that.
func (r *Runtime) abortExec(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	state, err := r.client.ContainerExecInspect(ctx, id)
	if err != nil || !state.Running || state.Pid == 0 {
		return nil
	}
	if err := killOwned(state.Pid, state.ContainerID); err != nil {
		return own(fmt.Errorf("end the command: %w", err))
	}
	return nil
}

// demultiplex parts Docker's one stream in two: frames with a header of 8 bytes,
// the stream's number and the length. Errors of the caller's writers are told
// apart from those of the stream.
func demultiplex(stdout, stderr io.Writer, stream io.Reader) error {
	out, errs := guard(stdout), guard(stderr)
	_, err := stdcopy.StdCopy(out, errs, stream)
	for _, w := range []*guarded{out, errs} {
		if w.err != nil {
			return own(w.err)
		}
	}
	return err
}

// guarded remembers the error of a writer, and discards when there is none.
type guarded struct {
	to  io.Writer
	err error
}

func guard(w io.Writer) *guarded {
	if w == nil {
		w = io.Discard
	}
	return &guarded{to: w}
}

func (g *guarded) Write(p []byte) (int, error) {
	n, err := g.to.Write(p)
	g.err = err
	return n, err
}

// Logs copies what the main process has written so far: the last 32 MiB, which
// is what the daemon is told to keep.
//
// By hand: docker logs <name>
func (r *Runtime) Logs(ctx context.Context, name string, stdout, stderr io.Writer) error {
	return r.call(ctx, long, "read logs of container "+name, func(ctx context.Context) error {
		stream, err := r.client.ContainerLogs(ctx, name, container.LogsOptions{ShowStdout: true, ShowStderr: true})
		if err != nil {
			return err
		}
		defer stream.Close()
		return demultiplex(stdout, stderr, stream)
	})
}
